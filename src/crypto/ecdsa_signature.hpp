// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.hpp"

namespace eidtool::crypto {

/// PKCS#11's `r‖s` as the world outside has it: Ecdsa-Sig-Value, DER (RFC 3279 §2.2.3). Throws
/// malformed where the size is odd or zero.
Bytes ecdsa_to_der(BytesView r_and_s);

/// The inverse: both numbers padded to `order_size` bytes. Nothing where it is not strict DER of two
/// positive numbers that fit, or bytes follow.
std::optional<Bytes> ecdsa_from_der(BytesView der, std::size_t order_size);

}  // namespace eidtool::crypto
