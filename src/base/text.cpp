// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <wchar.h>

#include <algorithm>
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

/// Characters that move the cursor, reorder text, hide or imitate nothing at all, and those that are none.
bool is_deceptive(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array ranges = {
      Range{0x00, 0x1f},       Range{0x7f, 0x9f},     Range{0xad, 0xad},       Range{0x034f, 0x034f},
      Range{0x061c, 0x061c},   Range{0x115f, 0x1160}, Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},
      Range{0x200b, 0x200f},   Range{0x2028, 0x202e}, Range{0x2060, 0x206f},   Range{0x3164, 0x3164},
      Range{0xfe00, 0xfe0f},   Range{0xfeff, 0xfeff}, Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},
      Range{0x2800, 0x2800},   Range{0xfdd0, 0xfdef}, Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a},
      Range{0xe0000, 0xe0fff}, Range{0xe000, 0xf8ff}, Range{0xf0000, 0x10ffff}};
  // The last two of each plane are no characters (Unicode 15.0 §23.7).
  if ((c & 0xfffeU) == 0xfffe) return true;
  return std::any_of(ranges.begin(), ranges.end(), [c](Range range) { return c >= range.first && c <= range.last; });
}

/// Columns on a terminal: wcwidth() follows the locale; the process sets LC_CTYPE to C.UTF-8 at its start, and in a
/// plain C locale every character that it does not know counts as one column.
std::size_t columns_of(char32_t c) {
  const int columns = ::wcwidth(static_cast<wchar_t>(c));
  return columns < 0 ? 1U : static_cast<std::size_t>(columns);
}

/// As first_character(), a byte that is none standing for itself.
Character character_or_byte(std::string_view text) { return first_character(text).value_or(Character{0xfffd, 1}); }

/// As much of it as `width` columns hold, one character at least, marks with what they stand on.
std::string_view beginning_of(std::string_view text, std::size_t width) {
  std::size_t size = 0;
  for (std::size_t used = 0; size < text.size();) {
    const auto character = character_or_byte(text.substr(size));
    used += columns_of(character.code_point);
    if (used > width && size > 0) break;
    size += character.size;
  }
  return text.substr(0, size);
}

/// UTF-16 (RFC 2781 §2.1), as JSON has it.
std::vector<std::uint16_t> utf16_of(char32_t c) {
  if (c < 0x10000) return {static_cast<std::uint16_t>(c)};
  const auto beyond = c - 0x10000;
  return {static_cast<std::uint16_t>(0xd800U | (beyond >> 10U)),
          static_cast<std::uint16_t>(0xdc00U | (beyond & 0x3ffU))};
}

/// U+0020 and the other characters that show as one (category Zs).
bool is_blank(char32_t c) {
  return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

std::string escape_of(char32_t c) {
  std::array<char, 16> escape{};
  (void)std::snprintf(escape.data(), escape.size(), "\\u{%x}", static_cast<unsigned>(c));
  return escape.data();
}

std::string escape_of_byte(char byte) {
  std::array<char, 8> escape{};
  (void)std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<std::uint8_t>(byte));
  return escape.data();
}

/// Whether what came before makes a character one to be shown by its number: a mark that stands on nothing would
/// stand on what is ours, many on one letter would reach into other lines, and a long gap pushes what follows to
/// where another line seems to begin.
class Runs {
 public:
  bool go_on_with(char32_t c) {
    constexpr int most_marks = 4;
    constexpr int most_blanks = 3;
    if (c >= 0x80 && columns_of(c) == 0) return marks_++ < most_marks && !is_first_;
    is_first_ = false;
    marks_ = 0;
    if (!is_blank(c)) {
      blanks_ = 0;
      return true;
    }
    return blanks_++ < most_blanks;
  }
  void restart() { *this = {}; }

 private:
  bool is_first_ = true;
  int marks_ = 0;
  int blanks_ = 0;
};

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  Runs runs;
  while (!text.empty()) {
    const auto character = first_character(text);
    if (!character) {
      result += escape_of_byte(text[0]);
      runs.restart();
    } else if (is_deceptive(character->code_point)) {
      result += escape_of(character->code_point);
      runs.restart();
    } else if (!runs.go_on_with(character->code_point)) {
      result += escape_of(character->code_point);
    } else {
      result += text.substr(0, character->size);
    }
    text.remove_prefix(character ? character->size : 1);
  }
  return result;
}

std::string brief(std::string_view text) {
  constexpr std::size_t most = 200;  // columns
  constexpr std::size_t end = 60;    // of them behind the gap: a file's own name stands at the end of its path
  auto whole = printable(text);
  if (display_width(whole) <= most) return whole;
  // A mark at the beginning of the tail has lost its letter: printable() shows its number.
  auto tail = std::string_view(whole);
  tail.remove_prefix(beginning_of(whole, display_width(whole) - end).size());
  return std::string(beginning_of(whole, most - end - 1)) + "…" + printable(tail);
}

std::string in_quotes(std::string_view text) { return "'" + brief(text) + "'"; }

std::string escaped_for_json(std::string_view json) {
  std::string result;
  result.reserve(json.size());
  while (!json.empty()) {
    const auto character = character_or_byte(json);
    if (character.code_point >= 0x7f && is_deceptive(character.code_point)) {
      for (const auto unit : utf16_of(character.code_point)) {
        std::array<char, 8> escape{};
        (void)std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(unit));
        result += escape.data();
      }
    } else {
      result += json.substr(0, character.size);
    }
    json.remove_prefix(character.size);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto character = character_or_byte(text);
    width += columns_of(character.code_point);
    text.remove_prefix(character.size);
  }
  return width;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  if (width == 0 || display_width(text) <= width) return {std::string(text)};
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0;
  const auto words = split(text, ' ');
  for (const auto& word : words) {
    auto needed = display_width(word);
    const bool is_first = &word == &words.front();
    if (!is_first && used + 1 + needed <= width) {
      line += " " + word;
      used += 1 + needed;
      continue;
    }
    if (!is_first) lines.push_back(std::move(line));
    std::string_view rest = word;
    const bool is_ascii = std::all_of(rest.begin(), rest.end(), [](char c) { return (c & 0x80) == 0; });
    while (needed > width && !is_ascii) {
      const auto piece = beginning_of(rest, width);
      if (piece.size() == rest.size()) break;
      lines.emplace_back(piece);
      rest.remove_prefix(piece.size());
      needed = display_width(rest);
    }
    line = rest;
    used = needed;
  }
  lines.push_back(std::move(line));
  return lines;
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
