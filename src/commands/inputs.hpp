// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/files.hpp"
#include "cli/command.hpp"

namespace eidtool::commands {

/// The files that a command reads, so that it writes over none of them.
class Inputs {
 public:
  /// Those that options and --module name; of folders what is in them.
  Inputs(const cli::Command& command, const cli::Arguments& arguments, const cli::Context& context);

  /// One more; `-` is the standard input.
  void add(const std::string& name);
  void add(const std::string& name, const FileIdentity& identity) { files_.emplace(identity, name); }

  bool contain(const std::string& name) const;
  /// Throws io where `output` is one of them, whatever its name.
  void check_output(const std::string& output) const;

 private:
  std::map<FileIdentity, std::string> files_;  // by the first of its names
};

}  // namespace eidtool::commands
