// SPDX-License-Identifier: Apache-2.0
#include "crypto/signed_object.hpp"

#include "base/error.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecdsa_signature.hpp"

namespace eidtool::crypto {

SignedObject SignedObject::read(BytesView sequence_content, BytesView* rest) {
  der::Reader fields(sequence_content);
  const auto content = fields.next(der::tag::sequence).whole;
  SignedObject object;
  object.content.assign(content.begin(), content.end());
  object.algorithm = AlgorithmIdentifier::read(fields);
  const auto bits = fields.next(der::tag::bit_string).content;
  if (bits.empty() || bits.front() != 0) throw malformed("its signature is no whole number of bytes");
  object.signature.assign(bits.begin() + 1, bits.end());
  if (rest != nullptr) {
    *rest = fields.rest();
  } else {
    fields.end();
  }
  return object;
}

std::uint64_t SignedObject::check_cost(const KeyCost& key) const {
  const auto hashing = hashing_cost(content.size());
  try {
    return hashing + crypto::check_cost(key, signature_scheme(algorithm, std::nullopt));
  } catch (const Error&) {  // absent: is_signed_by() refuses it at once
    return hashing;
  }
}

bool SignedObject::is_signed_by(const PublicKey& key) const {
  const auto scheme = signature_scheme(algorithm, std::nullopt);
  if (scheme.algorithm->key_type != key.type()) return false;
  if (key.type() == KeyType::ed25519) return key.verify_message(content, signature);
  auto plain = std::optional<Bytes>(signature);
  if (key.type() == KeyType::ec) plain = ecdsa_from_der(signature, key.order_size());
  return plain && key.verify_digest(scheme, digest(scheme.algorithm->hash, content), *plain);
}

}  // namespace eidtool::crypto
