// SPDX-License-Identifier: Apache-2.0
// Text that strangers chose: on a terminal it steers nothing, in JSON it is what it was.
#include "base/text.hpp"

#include <algorithm>

#include "fuzz/display.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  const std::string text(data, data + size);

  const auto shown = printable(text);
  tests::expect_fit_for_terminal(shown);
  if (printable(shown) != shown) __builtin_trap();
  const auto quoted = in_quotes(text);
  tests::expect_fit_for_terminal(quoted);
  constexpr std::size_t most_quoted = 200;  // columns; of what is wider, the middle is left out
  if (display_width(shown) <= most_quoted ? quoted != "'" + shown + "'" : display_width(quoted) > most_quoted + 20) {
    __builtin_trap();
  }
  const auto is_visible_ascii = [](char c) { return c >= ' ' && c <= '~'; };
  const bool has_gap = text.find("    ") != std::string::npos;  // the fourth blank is shown by its number
  if (std::all_of(text.begin(), text.end(), is_visible_ascii) && !has_gap && shown != text) __builtin_trap();
  if (display_width(shown) > shown.size() * 2) __builtin_trap();
  if (display_width(padded(shown, 40)) < std::min<std::size_t>(40, display_width(shown))) __builtin_trap();

  if (join(split(text, ';'), ";") != text) __builtin_trap();
  if (const auto bytes = from_hex(text)) {
    if (from_hex(to_hex(*bytes)) != bytes) __builtin_trap();
  }

  cli::Record record("certificate");
  record.heading(in_quotes(text));
  record.add("subject", text).add("key_usage", std::vector<std::string>{text, "signature", text});
  const auto json = tests::expect_displayed(record);
  if (tests::is_utf8(text) && json.at("subject") != text) __builtin_trap();
  return 0;
}
