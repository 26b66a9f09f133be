// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "cli/record.hpp"

namespace eidtool::cli {

/// `wire`: for the process of eidtool that made this one.
enum class Rendering { text, json, wire };
enum class Color { automatic, always, never };

/// Results, on the standard output and nowhere else: as text or JSON Lines, one record at a time,
/// or the bytes of one. Throws io where they cannot be written.
class Output {
 public:
  Output(Rendering rendering, Color color, bool quiet);

  bool is_wire() const { return rendering_ == Rendering::wire; }
  bool is_json() const { return rendering_ == Rendering::json; }
  bool is_terminal() const { return terminal_; }
  /// Something could not be written: nobody sees any further result.
  bool has_failed() const { return failed_; }

  /// What was asked for: a listing.
  void print(const Record& record);
  /// What was done; --quiet leaves the text out.
  void confirm(const Record& record);
  /// Whether confirm() prints.
  bool confirms() const { return is_json() || !quiet_; }
  /// The error record of --json, in the place of the result; nothing as text.
  void failure(const Error& error);
  /// What failure() writes, with the end of its line.
  std::string failure_text(const Error& error) const;
  /// A signature, a certificate, a script of completions.
  void write(BytesView bytes);
  void line(const std::string& text);

 private:
  Rendering rendering_;
  bool terminal_;
  bool colored_;
  bool quiet_;
  bool printed_ = false;
  bool printed_block_ = false;  // last
  bool failed_ = false;
};

/// One line without its end. Strings that are not UTF-8 get U+FFFD in the place of what is not; characters that act on
/// a terminal are escapes.
std::string to_json(const Record& record);

/// Lines, each with its end. `width`: columns of the terminal, at which they are folded; 0: not.
std::string to_text(const Record& record, bool colored, std::size_t width);

/// Columns of the terminal on a descriptor; 0 where it is none.
std::size_t terminal_width(int descriptor);

/// Whether colors are wanted there: `auto` means a terminal, NO_COLOR unset or empty, TERM not dumb.
bool use_color(Color color, int descriptor);

}  // namespace eidtool::cli
