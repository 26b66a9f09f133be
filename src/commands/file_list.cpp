// SPDX-License-Identifier: Apache-2.0
#include "commands/file_list.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/streams.hpp"

namespace eidtool::commands {

namespace {

constexpr std::size_t largest_list_size = 64U << 20U;

/// The standard input is read by one, to its end.
void check_standard_input(const cli::Arguments& arguments) {
  const auto refuse = [](const std::string& other) {
    throw Error(ErrorKind::usage, "the standard input cannot be both the list of files and " + other);
  };
  if (std::ranges::any_of(arguments.positional(), is_standard_input)) refuse("one of them");
  for (const auto& document : arguments.values("document")) {
    if (is_standard_input(document)) refuse("the document");
  }
  for (const auto& signature : arguments.values("manifest")) {
    if (is_standard_input(signature)) refuse("the signature");
  }
  for (const auto& text : arguments.values("pin-fd")) {
    unsigned long number = 1;
    if (parse_number(text, number) && number == 0) refuse("what the PIN is read from");
  }
  for (const auto& file : arguments.values("pin-file")) {
    if (descriptor_named_by(file) == "0") refuse("what the PIN is read from");
  }
}

std::vector<std::string> names_in(const std::string& list) {
  const char end = list.find('\0') == std::string::npos ? '\n' : '\0';
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < list.size();) {
    const auto length = std::min(list.find(end, begin), list.size()) - begin;
    const auto name = list.substr(begin, length);
    if (!name.empty()) names.push_back(name == "-" ? "./-" : name);
    begin += length + 1;
  }
  return names;
}

}  // namespace

void declare_file_list(cli::OptionSet& options) {
  options.value("files-from", "FILE", "also the files that this list names, one a line or NUL-ended; - is stdin").kind =
      cli::ValueKind::file;
}

std::vector<std::string> named_files(const cli::Arguments& arguments, const std::string& placeholder) {
  auto files = arguments.positional();
  const auto list = arguments.value("files-from");
  if (!list) {
    if (!files.empty()) return files;
    throw Error(ErrorKind::usage, placeholder + " is missing", "--help shows what the command takes");
  }
  if (is_standard_input(*list)) check_standard_input(arguments);
  auto file = open_document(*list);
  const auto bytes = read_small_file(file, largest_list_size, "list of files");
  const auto listed = names_in(std::string(bytes.begin(), bytes.end()));
  if (listed.empty()) {
    throw malformed(in_quotes(file.name()) + " names no file",
                    "--files-from takes a list of names, one a line or each ended by NUL")
        .with_file(*list);
  }
  const auto other = std::ranges::find_if(listed, is_standard_input);
  if (other != listed.end()) {
    throw Error(ErrorKind::usage, in_quotes(file.name()) + " names the standard input, " + in_quotes(*other),
                "a list names files; '-' on the command line is the standard input")
        .with_file(*list);
  }
  files.insert(files.end(), listed.begin(), listed.end());
  return files;
}

}  // namespace eidtool::commands
