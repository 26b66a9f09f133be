// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace eidtool::crypto {

/// Whether a block that was recovered from a signature by a modulus of that many bits is EMSA-PSS of a digest
/// (RFC 8017 §9.1.2), with a mask by MGF1 over `mask_hash`: Botan takes the digest's own hash there and no other.
bool is_pss_block(BytesView block, std::size_t modulus_size, BytesView digest, HashAlgorithm hash,
                  HashAlgorithm mask_hash, std::size_t salt_size);

}  // namespace eidtool::crypto
