// SPDX-License-Identifier: Apache-2.0
#include "trust/signature_checks.hpp"

#include <cstdint>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::trust {

namespace {

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

std::string key_of(const crypto::Certificate& certificate) {
  try {
    return certificate.public_key().description() + ":" + text_of(certificate.public_key_bits());
  } catch (const Error&) {  // absent
    return {};
  }
}

SignatureChecks::Answer SignatureChecks::made_by(const crypto::Certificate& certificate,
                                                 const crypto::Certificate& issuer) {
  return check("certificate " + text_of(certificate.fingerprint_sha256()), certificate.signed_object(), issuer);
}

SignatureChecks::Answer SignatureChecks::made_by(const crypto::SignedObject& object,
                                                 const crypto::Certificate& signer) {
  return check("object " + std::to_string(reinterpret_cast<std::uintptr_t>(&object)), object, signer);
}

bool SignatureChecks::may_look() {
  if (look_count_ < most_looks_) {
    ++look_count_;
    return true;
  }
  is_exhausted_ = true;
  return false;
}

SignatureChecks::Answer SignatureChecks::check(const std::string& what, const crypto::SignedObject& object,
                                               const crypto::Certificate& signer) {
  const auto key = key_of(signer);
  if (key.empty()) return Answer::unknown;
  const auto [known, is_new] = known_.try_emplace({what, key}, Answer::not_made);
  if (!is_new) return known->second;
  if (count_ >= most_) {
    is_exhausted_ = true;
    known_.erase(known);
    return Answer::not_made;
  }
  ++count_;
  try {
    if (object.is_signed_by(signer.public_key())) known->second = Answer::made;
  } catch (const Error&) {  // absent
    known->second = Answer::unknown;
  }
  return known->second;
}

}  // namespace eidtool::trust
