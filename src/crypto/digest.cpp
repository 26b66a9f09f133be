// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"

#include <botan/hash.h>

#include "base/error.hpp"
#include "crypto/bridge.hpp"

namespace eidtool::crypto {

struct Hasher::State {
  explicit State(HashAlgorithm hash) : function(Botan::HashFunction::create_or_throw(bridge::hash_name(hash))) {}

  std::unique_ptr<Botan::HashFunction> function;
};

Hasher::Hasher(HashAlgorithm hash) : state_(std::make_unique<State>(hash)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(BytesView bytes) { state_->function->update(bytes.data(), bytes.size()); }

Bytes Hasher::finish() {
  Bytes digest(state_->function->output_length());
  state_->function->final(digest.data());
  return digest;
}

Bytes digest(HashAlgorithm hash, BytesView bytes) {
  Hasher hasher(hash);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace eidtool::crypto
