// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <wchar.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace eidtool {

namespace {

struct Character {
  char32_t code_point;
  std::size_t size;  // bytes
};

/// The first character of non-empty `text`, or nothing where it is not well-formed UTF-8
/// (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
std::optional<Character> first_character(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return Character{lead, 1};
  std::size_t size = 0;
  char32_t code_point = 0;
  char32_t smallest = 0;
  if ((lead & 0xe0U) == 0xc0) {
    size = 2, code_point = lead & 0x1fU, smallest = 0x80;
  } else if ((lead & 0xf0U) == 0xe0) {
    size = 3, code_point = lead & 0x0fU, smallest = 0x800;
  } else if ((lead & 0xf8U) == 0xf0) {
    size = 4, code_point = lead & 0x07U, smallest = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  for (std::size_t index = 1; index < size; ++index) {
    if ((byte(index) & 0xc0U) != 0x80) return std::nullopt;
    code_point = (code_point << 6U) | (byte(index) & 0x3fU);
  }
  if (code_point < smallest || code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) {
    return std::nullopt;
  }
  return Character{code_point, size};
}

/// Characters that move the cursor, reorder text, hide or imitate nothing at all.
bool is_deceptive(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array ranges = {
      Range{0x00, 0x1f},       Range{0x7f, 0x9f},       Range{0xad, 0xad},     Range{0x034f, 0x034f},
      Range{0x061c, 0x061c},   Range{0x115f, 0x1160},   Range{0x17b4, 0x17b5}, Range{0x180b, 0x180f},
      Range{0x200b, 0x200f},   Range{0x2028, 0x202e},   Range{0x2060, 0x206f}, Range{0x3164, 0x3164},
      Range{0xfe00, 0xfe0f},   Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0}, Range{0xfff0, 0xfffb},
      Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff}, Range{0xe000, 0xf8ff}, Range{0xf0000, 0x10ffff}};
  for (const auto& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    std::array<char, 16> escape{};
    if (!character) {
      (void)std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<std::uint8_t>(text[0]));
      result += escape.data();
    } else if (is_deceptive(character->code_point)) {
      (void)std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(character->code_point));
      result += escape.data();
    } else {
      result += text.substr(0, character->size);
    }
    text.remove_prefix(character ? character->size : 1);
  }
  return result;
}

std::string in_quotes(std::string_view text) { return "'" + printable(text) + "'"; }

std::size_t display_width(std::string_view text) {
  // wcwidth() follows the locale; the process sets LC_CTYPE to C.UTF-8 at its start, and in a plain
  // C locale every character that it does not know counts as one column.
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = first_character(text);
    const int columns = character ? ::wcwidth(static_cast<wchar_t>(character->code_point)) : 1;
    width += columns < 0 ? 1U : static_cast<unsigned>(columns);
    text.remove_prefix(character ? character->size : 1);
  }
  return width;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  const auto own = display_width(text);
  if (own < width) result.append(width - own, ' ');
  return result;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> pieces;
  for (;;) {
    const auto position = text.find(separator);
    pieces.emplace_back(text.substr(0, position));
    if (position == std::string_view::npos) return pieces;
    text.remove_prefix(position + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string counted(std::size_t count, std::string_view singular, std::string_view plural) {
  return std::to_string(count) + " " + std::string(count == 1 ? singular : plural);
}

bool parse_number(std::string_view text, unsigned long& number) {
  const auto* end = text.data() + text.size();
  const auto [stopped_at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped_at == end && !text.empty();
}

}  // namespace eidtool
