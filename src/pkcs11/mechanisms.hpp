// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "pkcs11/cryptoki.hpp"

namespace eidtool::pkcs11 {

// Of PKCS#11 3.0 §2.3.6; SoftHSM and others had it under 2.40 already.
inline constexpr CK_MECHANISM_TYPE mechanism_eddsa = 0x1057UL;

/// The two ways a token can make a signature: over the message, which it hashes itself, or over what
/// the host hashed.
struct MechanismRow {
  HashAlgorithm hash;
  KeyType key_type;
  Padding padding;
  CK_MECHANISM_TYPE hashing;
  CK_MECHANISM_TYPE raw;
};

/// PKCS#11 2.40 §2.1 (RSA), §2.3 (EC).
const MechanismRow& mechanisms_for(const SignatureAlgorithm& algorithm);

/// CK_RSA_PKCS_PSS_PARAMS of an algorithm: MGF1 with the same hash, a salt as long as the digest.
CK_RSA_PKCS_PSS_PARAMS pss_parameters(HashAlgorithm hash);

/// What CKM_RSA_PKCS pads: the DigestInfo, DER (RFC 8017 §9.2 note 1).
Bytes digest_info(HashAlgorithm hash, BytesView digest);

}  // namespace eidtool::pkcs11
