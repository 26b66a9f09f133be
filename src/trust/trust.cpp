// SPDX-License-Identifier: Apache-2.0
#include "trust/trust.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "trust/known_reports.hpp"
#include "trust/path_builder.hpp"
#include "trust/revocation_status.hpp"

namespace eidtool::trust {

namespace {

using crypto::Certificate;

/// Extended key usages with which a certificate may sign documents (RFC 5280 §4.2.1.12, RFC 9336, and what the makers
/// of document software invented before it).
constexpr std::array signing_usages = {
    "2.5.29.37.0",              // anyExtendedKeyUsage
    "1.3.6.1.5.5.7.3.36",       // documentSigning
    "1.3.6.1.5.5.7.3.4",        // emailProtection
    "1.3.6.1.5.5.7.3.2",        // clientAuth
    "1.2.840.113583.1.1.5",     // Adobe's
    "1.3.6.1.4.1.311.10.3.12",  // Microsoft's
};

/// Ways to an anchor that are looked at; each may cost a look into every list.
constexpr std::size_t most_paths = 50;
constexpr std::size_t most_paths_of_all = 5000;  // of all signers of a file

std::size_t failures_in(const std::vector<Finding>& findings) {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings, [](const auto& finding) { return finding.sub_indication.has_value(); }));
}

/// Nothing is wrong but the time. Whether somebody revoked it as well is worth knowing then.
bool may_be_good_but_for_time(const std::vector<Finding>& findings) {
  return std::ranges::all_of(findings, [](const auto& finding) {
    return !finding.sub_indication || finding.sub_indication == SubIndication::out_of_bounds_no_poe;
  });
}

/// Key usage and extended key usage of the signer's certificate, for what it was used for.
void check_usage(const Certificate& certificate, const Demand& demand, std::vector<Finding>& findings) {
  const auto fail = [&](const std::string& message) {
    findings.push_back(failure(SubIndication::chain_constraints_failure, "wrong_usage", message));
  };
  Extensions extensions;
  try {
    extensions = extensions_of(certificate);
  } catch (const Error&) {  // absent: the path says that it is broken
    return;
  }
  const bool identifies = extensions.allows(KeyUsage::digital_signature);
  const bool commits = extensions.allows(KeyUsage::non_repudiation);
  if (!demand.purpose && !identifies && !commits) fail("the key of " + who(certificate) + " is not for signatures");
  if (demand.purpose == Purpose::signature && !commits) {
    fail("the certificate of " + who(certificate) + " is not for signatures that commit its holder (nonRepudiation)");
  }
  if (demand.purpose == Purpose::authentication && !identifies) {
    fail("the certificate of " + who(certificate) + " is not for authentication (digitalSignature)");
  }
  if (!extensions.extended_key_usage) return;
  const bool may_sign = std::ranges::any_of(*extensions.extended_key_usage, [](const auto& usage) {
    return std::ranges::find(signing_usages, usage) != signing_usages.end();
  });
  if (!may_sign) fail("the certificate of " + who(certificate) + " is for other things than signing documents");
}

/// The time that the signature claims, which nobody vouches for, must at least not contradict the certificate.
void check_claimed_time(const Certificate& certificate, const Demand& demand, Time claimed, TrustReport& report) {
  auto& findings = report.findings;
  if (report.revoked_at) {
    const auto revoked = std::ranges::find(findings, "revoked", &Finding::code);
    revoked->message += claimed < *report.revoked_at ? "; the signature claims to be older, which nobody vouches for"
                                                     : ", before the signature claims to have been made";
  }
  if (claimed < certificate.not_before() || claimed > certificate.not_after()) {
    findings.push_back(failure(
        SubIndication::sig_constraints_failure, "signing_time_outside",
        "the signature claims to have been made on " + to_rfc3339(claimed) + ", when the certificate was not valid"));
  }
  if (claimed > demand.now + clock_difference) {
    findings.push_back(failure(SubIndication::sig_constraints_failure, "signing_time_in_future",
                               "the signature claims to be from the future: " + to_rfc3339(claimed)));
  } else if (claimed > demand.at + clock_difference) {
    findings.push_back(failure(SubIndication::sig_constraints_failure, "signing_time_later",
                               "the signature claims to have been made on " + to_rfc3339(claimed) +
                                   ": at the time in question, " + to_rfc3339(demand.at) + ", there was none"));
  }
}

/// What was not looked at could have been the revocation: who made the file may have made it so.
void say_gave_up(std::vector<Finding>& findings) {
  if (failures_in(findings) > 0) return;
  findings.push_back(failure(SubIndication::certificate_chain_general_failure, "gave_up",
                             "there are so many certificates, lists and responses that not all of them were "
                             "looked at"));
}

Trust trust_for(const std::vector<Finding>& findings) {
  auto trust = Trust::trusted;
  for (const auto& finding : findings) {
    if (!finding.sub_indication) continue;
    switch (*finding.sub_indication) {
      case SubIndication::try_later:
      case SubIndication::out_of_bounds_no_poe:
      case SubIndication::out_of_bounds_not_revoked:
      case SubIndication::sig_constraints_failure: trust = Trust::indeterminate; break;
      default: return Trust::not_trusted;
    }
  }
  return trust;
}

}  // namespace

/// What is done once for all signers of a file.
class Judge::Work {
 public:
  Work(Evidence evidence, Demand demand)
      : evidence_(std::move(evidence)),
        demand_(std::move(demand)),
        builder_(evidence_.anchors, evidence_.intermediates, checks_),
        inquiry_(evidence_, demand_, builder_.certificates(), checks_) {}

  TrustReport report(const Certificate& certificate) {
    auto report = report_on_path(certificate);
    // What is in the extensions is read anew for each signer. Where that is too much, nothing is trusted in the end.
    if (checks_.may_look(looks_for(certificate.der().size()))) check_usage(certificate, demand_, report.findings);
    report.gave_up = checks_.is_exhausted() || inquiry_.gave_up();
    return report;
  }

 private:
  TrustReport report_on_path(const Certificate& certificate) {
    TrustReport best;
    bool is_first = true;
    bool looked_at_all = true;
    std::size_t count = 0;
    builder_.for_each_path(certificate, [&](const Path& path) {
      looked_at_all = count < most_paths && count_ < most_paths_of_all;
      if (!looked_at_all) {
        if (is_first) best.path = path;
        is_first = false;
        return true;
      }
      ++count;
      ++count_;
      std::optional<Time> revoked_at;
      auto findings = check_path(path, {demand_.at, demand_.allow_sha1, demand_.policies}, checks_);
      // What is wrong anyway needs no revocation to be looked up.
      const bool is_refused = may_be_good_but_for_time(findings) &&
                              check_revocation(path, findings, revoked_at) == Answer::signer_is_refused;
      const bool is_better = is_first || failures_in(findings) < failures_in(best.findings);
      if (is_better || is_refused) best = {Trust::not_checked, path, std::move(findings), revoked_at};
      is_first = false;
      // Where one way proves that the signer was revoked, another that knows nothing of it is no way out.
      return is_refused;
    });
    if (is_first) describe_missing(certificate, best);
    if (!looked_at_all || builder_.gave_up()) say_gave_up(best.findings);
    return best;
  }

  void describe_missing(const Certificate& certificate, TrustReport& report) {
    report.path = builder_.path_without_anchor(certificate);
    const auto& last = report.path.back();
    auto message = last.is_self_issued()
                       ? "the certificates lead up to " + who(last) + ", which is none of those that you trust"
                       : "the certificates do not lead to one that you trust: that of " + in_quotes(last.issuer()) +
                             ", which issued the one of " + who(last) + ", is missing";
    if (builder_.gave_up() || checks_.is_exhausted()) {
      message =
          "no way to one that you trust was found among the certificates, which are so many that looking was "
          "given up";
    }
    report.findings.push_back(failure(SubIndication::no_certificate_chain_found, "no_chain", message));
  }

  enum class Answer { goes_on, stops, signer_is_refused };

  /// RFC 5280 §6.3 and RFC 6960 for each certificate but the anchor, from the top: what an authority that was revoked
  /// says of those below it is worth nothing.
  Answer check_revocation(const Path& path, std::vector<Finding>& findings, std::optional<Time>& revoked_at) {
    for (auto index = path.size() - 1; index-- > 0;) {
      const auto answer = check_one(path, index, findings, revoked_at);
      if (answer != Answer::goes_on) return answer;
    }
    return Answer::goes_on;
  }

  Answer check_one(const Path& path, std::size_t index, std::vector<Finding>& findings,
                   std::optional<Time>& revoked_at) {
    const auto& certificate = path[index];
    const bool is_signer = index == 0;
    const auto status = inquiry_.status_of(path, index);
    if (status.revoked && status.revoked->revoked_at <= demand_.at) {
      // First: it is the more serious reason where the certificate has expired as well.
      findings.insert(findings.begin(), revoked(certificate, *status.revoked, is_signer));
      if (is_signer) revoked_at = status.revoked->revoked_at;
      return is_signer ? Answer::signer_is_refused : Answer::stops;
    }
    if (status.held && status.held->revoked_at <= demand_.at) {
      findings.push_back(failure(
          SubIndication::try_later, "certificate_on_hold",
          "the certificate of " + who(certificate) + " is suspended since " + to_rfc3339(status.held->revoked_at)));
      return is_signer ? Answer::signer_is_refused : Answer::stops;
    }
    if (status.revoked || status.held) {
      const auto& later = status.revoked ? *status.revoked : *status.held;
      findings.push_back(warning("revoked_later", "the certificate of " + who(certificate) + " was " +
                                                      (status.revoked ? "revoked" : "suspended") + " on " +
                                                      to_rfc3339(later.revoked_at) + ", after the time in question"));
    } else if (status.is_known_good()) {
      findings.push_back(information("not_revoked", "the certificate of " + who(certificate) + " was not revoked"));
      if (is_signer) tell_not_revoked(certificate, findings);
    }
    if (status.is_known_good()) return Answer::goes_on;
    auto message = "whether the certificate of " + who(certificate) + " was revoked is not known";
    message += status.whys.empty() ? ": no list or response about it was given" : ": " + join(status.whys, "; ");
    if (!demand_.require_revocation) {
      findings.push_back(warning("revocation_unknown", message));
      return Answer::goes_on;
    }
    findings.push_back(failure(SubIndication::try_later, "revocation_unknown", message));
    return Answer::stops;
  }

  /// EN 319 102-1, table 6: where the signer's certificate has expired, it is known not to be revoked. What was found
  /// of it stands behind what was found of those above it.
  void tell_not_revoked(const Certificate& certificate, std::vector<Finding>& findings) const {
    if (demand_.at >= certificate.not_before() && demand_.at <= certificate.not_after()) return;
    const auto last = std::find_if(findings.rbegin(), findings.rend(),
                                   [](const auto& finding) { return finding.sub_indication.has_value(); });
    if (last != findings.rend()) last->sub_indication = SubIndication::out_of_bounds_not_revoked;
  }

  static Finding revoked(const Certificate& certificate, const RevocationAnswer& answer, bool is_signer) {
    const auto reason = answer.reason == reason_unspecified ? "" : " (" + reason_name(answer.reason) + ")";
    const auto message =
        "the certificate of " + who(certificate) + " was revoked on " + to_rfc3339(answer.revoked_at) + reason;
    if (!is_signer) return failure(SubIndication::revoked_ca_no_poe, "revoked_authority", message);
    return failure(SubIndication::revoked_no_poe, "revoked", message);
  }

  const Evidence evidence_;
  const Demand demand_;
  SignatureChecks checks_;
  PathBuilder builder_;
  RevocationInquiry inquiry_;
  std::size_t count_ = 0;  // of paths that were looked at
};

void unshare(Evidence& evidence) {
  crypto::unshare(evidence.anchors);
  crypto::unshare(evidence.intermediates);
  for (auto& response : evidence.ocsp_responses) {
    response = std::make_shared<const OcspResponse>(response->unshared());
  }
}

std::string_view name(Trust trust) {
  switch (trust) {
    case Trust::not_checked: return "not_checked";
    case Trust::trusted: return "trusted";
    case Trust::not_trusted: return "not_trusted";
    case Trust::indeterminate: return "indeterminate";
  }
  return "";
}

Judge::Judge(Evidence evidence, Demand demand)
    : demand_(std::move(demand)), work_(std::make_unique<Work>(std::move(evidence), demand_)) {}

Judge::Judge(std::function<Evidence()> evidence, Demand demand, Bytes key, KnownReports& known)
    : evidence_(std::move(evidence)), demand_(std::move(demand)), key_(std::move(key)), known_(&known) {}

Judge::~Judge() = default;

TrustReport Judge::report(const Certificate& certificate, std::optional<Time> claimed_signing_time) {
  auto report = report_without_claim(certificate);
  if (claimed_signing_time) check_claimed_time(certificate, demand_, *claimed_signing_time, report);
  if (report.gave_up) say_gave_up(report.findings);
  report.trust = trust_for(report.findings);
  return report;
}

TrustReport Judge::report_without_claim(const Certificate& certificate) {
  if (known_ == nullptr) return work_->report(certificate);
  const auto& fingerprint = certificate.fingerprint_sha256();
  key_.insert(key_.end(), fingerprint.begin(), fingerprint.end());
  key_ = crypto::digest(HashAlgorithm::sha256, key_);
  if (!work_) {
    if (const auto* report = known_->find(key_)) {
      asked_about_.push_back(certificate);
      return *report;
    }
    work_ = std::make_unique<Work>(evidence_(), demand_);
    // What is known costs this file as much as it did the other: a file has the same answer whatever was looked at
    // before.
    for (const auto& one : asked_about_) (void)work_->report(one);
  }
  auto report = work_->report(certificate);
  known_->keep(key_, report);
  return report;
}

TrustReport judge(const Certificate& certificate, const Evidence& evidence, const Demand& demand) {
  return Judge(evidence, demand).report(certificate, demand.claimed_signing_time);
}

}  // namespace eidtool::trust
