// SPDX-License-Identifier: Apache-2.0
#include "support/software_signer.hpp"

#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>

#include "crypto/bridge.hpp"
#include "support/vectors.hpp"

namespace eidtool::tests {

namespace {

/// Botan's name for signing a ready digest, or the whole message where there is none.
std::string digest_scheme(const SignatureAlgorithm& algorithm) {
  if (algorithm.hash == HashAlgorithm::none) return "Pure";
  const auto hash = crypto::bridge::hash_name(algorithm.hash);
  switch (algorithm.padding) {
    case Padding::pkcs1: return "EMSA3(Raw," + hash + ")";
    case Padding::pss: return "PSS_Raw(" + hash + ",MGF1," + std::to_string(digest_size(algorithm.hash)) + ")";
    case Padding::none: return "Raw";
  }
  return {};
}

}  // namespace

struct SoftwareSigner::State {
  std::unique_ptr<Botan::Private_Key> key;
  Botan::System_RNG random;
};

SoftwareSigner::SoftwareSigner(const std::string& key, const std::string& certificate_key)
    : state_(std::make_unique<State>()), certificate_(vector_certificate(certificate_key).der()) {
  const auto pem = vector_bytes(key + ".key");
  Botan::DataSource_Memory source(pem.data(), pem.size());
  state_->key = Botan::PKCS8::load_key(source);
}

SoftwareSigner::~SoftwareSigner() = default;

KeyType SoftwareSigner::key_type() const {
  const auto name = state_->key->algo_name();
  return name == "RSA" ? KeyType::rsa : name == "ECDSA" ? KeyType::ec : KeyType::ed25519;
}

std::size_t SoftwareSigner::max_signature_size() const { return 512; }

Bytes SoftwareSigner::sign(const SignatureAlgorithm& algorithm, Message& message) {
  if (streams) message.give(algorithm.hash, [](BytesView) {});
  const auto bytes = algorithm.hash == HashAlgorithm::none ? message.whole(1U << 20U) : message.digest(algorithm.hash);
  Botan::PK_Signer signer(*state_->key, state_->random, digest_scheme(algorithm));
  return signer.sign_message(bytes, state_->random);
}

}  // namespace eidtool::tests
