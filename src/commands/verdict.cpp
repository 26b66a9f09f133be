// SPDX-License-Identifier: Apache-2.0
#include "commands/verdict.hpp"

#include "base/error.hpp"

namespace eidtool::commands {

namespace {

void look_at_certificate(const crypto::Certificate& certificate, const Policy& policy, std::vector<Finding>& findings) {
  if (policy.at > certificate.not_after()) {
    findings.push_back(warning("certificate_expired", "the certificate expired on " +
                                                          to_rfc3339(certificate.not_after()) +
                                                          "; the signature may have been made before"));
  }
  if (policy.at < certificate.not_before()) {
    findings.push_back(warning("certificate_not_yet_valid",
                               "the certificate is valid only from " + to_rfc3339(certificate.not_before())));
  }
  const auto* key = certificate.public_key_if_any();  // none: the format has said so
  if (key != nullptr && key->is_weak()) {
    findings.push_back(warning("weak_key", "the key is weak: " + key->description()));
  }
  if (certificate.is_ca()) {
    findings.push_back(warning("signer_is_ca", "the certificate is one of a certification authority, not of a person"));
  }
}

/// Whether SHA-1 is all that binds the document, or the attributes that bind it: Ed25519 takes those as they are, and
/// yet they hold a digest.
bool relies_on_sha1(const formats::SignatureReport& report) {
  return report.document_hash == HashAlgorithm::sha1 ||
         (report.algorithm != nullptr && report.algorithm->hash == HashAlgorithm::sha1);
}

/// EN 319 102-1 §5.1.3: what fails for good weighs more than what is not known; of equals the first.
std::optional<SubIndication> worst_of(const std::vector<Finding>& findings) {
  std::optional<SubIndication> worst;
  for (const auto& finding : findings) {
    if (!finding.sub_indication) continue;
    const bool fails = indication_of(*finding.sub_indication) == Indication::total_failed;
    if (!worst || (fails && indication_of(*worst) != Indication::total_failed)) worst = finding.sub_indication;
  }
  return worst;
}

Answer answer_for(std::optional<SubIndication> sub_indication) {
  if (!sub_indication) return Answer::valid;
  return indication_of(*sub_indication) == Indication::total_failed ? Answer::invalid : Answer::indeterminate;
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

std::string advice_for(SubIndication sub_indication) {
  switch (sub_indication) {
    case SubIndication::format_failure:
    case SubIndication::sig_crypto_failure: return "ask for the signature again: this one proves nothing";
    case SubIndication::hash_failure: return "ask for the document as it was signed, or for a signature of this one";
    case SubIndication::no_signing_certificate_found: return "ask for the signer's certificate; --cert FILE names it";
    case SubIndication::no_certificate_chain_found:
      return "find the certificates in between (--intermediates FILE), or trust the authority (--trust FILE) if you "
             "have "
             "reason to; eidtool-trust(7) tells where to get them";
    case SubIndication::try_later:
      return "get a newer revocation list (--crl FILE) or OCSP response (--ocsp FILE) from the issuer";
    case SubIndication::revoked_no_poe:
    case SubIndication::revoked_ca_no_poe:
    case SubIndication::out_of_bounds_no_poe:
    case SubIndication::out_of_bounds_not_revoked:
      return "ask for a new signature; if you know by other means that this one existed earlier, --at TIME judges it "
             "as "
             "of then";
    case SubIndication::crypto_constraints_failure: return "ask for a signature made with algorithms and keys of today";
    case SubIndication::sig_constraints_failure:
    case SubIndication::chain_constraints_failure:
    case SubIndication::certificate_chain_general_failure:
      return "do not rely on it; ask the signer, by another way, which certificate it should be";
  }
  return "do not rely on it";
}

Verdict judge(const formats::SignatureReport& report, const std::optional<trust::TrustReport>& trust,
              const Policy& policy) {
  Verdict verdict{Answer::valid, std::nullopt, report.findings};
  auto& findings = verdict.findings;
  if (report.matches && relies_on_sha1(report)) {
    findings.push_back(
        policy.allow_sha1
            ? warning("sha1", "SHA-1 proves little: another document with the same digest can be made")
            : failure(SubIndication::crypto_constraints_failure, "sha1",
                      "the signature matches, but SHA-1 proves little; --allow-sha1 accepts it all the same"));
  }
  if (trust) {
    findings.insert(findings.end(), trust->findings.begin(), trust->findings.end());
  } else {
    if (report.signer) look_at_certificate(*report.signer, policy, findings);
    findings.push_back(
        information("trust_not_checked",
                    "whether to trust the certificate was not checked (--trust): compare its fingerprint "
                    "with one that you have from a source you trust"));
  }
  verdict.sub_indication = worst_of(findings);
  verdict.answer = answer_for(verdict.sub_indication);
  // A format that found no match and gave no reason is a bug that must not read as yes.
  if (verdict.answer == Answer::valid && !report.matches) {
    throw Error(ErrorKind::internal, "a signature that does not match came without a reason");
  }
  return verdict;
}

}  // namespace eidtool::commands
