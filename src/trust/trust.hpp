// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/finding.hpp"
#include "base/purpose.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "trust/path.hpp"
#include "trust/revocation.hpp"

namespace eidtool::trust {

/// What there is to judge by.
struct Evidence {
  std::vector<crypto::Certificate> anchors;
  std::vector<crypto::Certificate> intermediates;
  std::vector<RevocationListPointer> revocation_lists = {};
  std::vector<OcspResponsePointer> ocsp_responses = {};
};

/// Makes the certificates in it, those in responses too, ones that share nothing with their copies: for another thread.
/// Lists, which hold none, stay shared.
void unshare(Evidence& evidence);

/// What is asked of a certificate.
struct Demand {
  Time at;   // when it has to be valid and not revoked
  Time now;  // nothing is issued later
  std::optional<Time> claimed_signing_time = std::nullopt;
  std::optional<Purpose> purpose = std::nullopt;  // nothing: any that signs
  bool require_revocation = false;
  bool allow_sha1 = false;
  PolicyRequest policies = {};
};

enum class Trust { not_checked, trusted, not_trusted, indeterminate };
/// `not_checked`, …
std::string_view name(Trust trust);

struct TrustReport {
  Trust trust = Trust::not_checked;
  Path path;  // the one that was judged, the anchor last; without anchor as far as it goes where there is none
  std::vector<Finding> findings;
  std::optional<Time> revoked_at;  // the signer's certificate, before the time in question
  bool gave_up = false;            // there was more in the file than may be looked at
};

class KnownReports;

/// Whether to believe certificates: ETSI EN 319 102-1 V1.3.1 §5.2.6, with path validation as RFC 5280 §6 has it.
/// Answers are values, whatever a stranger wrote. A signature whose time nobody vouches for gets no more than that
/// clause gives: what is revoked or expired at `at` is indeterminate. One judges all the signers of a file, and does
/// for all of them together no more work than honest files have need of.
class Judge {
 public:
  Judge(Evidence evidence, Demand demand);
  /// One of many files. `evidence` is called where a report is not known. `key` tells the file's own evidence from
  /// that of other files; what else is in it, and the demand, are the same for all of `known`, which must live longer.
  Judge(std::function<Evidence()> evidence, Demand demand, Bytes key, KnownReports& known);
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;
  ~Judge();

  /// `claimed_signing_time`: what the signature says, which nobody vouches for.
  TrustReport report(const crypto::Certificate& certificate, std::optional<Time> claimed_signing_time = std::nullopt);

 private:
  class Work;
  TrustReport report_without_claim(const crypto::Certificate& certificate);

  std::function<Evidence()> evidence_;
  const Demand demand_;
  std::unique_ptr<Work> work_;  // none: everything so far was known
  std::vector<crypto::Certificate> asked_about_;
  Bytes key_;  // of what the answers hang on: the file's evidence, and whom it was asked about until now
  KnownReports* known_ = nullptr;
};

/// The same of one alone.
TrustReport judge(const crypto::Certificate& certificate, const Evidence& evidence, const Demand& demand);

}  // namespace eidtool::trust
