// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <algorithm>

namespace eidtool {

namespace {

int value_of_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

BytesView without_trailing_zeros(BytesView bytes) {
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

}  // namespace

std::string to_hex(BytesView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 0x0fU];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes bytes;
  while (!text.empty()) {
    if (!bytes.empty() && text.front() == ':') text.remove_prefix(1);
    if (text.size() < 2) return std::nullopt;
    const int high = value_of_digit(text[0]);
    const int low = value_of_digit(text[1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    text.remove_prefix(2);
  }
  return bytes;
}

BytesView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

bool equal_ignoring_trailing_zeros(BytesView left, BytesView right) {
  left = without_trailing_zeros(left);
  right = without_trailing_zeros(right);
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace eidtool
