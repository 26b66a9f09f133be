// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/run.hpp"
#include "commands/modules.hpp"
#include "commands/table.hpp"

namespace eidtool::commands {

namespace {

/// Run by eidtool itself, for one module: the words are the command line that asked (words_to_ask()). What it prints is
/// for the process that made it.
class AskModule : public cli::Command {
 public:
  std::string_view name() const override { return "ask-module"; }
  std::string_view summary() const override { return "List one module for another process of eidtool."; }
  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool ask-module --configured opensc-pkcs11 -- slots --all", "what 'slots --all' shows of this module"}};
  }
  bool hidden() const override { return true; }
  void declare_options(cli::OptionSet& options) const override {
    options.value("configured", "NAME", "the module of this name in p11-kit's configuration");
    options.value("file", "FILE", "the module in this file").kind = cli::ValueKind::file;
    options.value("parent", "NUMBER", "the process to end with");
    options.positional("WORD…", 1, static_cast<std::size_t>(-1));
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    const auto configured = arguments.value("configured");
    const auto file = arguments.value("file");
    if (configured.has_value() == file.has_value()) throw Error(ErrorKind::usage, "one module is asked");
    cli::AskedModule asked{configured ? *configured : *file, configured.has_value()};
    unsigned long parent = 0;
    if (parse_number(arguments.value("parent").value_or("0"), parent)) asked.parent = static_cast<int>(parent);
    return cli::run_for_module(context.program, arguments.positional(), asked);
  }
};

}  // namespace

const cli::Command& ask_module() {
  static const AskModule command;
  return command;
}

}  // namespace eidtool::commands
