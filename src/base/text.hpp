// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eidtool {

/// Text that strangers chose (labels, subjects, file names), safe for a terminal: control characters, bidirectional and
/// invisible ones become `\u{202e}`, bytes that are not UTF-8 `\xff`; so do marks with no letter below them, all but a
/// few on one letter, and all but a few blanks in a row.
std::string printable(std::string_view text);

/// printable(), the middle left out where it would take many lines.
std::string brief(std::string_view text);

/// brief() between single quotes.
std::string in_quotes(std::string_view text);

/// JSON that is well-formed UTF-8, with the same meaning: what printable() escapes for its kind is `\u202e`.
std::string escaped_for_json(std::string_view json);

/// Columns that printable text takes on a terminal.
std::size_t display_width(std::string_view text);

/// Lines of at most `width` columns, broken at blanks; 0: one line. A word of ASCII stays in one piece, to be copied (a
/// URI, the name of a file); others are broken, as not all scripts have blanks. For printable text.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// Padded at the right with spaces to `width` columns.
std::string padded(std::string_view text, std::size_t width);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The pieces between separators; an empty text has one empty piece.
std::vector<std::string> split(std::string_view text, char separator);

/// Without spaces, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);

/// ASCII letters only.
std::string to_lower(std::string_view text);

/// "1 document", "3 documents".
std::string counted(std::size_t count, std::string_view singular, std::string_view plural);

/// A whole number written in decimal digits alone; nothing else parses.
bool parse_number(std::string_view text, unsigned long& number);

}  // namespace eidtool
