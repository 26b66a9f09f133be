// SPDX-License-Identifier: Apache-2.0
// PIN files: the PIN is the first line, and what is no PIN is an error that holds none of it.
#include "cli/pin_options.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "fuzz/display.hpp"
#include "fuzz/memory_file.hpp"

namespace {

using namespace eidtool;

/// The first line without its end; nothing where it is too long for a PIN.
std::optional<std::string_view> expected(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.size() > Pin::capacity) return std::nullopt;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cli::Program program{"fuzz", "", {}};
  static cli::Output output(cli::Rendering::text, cli::Color::never, true);
  static cli::Console console("fuzz", cli::Verbosity::quiet, false);
  static cli::Context context{program, output, console, {}, false};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pin = expected(text);

  const auto file = tests::memory_descriptor({data, size});
  const auto source = cli::pin_source({}, context, tests::path_of(file));
  PinRequest request;
  request.token = "token";
  for (int turn = 0; turn < 2; ++turn) {
    try {
      const auto given = source->get(request);
      if (!pin || pin->empty() || !std::ranges::equal(given.bytes(), as_bytes(*pin))) __builtin_trap();
    } catch (const Error& error) {
      const bool is_absent = error.kind() == ErrorKind::pin_required && pin && pin->empty();
      const bool is_too_long = error.kind() == ErrorKind::pin_refused && !pin;
      if (!is_absent && !is_too_long) __builtin_trap();
      tests::expect_fit_for_terminal(error.what());
      return 0;
    }
  }
  return 0;
}
