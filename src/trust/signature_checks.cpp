// SPDX-License-Identifier: Apache-2.0
#include "trust/signature_checks.hpp"

#include <cstdint>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::trust {

namespace {

std::string key_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

SignatureChecks::Answer SignatureChecks::made_by(const crypto::Certificate& certificate,
                                                 const crypto::Certificate& issuer) {
  return check("certificate " + key_of(certificate.fingerprint_sha256()), certificate.signed_object(), issuer);
}

SignatureChecks::Answer SignatureChecks::made_by(const crypto::SignedObject& object,
                                                 const crypto::Certificate& signer) {
  return check("object " + std::to_string(reinterpret_cast<std::uintptr_t>(&object)), object, signer);
}

bool SignatureChecks::may_look(std::uint64_t count) {
  if (looks_are_exhausted_ || count > most_looks_ - look_count_) {
    looks_are_exhausted_ = true;
    return false;
  }
  look_count_ += count;
  return true;
}

bool SignatureChecks::may_load(const crypto::Certificate& certificate) { return certificate.may_load(work_); }

SignatureChecks::Answer SignatureChecks::check(const std::string& what, const crypto::SignedObject& object,
                                               const crypto::Certificate& signer) {
  const auto [known, is_new] = known_.try_emplace({what, signer.key_fingerprint()}, Answer::not_made);
  if (!is_new) return known->second;
  if (!signer.may_load(work_) || !work_.may_take(object.check_cost(signer.key_cost()))) {
    known_.erase(known);
    return Answer::not_made;
  }
  try {
    const auto& public_key = signer.public_key();
    ++count_;
    if (object.is_signed_by(public_key)) known->second = Answer::made;
  } catch (const Error&) {  // absent
    known->second = Answer::unknown;
  }
  return known->second;
}

}  // namespace eidtool::trust
