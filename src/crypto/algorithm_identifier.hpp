// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "crypto/der.hpp"

namespace eidtool::crypto {

/// AlgorithmIdentifier (RFC 5280 §4.1.1.2).
struct AlgorithmIdentifier {
  std::string oid;   // dotted
  Bytes parameters;  // DER; empty: absent

  /// The next value of a reader. Throws malformed.
  static AlgorithmIdentifier read(der::Reader& reader);
  Bytes der() const;

  /// Parameters that say nothing: absent or NULL, which RFC 5754 §2 takes for one another.
  bool has_no_parameters() const;
  /// Equal, absent and NULL parameters being the same.
  bool means(const AlgorithmIdentifier& other) const;
};

/// The hash functions of RFC 8017 appendix B.1 that eidtool checks, by dotted OID; nothing for others.
std::optional<HashAlgorithm> hash_by_oid(std::string_view oid);
/// `SHA-224` for hash functions that eidtool does not check and others use; the dotted OID for unknown ones.
std::string foreign_hash_name(std::string_view oid);

/// As RFC 5754 §2 wants it written: no parameters.
AlgorithmIdentifier identifier_of(HashAlgorithm hash);
/// RFC 4055 §3.1 and §5, RFC 5758 §3.2, RFC 8410 §3; PSS with a salt as long as the digest.
AlgorithmIdentifier identifier_of(const SignatureAlgorithm& algorithm);

/// What a signature's AlgorithmIdentifier says of how it is checked.
struct SignatureScheme {
  const SignatureAlgorithm* algorithm;
  std::optional<std::size_t> salt_size;           // bytes, of PSS
  HashAlgorithm mask_hash = HashAlgorithm::none;  // of PSS, in MGF1
};

/// Reads the identifier of a signature. `digest` is the hash that stands beside it in CMS, for identifiers
/// that name only the key (`rsaEncryption`); where the two contradict each other it is malformed.
/// Throws malformed; unsupported, with the name of what eidtool does not check.
SignatureScheme signature_scheme(const AlgorithmIdentifier& identifier, std::optional<HashAlgorithm> digest);

}  // namespace eidtool::crypto
