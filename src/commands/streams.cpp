// SPDX-License-Identifier: Apache-2.0
#include "commands/streams.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"

namespace eidtool::commands {

bool is_standard_input(const std::string& name) { return name == "-" || descriptor_named_by(name) == "0"; }

InputFile open_document(const std::string& name) {
  if (name != "-") return InputFile(name);
  if (standard_streams::input() < 0)
    throw Error(ErrorKind::io, "the standard input is closed", "name a file, or redirect one: < FILE");
  constexpr int first_private_descriptor = 10;
  return InputFile(FileDescriptor(::fcntl(standard_streams::input(), F_DUPFD_CLOEXEC, first_private_descriptor)),
                   "the standard input");
}

int report_failure(const Error& error, cli::Context& context) {
  context.console.error(error);
  return record_failure(error, context);
}

int record_failure(const Error& error, cli::Context& context) {
  const int status = cli::exit_status_of(error.kind());
  try {
    context.output.failure(error);
  } catch (const Error& unwritten) {  // per file of a batch
    context.console.error(unwritten);
    return std::max(status, cli::exit_status_of(unwritten.kind()));
  }
  return status;
}

bool goes_on(cli::Context& context, std::size_t rest, const std::string& what, bool are_others_at_work, int status) {
  if (rest == 0 || !context.output.has_failed()) return true;
  context.console.warning(counted(rest, "further " + what + " was", "further " + what + "s were") + " not checked");
  if (are_others_at_work) end_at_once(status);
  return false;
}

void check_standard_output(const cli::Context& context, Content content, Asked asked) {
  if (context.output.is_json()) {
    throw Error(ErrorKind::usage, "--json and a result on the standard output exclude each other",
                "-o FILE writes the result to a file");
  }
  if (standard_streams::output() < 0)
    throw Error(ErrorKind::io, "the standard output is closed", "-o FILE writes to a file");
  if (content == Content::binary && asked == Asked::by_default && context.output.is_terminal()) {
    throw Error(ErrorKind::usage, "binary data is not written to a terminal",
                "-o FILE writes it to a file, '-o -' here all the same");
  }
}

void write_file(const std::filesystem::path& path, BytesView bytes, IfExists if_exists) {
  OutputFile file(path, if_exists);
  file.write(bytes);
  file.publish();
}

}  // namespace eidtool::commands
