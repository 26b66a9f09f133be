// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "crypto/certificate.hpp"

namespace eidtool::trust {

/// CRLReason (RFC 5280 §5.3.1) by the names there: `keyCompromise`.
std::string reason_name(unsigned reason);
inline constexpr unsigned reason_unspecified = 0;
inline constexpr unsigned reason_hold = 6;    // certificateHold: may be taken back
inline constexpr unsigned reason_remove = 8;  // removeFromCRL, in delta lists: it was taken back

/// What a list or a response says of one certificate, if anything.
struct RevocationAnswer {
  enum class Status {
    good,
    revoked,
    irrelevant,  // it speaks of others: nothing to tell anybody
    unusable,    // it could speak of this one, and `why` it is not believed
  };
  Status status = Status::irrelevant;
  Time revoked_at = {};
  unsigned reason = reason_unspecified;
  std::string why;
  unsigned reasons_mask = all_reasons;  // for which reasons `good` is good (RFC 5280 §6.3.2)

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
  /// Why such a signer could be the right one: it has the name of the certificate's issuer, or the certificate itself
  /// names it as the one who issues the list.
  enum class NamedBy { own_name, certificate };
  /// Whether such a certificate is itself to be believed.
  std::function<bool(const crypto::Certificate&, NamedBy)> is_trusted;
};

/// A certificate revocation list (RFC 5280 §5), from its DER.
class RevocationList {
 public:
  /// Throws malformed.
  RevocationList(Bytes bytes, std::string name);

  /// A delta list answers for those alone that it names.
  RevocationAnswer answer(const RevocationQuestion& question) const;

  /// Tells only what changed since another list (§5.2.4).
  bool is_delta() const { return base_number_.has_value(); }
  /// Whether this delta list and that list together are a newer one (§5.2.4 (c), (d)).
  bool completes(const RevocationList& base) const;

 private:
  struct DistributionPoint {
    bool is_there = false;
    std::optional<Bytes> name;  // DistributionPointName, content of [0]
    bool only_users = false;
    bool only_authorities = false;
    bool only_attributes = false;
    bool is_indirect = false;
    unsigned reasons = RevocationAnswer::all_reasons;
  };

  void read_extensions(BytesView content);
  std::optional<std::string> why_not_signed(const RevocationQuestion& question) const;
  std::optional<std::string> why_out_of_time(const RevocationQuestion& question) const;
  bool covers(const RevocationQuestion& question, unsigned& reasons) const;
  RevocationAnswer look_up(const RevocationQuestion& question) const;

  std::string name_;
  crypto::SignedObject signed_object_;
  Bytes issuer_;
  Time this_update_;
  std::optional<Time> next_update_;
  std::size_t entries_offset_ = 0;  // of revokedCertificates' content in what was signed
  std::size_t entries_size_ = 0;    // bytes
  DistributionPoint distribution_point_;
  Bytes number_;                       // CRLNumber; empty: none
  std::optional<Bytes> base_number_;   // of a delta list: the number from which on it tells what changed
  std::string unknown_critical_;       // empty: none
  std::optional<Time> expired_since_;  // expiredCertsOnCRL: entries of certificates expired since then are kept
};

/// An OCSP response (RFC 6960 §4.2), from its DER.
class OcspResponse {
 public:
  /// Throws malformed; unsupported for responses that are none (an error, another type).
  OcspResponse(const Bytes& bytes, std::string name);

  RevocationAnswer answer(const RevocationQuestion& question) const;

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
    bool has_unknown_critical = false;
  };

  void read_basic(BytesView bytes);
  static Single read_single(BytesView content);
  bool is_about(const Single& single, const RevocationQuestion& question) const;
  std::optional<std::string> why_not_signed(const RevocationQuestion& question, Time this_update) const;
  bool is_responder(const crypto::Certificate& certificate) const;

  std::string name_;
  crypto::SignedObject signed_object_;
  Bytes responder_name_;  // one of the two is empty
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
