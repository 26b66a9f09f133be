// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eidtool {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

/// Lower-case hex without separators.
std::string to_hex(BytesView bytes);

/// The inverse of to_hex(); also takes upper case and colons between bytes, as other tools print
/// them. Nothing where `text` is not hex.
std::optional<Bytes> from_hex(std::string_view text);

/// The bytes of a text, not copied.
BytesView as_bytes(std::string_view text);

/// Equal but for zeros at the end: CKA_ID as one module gives it (`45`) and as another does
/// (`45 00 00 00 00 00 00 00`).
bool equal_ignoring_trailing_zeros(BytesView left, BytesView right);

}  // namespace eidtool
