// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "trust/signature_checks.hpp"

namespace eidtool::trust {

/// CRLReason (RFC 5280 §5.3.1) by the names there: `keyCompromise`.
std::string reason_name(unsigned reason);
inline constexpr unsigned reason_unspecified = 0;
inline constexpr unsigned reason_hold = 6;    // certificateHold: may be taken back
inline constexpr unsigned reason_remove = 8;  // removeFromCRL, in delta lists: it was taken back

/// By which the clock of who signed something may be fast.
inline constexpr auto clock_difference = std::chrono::minutes(10);

/// What a list or a response says of one certificate, if anything.
struct RevocationAnswer {
  enum class Status {
    good,
    revoked,     // for `reason`, which may be a hold
    released,    // from a hold: a delta list says removeFromCRL
    irrelevant,  // it speaks of others: nothing to tell anybody
    unusable,    // it could speak of this one, and `why` it is not believed
  };
  Status status = Status::irrelevant;
  Time revoked_at = {};
  unsigned reason = reason_unspecified;
  std::string why;
  unsigned reasons_mask = all_reasons;  // for which reasons `good` is good (RFC 5280 §6.3.2)

  std::optional<Time> also_held_at;  // where it was revoked for good, and a hold is told beside it

  Time this_update = {};
  Bytes signer_key;  // key_fingerprint() of the one that signed it
  /// Whether it may be believed in what it does not name. What it calls revoked counts in any case: nobody but its
  /// signer can have said so.
  bool is_sound = true;
  std::string why_stale;  // empty: it holds at the time in question

  /// A hold is less than a revocation, and a release less than either; of equals the earlier one counts.
  bool weighs_more_than(const RevocationAnswer& other) const;

  static constexpr unsigned all_reasons = 0x1ff;  // bits 1 to 8 of ReasonFlags, and bit 0
};

/// Whose status is asked, in a path: the certificate and the one that issued it.
struct RevocationQuestion {
  const crypto::Certificate& certificate;
  const crypto::Certificate& issuer;
  Time at;   // the status that counts is that at this time
  Time now;  // nothing is issued later
  bool allow_sha1 = false;
  /// Other certificates among which the signer of a list or response may be.
  const std::vector<crypto::Certificate>& pool;
  /// What makes such a signer the right one: it has the name of the certificate's issuer, the certificate itself names
  /// it as the one who issues the list, or it is a responder.
  enum class SignerKind { own_name, named, responder };
  /// What it has to be believed in. A revocation counts even of one who could not tell who else was revoked.
  enum class Word { anything, revocations };
  /// Why such a certificate is itself not to be believed, as of a time; nothing: it is. Never by its name alone: a key
  /// on the path has to vouch for it.
  std::function<std::optional<std::string>(const crypto::Certificate&, SignerKind, Word, Time)> why_not_trusted;
  SignatureChecks& checks;
};

/// A certificate revocation list (RFC 5280 §5), from its DER.
class RevocationList {
 public:
  /// Throws malformed.
  RevocationList(Bytes bytes, std::string name);

  RevocationAnswer answer(const RevocationQuestion& question) const;
  /// What asking it about a certificate counts as, entries and signers beside.
  std::uint64_t looks(const crypto::Certificate& certificate) const;

  /// Tells only what changed since another list (§5.2.4). Of whom it does not name it says `good`, which counts only
  /// together with that list.
  bool is_delta() const { return base_number_.has_value(); }
  /// Whether this delta list and that list together are a newer one (§5.2.4 (c), (d)), where one key signed both.
  bool completes(const RevocationList& base) const;
  /// Whether this one tells of the same certificates and reasons later than that, where one key signed both.
  bool follows(const RevocationList& earlier) const;

 private:
  struct DistributionPoint {
    Bytes encoded;              // as it stands in the list; empty: there is none
    std::optional<Bytes> name;  // DistributionPointName, content of [0]
    bool only_users = false;
    bool only_authorities = false;
    bool only_attributes = false;
    bool is_indirect = false;
    unsigned reasons = RevocationAnswer::all_reasons;
  };

  struct Entry {
    std::size_t number;           // hash of the serial number
    std::uint32_t at;             // where it begins among the entries
    std::uint32_t issuer_at = 0;  // and behind which the one ends that says whose it is (§5.3.3); 0: none
  };
  struct Coverage {
    bool is_about = false;
    unsigned reasons = 0;  // 0: for none, and `why`
    std::string why;
  };

  void read_extensions(BytesView content);
  void read_entries();
  BytesView entries() const;
  Coverage coverage(const RevocationQuestion& question) const;
  bool is_revoked_by_issuer(const RevocationQuestion& question, RevocationAnswer& answer) const;
  void find_signer(const RevocationQuestion& question, RevocationAnswer& answer) const;
  std::optional<std::string> why_unusable(const RevocationQuestion& question, bool is_named) const;
  std::string why_stale(Time at) const;
  void look_up(const RevocationQuestion& question, RevocationAnswer& answer) const;
  bool is_entry_of(const Entry& entry, const RevocationQuestion& question) const;
  bool has_scope_of(const RevocationList& other) const;

  std::string name_;
  crypto::SignedObject signed_object_;
  Bytes issuer_;
  std::string comparable_issuer_;
  Time this_update_;
  std::optional<Time> next_update_;
  std::size_t entries_offset_ = 0;        // of revokedCertificates' content in what was signed
  std::size_t entries_size_ = 0;          // bytes
  std::vector<Entry> entries_by_number_;  // half a million of them are asked about many certificates
  DistributionPoint distribution_point_;
  Bytes number_;                      // CRLNumber; empty: none
  std::optional<Bytes> base_number_;  // of a delta list: the number from which on it tells what changed
  std::string unknown_critical_;      // empty: none
  bool has_unknown_critical_entry_ = false;
  std::optional<Time> expired_since_;  // expiredCertsOnCRL: entries of certificates expired since then are kept
};

/// An OCSP response (RFC 6960 §4.2), from its DER.
class OcspResponse {
 public:
  /// Throws malformed; unsupported for responses that are none (an error, another type).
  OcspResponse(const Bytes& bytes, std::string name);
  /// A copy whose certificates share nothing with those in here: for another thread.
  OcspResponse unshared() const;

  RevocationAnswer answer(const RevocationQuestion& question) const;
  /// What asking it about a certificate counts as, signers beside.
  std::uint64_t looks(const crypto::Certificate& certificate) const;

 private:
  struct Single {
    crypto::AlgorithmIdentifier hash;
    Bytes issuer_name_hash;
    Bytes issuer_key_hash;
    Bytes serial_number;
    enum class Status { good, revoked, unknown } status = Status::unknown;
    Time revoked_at = {};
    unsigned reason = reason_unspecified;
    Time this_update;
    std::optional<Time> next_update;
    std::optional<Time> archive_cutoff;  // §4.4.4: it knows of certificates that expired since then
    bool has_unknown_critical = false;
  };
  /// Who signed the response, as far as one certificate goes.
  struct Signer {
    Bytes key;              // key_fingerprint(); empty: nobody who is believed
    bool is_sound = false;  // in what is not called revoked, too
    std::string why;        // where one of these is not so
  };

  void read_basic(BytesView bytes);
  static Single read_single(BytesView content);
  std::vector<const Single*> singles_about(const RevocationQuestion& question) const;
  Signer find_signer(const RevocationQuestion& question, Time made_at) const;
  RevocationAnswer answer_by(const Single& single, const Signer& signer, const RevocationQuestion& question) const;
  /// Why it is not believed in what it does not call revoked; empty: it is.
  std::string why_unusable(const Single& single, const RevocationQuestion& question) const;
  bool is_responder(const crypto::Certificate& certificate) const;

  std::string name_;
  crypto::SignedObject signed_object_;
  std::optional<std::string> responder_name_;  // as comparable_name() has it; nothing: it is named by its key
  Bytes responder_key_hash_;
  Time produced_at_;
  std::vector<Single> singles_;
  std::vector<crypto::Certificate> certificates_;
};

/// Lists and responses, which can be large, are shared.
using RevocationListPointer = std::shared_ptr<const RevocationList>;
using OcspResponsePointer = std::shared_ptr<const OcspResponse>;

/// A list or a response from a file, DER or PEM (`X509 CRL`, `OCSP RESPONSE`). Throws io, malformed, unsupported.
RevocationListPointer read_revocation_list(const std::string& file);
OcspResponsePointer read_ocsp_response(const std::string& file);

}  // namespace eidtool::trust
