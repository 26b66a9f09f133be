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

std::string who(const Certificate& certificate) { return in_quotes(certificate.known_as()); }

/// Ways to an anchor that are looked at; each may cost a look into every list.
constexpr std::size_t most_paths = 50;

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
    std::size_t count = 0;
    builder_.for_each_path(certificate, [&](const Path& path) {
      auto findings = check_path(path, {demand_.at, demand_.allow_sha1, demand_.policies});
      // What is wrong anyway needs no revocation to be looked up.
      if (failures_in(findings) == 0) check_revocation(path, findings);
      const bool is_better = is_first || failures_in(findings) < failures_in(best.findings);
      if (is_better) best = {Trust::not_checked, path, std::move(findings)};
      is_first = false;
      return failures_in(best.findings) == 0 || ++count >= most_paths;
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
      check_one(path, index, findings);
      if (failures_in(findings) > 0) return;
    }
  }

  /// What the evidence says of one certificate, put together.
  struct Status {
    std::optional<RevocationAnswer> revoked;
    unsigned reasons = 0;           // for which it is known not to be revoked
    std::vector<std::string> whys;  // what could have told and was not believed
  };

  Status status_of(const RevocationQuestion& question) const {
    Status status;
    const auto take = [&](const RevocationAnswer& answer) {
      switch (answer.status) {
        case RevocationAnswer::Status::irrelevant: return;
        case RevocationAnswer::Status::unusable: status.whys.push_back(answer.why); return;
        case RevocationAnswer::Status::good: status.reasons |= answer.reasons_mask; return;
        case RevocationAnswer::Status::revoked: break;
      }
      // A suspension is less than a revocation.
      if (!status.revoked || status.revoked->reason == reason_hold) status.revoked = answer;
    };
    const auto& lists = evidence_.revocation_lists;
    for (const auto& list : lists) {
      if (list->is_delta()) continue;
      auto answer = list->answer(question);
      for (const auto& delta : lists) {
        if (answer.status != RevocationAnswer::Status::good && answer.status != RevocationAnswer::Status::revoked)
          break;
        if (!delta->completes(*list)) continue;
        const auto change = delta->answer(question);
        if (change.status != RevocationAnswer::Status::revoked) continue;
        const auto reasons = answer.reasons_mask;
        answer = change;
        if (change.reason == reason_remove) answer.status = RevocationAnswer::Status::good;
        answer.reasons_mask = reasons;
      }
      take(answer);
    }
    for (const auto& response : evidence_.ocsp_responses) take(response->answer(question));
    return status;
  }

  void check_one(const Path& path, std::size_t index, std::vector<Finding>& findings) {
    const auto& certificate = path[index];
    const RevocationQuestion question{
        certificate,
        path[index + 1],
        demand_.at,
        demand_.now,
        demand_.allow_sha1,
        evidence_.intermediates,
        [&](const Certificate& signer, auto named_by) { return is_trusted_signer(signer, named_by, path, index + 1); }};
    const auto status = status_of(question);
    if (status.revoked && status.revoked->revoked_at <= demand_.at) {
      return report_revoked(certificate, *status.revoked, index == 0, findings);
    }
    if (status.revoked) {
      findings.push_back(warning("revoked_later", "the certificate of " + who(certificate) + " was revoked on " +
                                                      to_rfc3339(status.revoked->revoked_at) +
                                                      ", after the time in question"));
      return;
    }
    if (status.reasons == RevocationAnswer::all_reasons) {
      findings.push_back(information("not_revoked", "the certificate of " + who(certificate) + " was not revoked"));
      return;
    }
    auto message = "whether the certificate of " + who(certificate) + " was revoked is not known";
    message += status.whys.empty() ? ": no list or response about it was given" : ": " + join(status.whys, "; ");
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

  /// Whether a certificate may sign lists: it leads to the same anchor (RFC 5280 §6.3.3 (f)), and where it only bears
  /// the name of the issuer, it was issued by that one or by one above it on the path. Any authority below the anchor
  /// could else take back what another has revoked. Its own revocation is looked up among the lists.
  bool is_trusted_signer(const Certificate& signer, RevocationQuestion::NamedBy named_by, const Path& path,
                         std::size_t first_issuer) {
    const bool is_of_theirs =
        named_by == RevocationQuestion::NamedBy::certificate ||
        std::any_of(path.begin() + static_cast<std::ptrdiff_t>(first_issuer), path.end(),
                    [&](const auto& issuer) { return crypto::names_match(signer.issuer_der(), issuer.subject_der()); });
    if (!is_of_theirs || depth_ >= deepest) return false;
    ++depth_;
    bool is_trusted = false;
    builder_.for_each_path(signer, [&](const Path& signers_path) {
      if (signers_path.back().der() != path.back().der()) return false;
      auto findings = check_path(signers_path, {demand_.at, demand_.allow_sha1, {}});
      if (failures_in(findings) == 0) check_revocation(signers_path, findings);
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
