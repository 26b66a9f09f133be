// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"

namespace eidtool::cli {

class Command;

/// A program is its name, what it is for, and its table of commands.
struct Program {
  std::string_view name;
  std::string_view summary;
  std::span<const Command* const> commands;
  /// Called when all is done, with the exit status; null: nothing is left to do then.
  void (*at_end)(int exit_status) = nullptr;
};

/// The module that a process was made for to list it: a listing survives what a module does to a process.
struct AskedModule {
  std::string name;  // a file of --module; with is_configured a name in p11-kit's configuration
  bool is_configured = false;
  int parent = 0;  // the process that made it, with which it ends; 0: none
};

/// What a command is lent: where results and messages go, and what the global options say.
struct Context {
  const Program& program;
  Output& output;
  Console& console;
  std::vector<std::string> modules;         // --module, in order
  bool may_ask;                             // false with --no-input
  std::chrono::seconds module_timeout{30};  // of one call; 0: none
  std::vector<std::string> words = {};      // the whole command line
  std::optional<AskedModule> asked = {};    // this process lists that module for another one, and no other
};

struct Example {
  std::string_view command;
  std::string_view meaning;
};

/// One subcommand, hidden in its own .cpp; the table has a line for it.
class Command {
 public:
  virtual ~Command() = default;
  virtual std::string_view name() const = 0;
  /// One line, for the list of commands.
  virtual std::string_view summary() const = 0;
  /// The two or three commonest uses, for --help.
  virtual std::vector<Example> examples() const = 0;
  virtual void declare_options(OptionSet& options) const = 0;
  /// The exit status where the command ends by itself; errors are thrown.
  virtual int run(const Arguments& arguments, Context& context) const = 0;
  /// For scripts of our own (completions): not in the list of commands.
  virtual bool hidden() const { return false; }
  /// Whether a process may run it for one module alone (AskedModule).
  virtual bool lists_modules() const { return false; }
};

/// --module, --module-timeout, --json, --color, --quiet, --verbose, --no-input, --version, --help.
const OptionSet& global_options();

/// The program's options and the command's together: what its help lists and its line may hold.
OptionSet options_of(const Command& command);

const Command* find_command(const Program& program, std::string_view name);

/// Where the command word stands among `words`: the first that is neither an option nor the value of
/// a global one. words.size() where there is none.
std::size_t command_position(const std::vector<std::string>& words);

}  // namespace eidtool::cli
