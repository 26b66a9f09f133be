// SPDX-License-Identifier: Apache-2.0
#include "commands/signer_choice.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace eidtool::commands {

namespace {

using crypto::Certificate;

/// Certificates for one key that are looked at; honest files have two, where one was renewed.
constexpr std::size_t most_certificates = 4;

struct PossibleSigner {
  Certificate certificate;
  std::optional<trust::TrustReport> trust;
};

/// How much an authority that is trusted has to do with it. One that says of the key that it was revoked is heard
/// first: another certificate for that key is no way out.
int weight_of(const PossibleSigner& candidate) {
  if (!candidate.trust) return 0;
  const auto has = [&](auto matches) { return std::ranges::any_of(candidate.trust->findings, matches); };
  if (has([](const auto& one) { return one.code == "revoked" || one.code == "certificate_on_hold"; })) return 4;
  switch (candidate.trust->trust) {
    case trust::Trust::trusted: return 3;
    case trust::Trust::indeterminate: return 2;
    case trust::Trust::not_trusted: return has([](const auto& one) { return one.code == "no_chain"; }) ? 0 : 1;
    case trust::Trust::not_checked: return 0;
  }
  return 0;
}

void say_ambiguous(formats::SignatureReport& report, const std::string& which) {
  report.signer.reset();
  report.findings.push_back(failure(SubIndication::no_signing_certificate_found, "certificate_ambiguous",
                                    which + " are for the key that signed, and the signature does not say which was "
                                            "meant: --cert FILE names the right one"));
}

std::vector<Certificate> possible_signers(const formats::SignatureReport& report,
                                          const std::vector<Certificate>& given) {
  std::vector<Certificate> all = {*report.signer};
  all.insert(all.end(), report.further_signers.begin(), report.further_signers.end());
  auto some = all;
  std::erase_if(some, [&](const auto& one) {
    return std::ranges::none_of(given, [&](const auto& other) { return other.der() == one.der(); });
  });
  return some.empty() ? all : some;
}

}  // namespace

std::optional<trust::TrustReport> choose_signer(formats::SignatureReport& report, const std::vector<Certificate>& given,
                                                trust::Judge* judge) {
  if (!report.signer) return std::nullopt;
  const auto certificates = possible_signers(report, given);
  if (certificates.size() > most_certificates) {
    say_ambiguous(report, "more than " + std::to_string(most_certificates) + " certificates in the file");
    return std::nullopt;
  }
  std::vector<PossibleSigner> candidates;
  for (const auto& one : certificates) {
    candidates.push_back({one, std::nullopt});
    if (judge != nullptr) candidates.back().trust = judge->report(one, report.signing_time);
  }
  // Equals remain in the order of the report.
  std::ranges::stable_sort(candidates, std::ranges::greater(), weight_of);
  const auto& best = candidates.front();
  std::vector<std::string> names;
  for (const auto& one : candidates) {
    if (weight_of(one) < weight_of(best)) break;
    const bool is_same = one.certificate.comparable_subject() == best.certificate.comparable_subject();
    if (!is_same || names.empty()) names.push_back(in_quotes(one.certificate.known_as()));
  }
  if (names.size() > 1) {
    say_ambiguous(report, "the certificates of " + join(names, " and "));
    return std::nullopt;
  }
  report.signer = best.certificate;
  if (candidates.size() > 1) {
    report.findings.push_back(
        warning("several_certificates", "the signature does not say which certificate was meant: " +
                                            std::to_string(candidates.size()) + " are for the key that signed"));
  }
  return best.trust;
}

}  // namespace eidtool::commands
