// SPDX-License-Identifier: Apache-2.0
// What the process that lists a module tells: the module is in it and may write there too. What is taken steers no
// terminal, and is written again as it was.
#include "cli/wire.hpp"

#include <optional>

#include "base/text.hpp"
#include "cli/console.hpp"
#include "fuzz/display.hpp"

namespace {

using namespace eidtool;

void expect_fit(const cli::WireLine& line) {
  if (const auto* record = std::get_if<cli::Record>(&line)) tests::expect_displayed(*record);
  if (const auto* error = std::get_if<Error>(&line)) {
    static const cli::Console console("fuzz", cli::Verbosity::normal, false);
    const auto lines = console.error_text(*error);
    for (const auto& one : split(lines.substr(0, lines.size() - 1), '\n')) tests::expect_fit_for_terminal(one);
  }
  if (const auto* end = std::get_if<cli::WireEnd>(&line); end != nullptr && end->token_count < 0) __builtin_trap();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::optional<cli::WireLine> line;
  try {
    line = cli::from_wire({reinterpret_cast<const char*>(data), size});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::malformed) throw;
    tests::expect_fit_for_terminal(error.what());
    return 0;
  }
  expect_fit(*line);
  const auto written = cli::to_wire(*line);
  for (const char c : written) {
    if (c < ' ' || c > '~') __builtin_trap();
  }
  if (cli::to_wire(cli::from_wire(written)) != written) __builtin_trap();
  return 0;
}
