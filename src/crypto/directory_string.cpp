// SPDX-License-Identifier: Apache-2.0
#include "crypto/directory_string.hpp"

#include <array>

namespace eidtool::crypto {

namespace {

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | (c >> 6U)), put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12U)), put(0x80U | ((c >> 6U) & 0x3fU)), put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | (c >> 18U)), put(0x80U | ((c >> 12U) & 0x3fU)), put(0x80U | ((c >> 6U) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

bool is_scalar(char32_t c) { return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

/// Well-formed UTF-8 as it is; nothing for anything else (RFC 3629 §3).
std::optional<std::string> from_utf8(BytesView bytes) {
  static constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};  // by the size in bytes
  for (std::size_t index = 0; index < bytes.size();) {
    const std::uint8_t lead = bytes[index];
    const std::size_t size = lead < 0x80              ? 1
                             : (lead & 0xe0U) == 0xc0 ? 2
                             : (lead & 0xf0U) == 0xe0 ? 3
                             : (lead & 0xf8U) == 0xf0 ? 4
                                                      : 0;
    if (size == 0 || size > bytes.size() - index) return std::nullopt;
    char32_t c = size == 1 ? lead : lead & (0x7fU >> size);
    for (const auto byte : bytes.subspan(index + 1, size - 1)) {
      if ((byte & 0xc0U) != 0x80) return std::nullopt;
      c = (c << 6U) | (byte & 0x3fU);
    }
    if (c < smallest[size] || !is_scalar(c)) return std::nullopt;
    index += size;
  }
  return std::string(bytes.begin(), bytes.end());
}

/// UCS-2 or UTF-16 (`unit_size` 2), or UCS-4 (4), big-endian.
std::optional<std::string> from_wide(BytesView bytes, std::size_t unit_size) {
  if (bytes.size() % unit_size != 0) return std::nullopt;
  std::string text;
  char32_t high = 0;  // a surrogate that waits for its other half
  for (std::size_t index = 0; index < bytes.size(); index += unit_size) {
    char32_t c = 0;
    for (const auto byte : bytes.subspan(index, unit_size)) c = (c << 8U) | byte;
    const bool is_low = c >= 0xdc00 && c <= 0xdfff;
    if (is_low != (high != 0)) return std::nullopt;
    if (unit_size == 2 && c >= 0xd800 && c <= 0xdbff) {
      high = c;
      continue;
    }
    if (is_low) c = 0x10000 + ((high - 0xd800) << 10U) + (c - 0xdc00);
    high = 0;
    if (!is_scalar(c)) return std::nullopt;
    append_utf8(text, c);
  }
  if (high != 0) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> directory_string_text(const der::Element& value) {
  switch (value.tag) {
    case der::tag::utf8_string: return from_utf8(value.content);
    case der::tag::bmp_string: return from_wide(value.content, 2);
    case der::tag::universal_string: return from_wide(value.content, 4);
    case der::tag::teletex_string:
    case der::tag::printable_string:
    case der::tag::numeric_string:
    case der::tag::ia5_string:
    case der::tag::visible_string: {
      // T.61 is what it says and Latin-1 what everyone writes; the others are ASCII, which is the same.
      std::string text;
      for (const auto byte : value.content) append_utf8(text, byte);
      return text;
    }
    default: return std::nullopt;
  }
}

bool is_utf8(std::string_view text) { return from_utf8(as_bytes(text)).has_value(); }

}  // namespace eidtool::crypto
