// SPDX-License-Identifier: Apache-2.0
#include "commands/inputs.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/streams.hpp"

namespace eidtool::commands {

namespace {

/// What every other option that names a file names is read.
constexpr std::array output_options = {"output", "output-dir", "cert-out", "manifest"};

bool names_inputs(const cli::Option& option) {
  const bool is_file = option.kind == cli::ValueKind::file || option.kind == cli::ValueKind::folder;
  return is_file && std::ranges::find(output_options, option.name) == output_options.end();
}

}  // namespace

Inputs::Inputs(const cli::Command& command, const cli::Arguments& arguments, const cli::Context& context) {
  const auto options = cli::options_of(command);
  for (const auto& option : options.all()) {
    if (!names_inputs(option)) continue;
    for (const auto& name : arguments.values(option.name)) add(name);
  }
  for (const auto& module : context.modules) add(module);
}

void Inputs::add(const std::string& name) {
  if (name == "-") {
    if (standard_streams::input() >= 0) add(name, open_document(name).identity());
    return;
  }
  if (const auto identity = identity_of(name)) add(name, *identity);
  std::error_code unreadable;  // the one who reads it tells
  for (auto entry = std::filesystem::directory_iterator(name, unreadable);
       !unreadable && entry != std::filesystem::directory_iterator(); entry.increment(unreadable)) {
    const auto path = entry->path().string();
    if (const auto identity = identity_of(path)) add(path, *identity);
  }
}

bool Inputs::contain(const std::string& name) const {
  const auto identity = identity_of(name);
  return identity && files_.contains(*identity);
}

void Inputs::check_output(const std::string& output) const {
  const auto identity = identity_of(output);
  if (!identity) return;
  const auto found = files_.find(*identity);
  if (found == files_.end()) return;
  throw Error(ErrorKind::io,
              in_quotes(output) + " is an input, " + in_quotes(found->second) + ": it is not overwritten",
              "another name, or another folder, keeps both")
      .with_file(output);
}

}  // namespace eidtool::commands
