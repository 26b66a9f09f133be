// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/modules.hpp"
#include "commands/table.hpp"
#include "pkcs11/session.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::commands {

namespace {

/// Asked by the completion scripts of the shells: the words of the line up to the cursor, the last one
/// being completed. Prints the candidates, a line each; `:file` or `:folder` where the shell knows best.
class Complete : public cli::Command {
 public:
  std::string_view name() const override { return "complete"; }
  std::string_view summary() const override { return "Print what may follow on a command line, for the shells."; }
  std::vector<cli::Example> examples() const override {
    return {{"eidtool complete -- sign --digest ''", "what --digest may be"}};
  }
  bool hidden() const override { return true; }
  void declare_options(cli::OptionSet& options) const override {
    options.positional("WORD…", 0, static_cast<std::size_t>(-1));
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

std::string live_value(const pkcs11::Token& token, cli::ValueKind kind) {
  const auto info = token.info();
  if (kind == cli::ValueKind::uri) return token.uri();
  if (kind == cli::ValueKind::slot_id) return std::to_string(token.slot_id());
  return kind == cli::ValueKind::token_label ? info.label : info.serial_number;
}

/// What the tokens hold right now. A completion that fails says nothing: the person is still typing.
std::set<std::string> live_values(cli::ValueKind kind, cli::Context& context) {
  std::set<std::string> values;
  const Selection everything;
  for (const auto& token : find_tokens(everything, context).tokens) {
    if (kind != cli::ValueKind::object_id && kind != cli::ValueKind::object_label) {
      values.insert(live_value(token, kind));
      if (kind != cli::ValueKind::uri) continue;
    }
    const auto session = token.open_session();
    for (const auto& found : session.find(pkcs11::Template().add_number(CKA_CLASS, CKO_CERTIFICATE))) {
      const auto object = found.with({CKA_ID, CKA_LABEL});
      const auto id = object.attribute_if_any(CKA_ID);
      const auto label = object.text(CKA_LABEL);
      if (kind == cli::ValueKind::uri) values.insert(pkcs11::object_uri(token.raw_info(), label, id, CKO_CERTIFICATE));
      if (kind == cli::ValueKind::object_id && id && !id->empty()) values.insert(to_hex(*id));
      if (kind == cli::ValueKind::object_label && label) values.insert(*label);
    }
  }
  return values;
}

void complete_value(const cli::Option& option, const std::string& prefix, cli::Context& context) {
  for (const auto& choice : option.choices) context.output.line(prefix + choice);
  if (!option.choices.empty()) return;
  switch (option.kind) {
    case cli::ValueKind::text: return;
    case cli::ValueKind::file: return context.output.line(":file");
    case cli::ValueKind::folder: return context.output.line(":folder");
    case cli::ValueKind::uri:
    case cli::ValueKind::slot_id:
    case cli::ValueKind::token_label:
    case cli::ValueKind::serial_number:
    case cli::ValueKind::object_id:
    case cli::ValueKind::object_label: break;
  }
  for (const auto& value : live_values(option.kind, context)) {
    // A line end in a label would be two candidates, neither of them right; other characters would act on the terminal
    // on which the shell lists them. The token's URI names it all the same.
    if (printable(value) == value) context.output.line(prefix + value);
  }
}

const cli::Option* option_before(const cli::OptionSet& options, const std::vector<std::string>& words) {
  if (words.size() < 2) return nullptr;
  const auto& word = words[words.size() - 2];
  const auto* option = word.compare(0, 2, "--") == 0        ? options.find(std::string_view(word).substr(2))
                       : word.size() == 2 && word[0] == '-' ? options.find(word[1])
                                                            : nullptr;
  return option != nullptr && option->takes_value() ? option : nullptr;
}

void complete_words(const std::vector<std::string>& words, cli::Context& context) {
  const std::vector<std::string> before(words.begin(), words.end() - 1);
  const auto position = cli::command_position(before);
  const auto* command = position < before.size() ? cli::find_command(program(), before[position]) : nullptr;
  const auto options = command != nullptr ? cli::options_of(*command) : cli::global_options();
  const auto& last = words.back();
  if (const auto* option = option_before(options, words)) return complete_value(*option, "", context);
  const auto equals = last.find('=');
  if (last.compare(0, 2, "--") == 0 && equals != std::string::npos) {
    const auto* option = options.find(std::string_view(last).substr(2, equals - 2));
    if (option != nullptr) complete_value(*option, last.substr(0, equals + 1), context);
    return;
  }
  if (!last.empty() && last[0] == '-') {
    for (const auto& option : options.all()) context.output.line("--" + option.name);
    return;
  }
  if (command != nullptr) {
    if (!options.positional_placeholder().empty()) context.output.line(":file");
    return;
  }
  if (position < before.size()) return;
  for (const auto* one : program().commands) {
    if (!one->hidden()) context.output.line(std::string(one->name()));
  }
}

int Complete::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto& words = arguments.positional();
  if (words.empty()) return cli::exit_status::done;
  // --module on the unfinished line is the one to ask.
  for (std::size_t index = 0; index + 2 < words.size(); ++index) {
    if (words[index] == "--module") context.modules.push_back(words[index + 1]);
  }
  // Nobody waits long for a completion, and a module that crashes or hangs has nothing to offer.
  pkcs11::WatchOrder order;
  order.limit = std::chrono::seconds(3);
  order.exit_status = cli::exit_status::done;
  order.error_words = [](const Error&) { return pkcs11::LastWords{}; };
  order.warning_words = [](const std::string&) { return pkcs11::LastWords{}; };
  pkcs11::watch_calls(std::move(order));
  try {
    complete_words(words, context);
  } catch (const Error& error) {  // absent: no candidates
    context.console.detail(error.what());
  }
  return cli::exit_status::done;
}

}  // namespace

const cli::Command& complete() {
  static const Complete command;
  return command;
}

}  // namespace eidtool::commands
