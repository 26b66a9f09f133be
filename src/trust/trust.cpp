// SPDX-License-Identifier: Apache-2.0
#include "trust/trust.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/issuers.hpp"

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

std::string who(const Certificate& certificate) {
  return in_quotes(certificate.common_name().empty() ? certificate.subject() : certificate.common_name());
}

std::size_t failures_in(const std::vector<Finding>& findings) {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings, [](const auto& finding) { return finding.sub_indication.has_value(); }));
}

class Judge {
 public:
  Judge(const Evidence& evidence, const Demand& demand)
      : evidence_(evidence), demand_(demand), builder_(evidence.anchors, evidence.intermediates) {}

  TrustReport report(const Certificate& certificate) {
    TrustReport best;
    bool is_first = true;
    builder_.for_each_path(certificate, [&](const Path& path) {
      auto findings = check_path(path, {demand_.at, demand_.allow_sha1, demand_.policies});
      // What is wrong anyway needs no revocation to be looked up.
      if (failures_in(findings) == 0) check_revocation(path, findings);
      const bool is_better = is_first || failures_in(findings) < failures_in(best.findings);
      if (is_better) best = {Trust::not_checked, path, std::move(findings)};
      is_first = false;
      return failures_in(best.findings) == 0;
    });
    if (is_first) describe_missing(certificate, best);
    return best;
  }

 private:
  void describe_missing(const Certificate& certificate, TrustReport& report) {
    report.path = crypto::issuers_of(certificate, builder_.pool());
    report.path.insert(report.path.begin(), certificate);
    const auto& last = report.path.back();
    report.findings.push_back(
        failure(SubIndication::no_certificate_chain_found, "no_chain",
                last.is_self_issued()
                    ? "the certificates lead up to " + who(last) + ", which is none of those that you trust"
                    : "the certificates do not lead to one that you trust: that of " + in_quotes(last.issuer()) +
                          ", which issued the one of " + who(last) + ", is missing"));
  }

  /// RFC 5280 §6.3 and RFC 6960 for each certificate but the anchor, from the top: what an authority that was revoked
  /// says of those below it is worth nothing.
  void check_revocation(const Path& path, std::vector<Finding>& findings) {
    for (auto index = path.size() - 1; index-- > 0;) {
      check_one(path[index], path[index + 1], index == 0, findings);
      if (failures_in(findings) > 0) return;
    }
  }

  void check_one(const Certificate& certificate, const Certificate& issuer, bool is_signer,
                 std::vector<Finding>& findings) {
    const RevocationQuestion question{certificate,
                                      issuer,
                                      demand_.at,
                                      demand_.now,
                                      demand_.allow_sha1,
                                      evidence_.intermediates,
                                      [&](const Certificate& signer) { return is_trusted_signer(signer, issuer); }};
    unsigned reasons = 0;
    std::vector<std::string> whys;
    const auto take = [&](const RevocationAnswer& answer) {
      using Status = RevocationAnswer::Status;
      switch (answer.status) {
        case Status::irrelevant: return false;
        case Status::unusable: whys.push_back(answer.why); return false;
        case Status::good: reasons |= answer.reasons_mask; return false;
        case Status::revoked: break;
      }
      if (answer.revoked_at > demand_.at) {
        findings.push_back(warning("revoked_later", "the certificate of " + who(certificate) + " was revoked on " +
                                                        to_rfc3339(answer.revoked_at) +
                                                        ", after the time in question"));
        reasons = RevocationAnswer::all_reasons;
        return false;
      }
      report_revoked(certificate, answer, is_signer, findings);
      return true;
    };
    for (const auto& list : evidence_.revocation_lists) {
      if (take(list->answer(question))) return;
    }
    for (const auto& response : evidence_.ocsp_responses) {
      if (take(response->answer(question))) return;
    }
    if (reasons == RevocationAnswer::all_reasons) {
      findings.push_back(information("not_revoked", "the certificate of " + who(certificate) + " was not revoked"));
      return;
    }
    auto message = "whether the certificate of " + who(certificate) + " was revoked is not known";
    message += whys.empty() ? ": no list or response about it was given" : ": " + join(whys, "; ");
    if (demand_.require_revocation) {
      findings.push_back(failure(SubIndication::try_later, "revocation_unknown", message));
    } else {
      findings.push_back(warning("revocation_unknown", message));
    }
  }

  void report_revoked(const Certificate& certificate, const RevocationAnswer& answer, bool is_signer,
                      std::vector<Finding>& findings) const {
    const auto reason = answer.reason == reason_unspecified ? "" : " (" + reason_name(answer.reason) + ")";
    auto message =
        "the certificate of " + who(certificate) + " was revoked on " + to_rfc3339(answer.revoked_at) + reason;
    if (answer.reason == reason_hold) {
      findings.push_back(
          failure(SubIndication::try_later, "certificate_on_hold",
                  "the certificate of " + who(certificate) + " is suspended since " + to_rfc3339(answer.revoked_at)));
      return;
    }
    if (is_signer && demand_.claimed_signing_time) {
      message += *demand_.claimed_signing_time < answer.revoked_at
                     ? "; the signature claims to be older, which nobody vouches for"
                     : ", before the signature claims to have been made";
    }
    findings.push_back(is_signer ? failure(SubIndication::revoked_no_poe, "revoked", message)
                                 : failure(SubIndication::revoked_ca_no_poe, "revoked_authority", message));
  }

  /// Whether a certificate that signs lists in the name of `issuer` is one of the same authority: it has the same
  /// issuer and leads to an anchor. Its own revocation is looked up among the other lists.
  bool is_trusted_signer(const Certificate& signer, const Certificate& issuer) {
    if (depth_ >= deepest) return false;
    const bool same_origin = crypto::names_match(signer.issuer_der(), issuer.issuer_der()) ||
                             crypto::names_match(signer.issuer_der(), issuer.subject_der());
    if (!same_origin) return false;
    ++depth_;
    bool is_trusted = false;
    PathBuilder(evidence_.anchors, evidence_.intermediates).for_each_path(signer, [&](const Path& path) {
      auto findings = check_path(path, {demand_.at, demand_.allow_sha1, {}});
      if (failures_in(findings) == 0) check_revocation(path, findings);
      is_trusted = failures_in(findings) == 0;
      return is_trusted;
    });
    --depth_;
    return is_trusted;
  }

  static constexpr unsigned deepest = 3;

  const Evidence& evidence_;
  const Demand& demand_;
  PathBuilder builder_;
  unsigned depth_ = 0;
};

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
void check_claimed_time(const Certificate& certificate, const Demand& demand, std::vector<Finding>& findings) {
  if (!demand.claimed_signing_time) return;
  const auto claimed = *demand.claimed_signing_time;
  if (claimed < certificate.not_before() || claimed > certificate.not_after()) {
    findings.push_back(failure(
        SubIndication::sig_constraints_failure, "signing_time_outside",
        "the signature claims to have been made on " + to_rfc3339(claimed) + ", when the certificate was not valid"));
  }
  constexpr auto clock_difference = std::chrono::minutes(10);
  if (claimed > demand.now + clock_difference) {
    findings.push_back(
        warning("signing_time_in_future", "the signature claims to be from the future: " + to_rfc3339(claimed)));
  }
}

Trust trust_for(const std::vector<Finding>& findings) {
  auto trust = Trust::trusted;
  for (const auto& finding : findings) {
    if (!finding.sub_indication) continue;
    switch (*finding.sub_indication) {
      case SubIndication::try_later:
      case SubIndication::out_of_bounds_no_poe:
      case SubIndication::sig_constraints_failure: trust = Trust::indeterminate; break;
      default: return Trust::not_trusted;
    }
  }
  return trust;
}

}  // namespace

std::string_view name(Trust trust) {
  switch (trust) {
    case Trust::not_checked: return "not_checked";
    case Trust::trusted: return "trusted";
    case Trust::not_trusted: return "not_trusted";
    case Trust::indeterminate: return "indeterminate";
  }
  return "";
}

TrustReport judge(const Certificate& certificate, const Evidence& evidence, const Demand& demand) {
  auto report = Judge(evidence, demand).report(certificate);
  check_usage(certificate, demand, report.findings);
  check_claimed_time(certificate, demand, report.findings);
  report.trust = trust_for(report.findings);
  return report;
}

}  // namespace eidtool::trust
