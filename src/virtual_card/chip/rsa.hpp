// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace eidtool::virtual_card::chip {

/// An algorithm of the chip, as MANAGE SECURITY ENVIRONMENT names it: the high digit is the hash, the low one the
/// padding (card-gemsafeV1.c of OpenSC 0.23; PteidCard.cpp of amagovpt/autenticacao.gov).
struct AlgorithmReference {
  std::uint8_t number;
  HashAlgorithm hash;  // none: what is given is padded as it is, a DigestInfo for one
  Padding padding;
};

/// Null where the chip has none of that number.
const AlgorithmReference* find_algorithm(std::uint8_t number);

/// Whether the algorithm signs an input of that many bytes: a digest of its hash, or any 36 in free form.
bool takes(const AlgorithmReference& algorithm, std::size_t input_size);

/// The signature of what was hashed already (RFC 8017 §8.1.1, §8.2.1), as long as the modulus. The key is a
/// PrivateKeyInfo, DER. Throws malformed for one that is not of RSA.
Bytes rsa_signature(const Bytes& private_key_info, const AlgorithmReference& algorithm, BytesView input);

}  // namespace eidtool::virtual_card::chip
