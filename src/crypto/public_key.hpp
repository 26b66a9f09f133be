// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace eidtool::crypto {

struct SignatureScheme;

/// A public key that checks signatures. A value; copies share the key, and are for one thread. None that is static: it
/// may be loaded late, and would outlive the memory that Botan keeps for it.
class PublicKey {
 public:
  /// Of a SubjectPublicKeyInfo, DER (RFC 5280 §4.1). Throws malformed, unsupported.
  static PublicKey from_der(BytesView subject_public_key_info);

  KeyType type() const noexcept { return type_; }
  /// Bits of the RSA modulus or of the curve's order; 255 for Ed25519.
  std::size_t size() const noexcept { return size_; }
  /// Below what ETSI TS 119 312 §6.2.2.1 recommends: RSA of less than 2048 bits, curves of less than 224.
  bool is_weak() const noexcept;
  /// `RSA 2048`, `EC P-256`, `Ed25519`.
  std::string description() const;

  /// Bytes: RSA the modulus, ECDSA twice the order, Ed25519 64.
  std::size_t signature_size() const;
  /// Bytes of the order of the curve; 0 unless EC.
  std::size_t order_size() const;

  /// RSA modulus, big-endian without leading zeros; empty unless RSA.
  Bytes modulus() const;
  /// The uncompressed point `04‖x‖y` (SEC 1 §2.3.3) of an EC key, the 32 bytes of an Ed25519 key; empty for RSA.
  Bytes point() const;

  /// Whether `signature` is one over `digest` (RFC 8017 §8.1.2, §8.2.2; FIPS 186-5 §6.4.2).
  /// Shapes as Signer::sign() gives them: RSA and `r‖s`. PSS takes a salt of that many bytes, or
  /// any. A signature of any wrong length is merely false. Not for Ed25519.
  bool verify_digest(const SignatureAlgorithm& algorithm, BytesView digest, BytesView signature,
                     std::optional<std::size_t> salt_size = std::nullopt) const;
  /// As verify_digest(), of a signature whose AlgorithmIdentifier was read.
  bool verify_digest(const SignatureScheme& scheme, BytesView digest, BytesView signature) const;

  /// Whether `signature` is an Ed25519 one over `message` (RFC 8032 §5.1.7).
  bool verify_message(BytesView message, BytesView signature) const;

  /// The block that an RSA signature was made of: `signature^e mod n`, as long as the modulus
  /// (RFC 8017 §5.2.2). Nothing where the length is not the modulus's or the number is out of range.
  std::optional<Bytes> recover(BytesView signature) const;

 private:
  struct Key;
  explicit PublicKey(std::shared_ptr<Key> key);

  std::shared_ptr<Key> key_;
  KeyType type_;
  std::size_t size_;
};

/// How long a key keeps a machine busy, microseconds on one of today.
struct KeyCost {
  std::uint64_t load;   // once
  std::uint64_t check;  // of one signature, beside hashing
};

/// Of a SubjectPublicKeyInfo; it is not loaded. For what is no key that eidtool checks next to nothing.
KeyCost key_cost(BytesView subject_public_key_info);
/// The same of hashing that many bytes.
std::uint64_t hashing_cost(std::uint64_t size);
/// Of a check by such a key, without hashing and loading.
std::uint64_t check_cost(const KeyCost& key, const SignatureScheme& scheme);

/// What a PKCS#1 v1.5 block says it signs (RFC 8017 §9.2).
struct DigestInfo {
  std::string oid;                    // dotted
  std::optional<HashAlgorithm> hash;  // nothing: a hash that eidtool does not check
  Bytes digest;
  bool has_null_parameters = false;  // as RFC 8017 §9.2 demands; verify_digest() takes no other form
};

/// Reads a recovered block `00 01 FF… 00 DigestInfo`; nothing where it is not one.
std::optional<DigestInfo> parse_pkcs1_block(BytesView block);

}  // namespace eidtool::crypto
