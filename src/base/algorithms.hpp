// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace eidtool {

enum class KeyType { rsa, ec, ed25519 };
enum class Padding { none, pkcs1, pss };
enum class HashAlgorithm { none, sha1, sha256, sha384, sha512 };

/// What a signature is made with. The salt of a PSS signature that eidtool makes is as long as the
/// digest, its mask generation function is MGF1 with the same hash (RFC 8017 §8.1).
struct SignatureAlgorithm {
  std::string_view name;  // as it stands in JSON
  KeyType key_type;
  Padding padding;
  HashAlgorithm hash;  // none: the algorithm hashes by itself (Ed25519, RFC 8032)
};

/// Every algorithm that signs and verifies, a labelled row each.
inline constexpr std::array signature_algorithms = {
    SignatureAlgorithm{"rsa_pkcs1_sha1", KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha1},
    SignatureAlgorithm{"rsa_pkcs1_sha256", KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha256},
    SignatureAlgorithm{"rsa_pkcs1_sha384", KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha384},
    SignatureAlgorithm{"rsa_pkcs1_sha512", KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha512},
    SignatureAlgorithm{"rsa_pss_sha1", KeyType::rsa, Padding::pss, HashAlgorithm::sha1},
    SignatureAlgorithm{"rsa_pss_sha256", KeyType::rsa, Padding::pss, HashAlgorithm::sha256},
    SignatureAlgorithm{"rsa_pss_sha384", KeyType::rsa, Padding::pss, HashAlgorithm::sha384},
    SignatureAlgorithm{"rsa_pss_sha512", KeyType::rsa, Padding::pss, HashAlgorithm::sha512},
    SignatureAlgorithm{"ecdsa_sha1", KeyType::ec, Padding::none, HashAlgorithm::sha1},
    SignatureAlgorithm{"ecdsa_sha256", KeyType::ec, Padding::none, HashAlgorithm::sha256},
    SignatureAlgorithm{"ecdsa_sha384", KeyType::ec, Padding::none, HashAlgorithm::sha384},
    SignatureAlgorithm{"ecdsa_sha512", KeyType::ec, Padding::none, HashAlgorithm::sha512},
    SignatureAlgorithm{"ed25519", KeyType::ed25519, Padding::none, HashAlgorithm::none},
};

/// The row for a combination; null where there is none (Ed25519 with a hash, EC with PSS).
const SignatureAlgorithm* find_signature_algorithm(KeyType key_type, Padding padding, HashAlgorithm hash);

/// `rsa`, `ec`, `ed25519`.
std::string_view name(KeyType key_type);
/// `pkcs1`, `pss`, `none`.
std::string_view name(Padding padding);
/// `sha256`; `none` for none.
std::string_view name(HashAlgorithm hash);
/// The hash of a name as the command line takes it; nothing for others, `none` included.
std::optional<HashAlgorithm> hash_by_name(std::string_view name);

/// Bytes of a digest; 0 for none.
std::size_t digest_size(HashAlgorithm hash);

}  // namespace eidtool
