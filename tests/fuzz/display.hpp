// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <clocale>
#include <cwchar>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/output.hpp"
#include "fuzz/fuzz.hpp"

namespace eidtool::tests {

/// Whether a terminal acts on a character, or shows none: C0, DEL, C1; the bidirectional controls of UAX #9 §2; the
/// separators and the zero-width ones of Unicode's General Punctuation, and the byte order mark.
inline bool steers_terminal(wchar_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

/// Whether text is UTF-8, as the C library decodes it and not as base/text does.
inline bool is_utf8(std::string_view text) {
  static const bool has_locale = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  if (!has_locale) __builtin_trap();
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    const auto size = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (size > text.size()) return false;    // -1 and -2: invalid, cut off
    if (character > 0x10ffff) return false;  // glibc takes these too; RFC 3629 §3 has none
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return true;
}

/// Traps where a line that goes to a terminal holds anything but visible characters in UTF-8.
inline void expect_fit_for_terminal(std::string_view line) {
  if (!is_utf8(line)) __builtin_trap();
  std::mbstate_t state{};
  while (!line.empty()) {
    wchar_t character = 0;
    const auto size = std::mbrtowc(&character, line.data(), line.size(), &state);
    if (size == 0 || steers_terminal(character)) __builtin_trap();
    line.remove_prefix(size);
  }
}

/// Traps where a record as text is not fit for a terminal, or as JSON is not one line of it. Returns the latter.
inline nlohmann::json expect_displayed(const cli::Record& record) {
  for (const std::size_t width : {0U, 80U}) {
    const auto all = cli::to_text(record, false, width);
    std::string_view text = all;
    while (!text.empty()) {
      const auto end = text.find('\n');
      if (end == std::string_view::npos) __builtin_trap();
      expect_fit_for_terminal(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
  }
  const auto line = cli::to_json(record);
  if (line.find('\n') != std::string::npos || !is_utf8(line)) __builtin_trap();
  auto json = nlohmann::json::parse(line, nullptr, false);
  if (json.is_discarded()) __builtin_trap();
  return json;
}

}  // namespace eidtool::tests
