// SPDX-License-Identifier: Apache-2.0
#include "cli/output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/files.hpp"
#include "base/status_line.hpp"
#include "cli/exit_status.hpp"
#include "cli/wire.hpp"

namespace eidtool::cli {

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool use_color(Color color, int descriptor) {
  if (color != Color::automatic) return color == Color::always;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_color != nullptr && *no_color != '\0') return false;
  return ::isatty(descriptor) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

Output::Output(Rendering rendering, Color color, bool quiet)
    : rendering_(rendering),
      terminal_(::isatty(standard_streams::output()) != 0),
      colored_(rendering == Rendering::text && use_color(color, standard_streams::output())),
      quiet_(quiet) {}

void Output::print(const Record& record) {
  if (is_json()) return line(to_json(record));
  if (is_wire()) return line(to_wire(record));
  // A blank line sets records apart that have lines below their heading.
  const auto text = to_text(record, colored_, terminal_width(standard_streams::output()));
  const bool has_block = !record.fields().empty() && !record.is_heading_alone();
  if (printed_ && (has_block || printed_block_)) line("");
  printed_ = true;
  printed_block_ = has_block;
  write(as_bytes(text));
}

void Output::confirm(const Record& record) {
  if (confirms()) print(record);
}

void Output::failure(const Error& error) {
  if (!failed_) write(as_bytes(failure_text(error)));
}

std::string Output::failure_text(const Error& error) const {
  if (is_wire()) return to_wire(error) + "\n";
  if (!is_json()) return {};
  Record record("error");
  record.add("kind", std::string(name(error.kind()))).add("message", std::string(error.what()));
  if (!error.hint().empty()) record.add("hint", error.hint());
  record.add("exit_status", std::int64_t{exit_status_of(error.kind())});
  if (!error.file().empty()) record.add("file", error.file());
  if (!error.function().empty()) record.add("function", error.function());
  if (error.rv()) record.add("rv", static_cast<std::int64_t>(*error.rv()));
  return to_json(record) + "\n";
}

void Output::write(BytesView bytes) {
  if (bytes.empty()) return;
  std::optional<status_line::Hidden> hidden;
  if (terminal_) hidden.emplace();
  failed_ = true;  // until it went well
  write_all(standard_streams::output(), bytes, "the standard output");
  failed_ = false;
}

void Output::line(const std::string& text) { write(as_bytes(text + "\n")); }

}  // namespace eidtool::cli
