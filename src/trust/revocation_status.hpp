// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "trust/path.hpp"
#include "trust/revocation.hpp"
#include "trust/trust.hpp"

namespace eidtool::trust {

/// What all lists and responses together say of a certificate; their order never matters.
struct RevocationStatus {
  std::optional<RevocationAnswer> revoked;  // for good, the earliest
  std::optional<RevocationAnswer> held;     // and not released
  unsigned reasons = 0;                     // for which it is known not to be revoked
  std::vector<std::string> whys;            // what could have told and was not believed

  /// Where neither began before the time in question.
  bool is_known_good() const { return reasons == RevocationAnswer::all_reasons; }
};

/// Asks lists and responses (RFC 5280 §6.3, RFC 6960 §4.2.2) about the certificates of paths. Lives as long as one file
/// is judged; what it is lent has to live longer.
class RevocationInquiry {
 public:
  RevocationInquiry(const Evidence& evidence, const Demand& demand, const std::vector<crypto::Certificate>& pool,
                    SignatureChecks& checks);

  /// Of the certificate at `index`, which is not the anchor. Those above it are taken for good.
  RevocationStatus status_of(const Path& path, std::size_t index);
  /// There were too many questions: some were answered with nothing.
  bool gave_up() const { return count_ > most_questions; }

 private:
  static constexpr std::size_t most_questions = 20000;  // of one file, those about signers of lists included

  RevocationStatus asked(const Path& path, std::size_t index);
  RevocationStatus put_together(const RevocationQuestion& question) const;
  std::optional<std::string> why_not_trusted(const crypto::Certificate& signer, RevocationQuestion::SignerKind kind,
                                             RevocationQuestion::Word word, Time at, const Path& path,
                                             std::size_t first_issuer);
  std::optional<std::string> why_not_trusted(const Path& path, RevocationQuestion::SignerKind kind,
                                             RevocationQuestion::Word word, Time at);
  /// Whether others than `issuer` certify the key of an authority.
  bool is_certified_across(const crypto::Certificate& authority, const crypto::Certificate& issuer) const;

  const Evidence& evidence_;
  const Demand& demand_;
  const std::vector<crypto::Certificate>& pool_;
  SignatureChecks& checks_;
  std::map<Bytes, RevocationStatus> known_;  // by the fingerprints of the path from the certificate on
  std::set<Bytes> asked_about_;              // signers of lists and responses, while their own status is looked up
  std::size_t count_ = 0;
};

}  // namespace eidtool::trust
