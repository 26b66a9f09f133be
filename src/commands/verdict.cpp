// SPDX-License-Identifier: Apache-2.0
#include "commands/verdict.hpp"

#include "base/error.hpp"

namespace eidtool::commands {

namespace {

using formats::Severity;

constexpr std::size_t least_rsa_size = 2048;  // bits, ETSI TS 119 312 §6.2.2.1
constexpr std::size_t least_ec_size = 224;    // bits

void look_at_certificate(const crypto::Certificate& certificate, const Policy& policy,
                         std::vector<formats::Finding>& findings) {
  if (policy.at > certificate.not_after()) {
    findings.push_back({"certificate_expired", Severity::warning,
                        "the certificate expired on " + to_rfc3339(certificate.not_after()) +
                            "; a raw signature does not say whether it was made before"});
  }
  if (policy.at < certificate.not_before()) {
    findings.push_back({"certificate_not_yet_valid", Severity::warning,
                        "the certificate is valid only from " + to_rfc3339(certificate.not_before())});
  }
  const auto& key = certificate.public_key();
  const bool weak = (key.type() == KeyType::rsa && key.size() < least_rsa_size) ||
                    (key.type() == KeyType::ec && key.size() < least_ec_size);
  if (weak) {
    findings.push_back({"weak_key", Severity::warning, "the key is weak: " + key.description()});
  }
  if (certificate.is_ca()) {
    findings.push_back(
        {"signer_is_ca", Severity::warning, "the certificate is one of a certification authority, not of a person"});
  }
}

}  // namespace

const char* name(Answer answer) {
  switch (answer) {
    case Answer::valid: return "valid";
    case Answer::invalid: return "invalid";
    case Answer::indeterminate: return "indeterminate";
  }
  return "indeterminate";
}

Verdict judge(const formats::SignatureReport& report, const Policy& policy) {
  Verdict verdict{report.matches ? Answer::valid : Answer::invalid, report.findings};
  if (report.matches && report.algorithm != nullptr && report.algorithm->hash == HashAlgorithm::sha1) {
    if (!policy.allow_sha1) verdict.answer = Answer::indeterminate;
    verdict.findings.push_back(
        {"sha1", policy.allow_sha1 ? Severity::warning : Severity::error,
         policy.allow_sha1 ? "SHA-1 proves little: another document with the same digest can be made"
                           : "the signature matches, but SHA-1 proves little; --allow-sha1 accepts it all the same"});
  }
  if (report.signer) look_at_certificate(*report.signer, policy, verdict.findings);
  verdict.findings.push_back({"trust_not_checked", Severity::info,
                              "whether to trust the certificate was not checked: compare its fingerprint with one that "
                              "you have from a source you trust"});
  return verdict;
}

}  // namespace eidtool::commands
