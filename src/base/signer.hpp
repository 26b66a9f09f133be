// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "base/message.hpp"

namespace eidtool {

/// Anything that signs: a token's key, a software key in tests.
class Signer {
 public:
  virtual ~Signer() = default;

  virtual KeyType key_type() const = 0;

  /// The certificate of the key, DER.
  virtual const Bytes& certificate() const = 0;

  /// Bytes that no signature exceeds.
  virtual std::size_t max_signature_size() const = 0;

  /// RSA: as long as the modulus (RFC 8017 §8). ECDSA: `r‖s`, both as long as the order.
  /// Ed25519: 64 bytes (RFC 8032). What comes back was not checked yet.
  virtual Bytes sign(const SignatureAlgorithm& algorithm, Message& message) = 0;
};

}  // namespace eidtool
