// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace eidtool::cli {

namespace {

constexpr std::size_t page_width = 80;
constexpr std::size_t description_column = 28;

/// Words folded to the page, every line but the first indented.
std::string folded(const std::string& words, std::size_t column) {
  std::string text;
  std::size_t used = column;
  for (const auto& word : split(words, ' ')) {
    if (used > column && used + 1 + display_width(word) > page_width) {
      text += "\n" + std::string(column, ' ');
      used = column;
    } else if (used > column) {
      text += " ";
      ++used;
    }
    text += word;
    used += display_width(word);
  }
  return text + "\n";
}

/// `  --option FILE        what it does`.
std::string entry(const std::string& left, const std::string& right) {
  auto text = "  " + padded(left, description_column - 4);
  text += display_width(left) > description_column - 4 ? "\n" + std::string(description_column, ' ') : "  ";
  return text + folded(right, description_column);
}

std::string entry(const Option& option) {
  std::string left = option.letter == '\0' ? "    " : std::string("-") + option.letter + ", ";
  left += "--" + option.name;
  if (option.takes_value()) left += " " + option.placeholder;
  auto right = option.description;
  if (option.repeatable) right += " (repeatable)";
  return entry(left, right);
}

std::string entries(const OptionSet& options) {
  std::string text;
  for (const auto& option : options.all()) text += entry(option);
  return text;
}

}  // namespace

std::string help(const Program& program) {
  const std::string name(program.name);
  auto text = "Usage: " + name + " [global options] COMMAND [options] [FILE…]\n\n" + std::string(program.summary) +
              "\n\nCommands:\n";
  for (const auto* command : program.commands) {
    if (!command->hidden()) text += entry(std::string(command->name()), std::string(command->summary()));
  }
  text += "\nGlobal options, before or after the command:\n" + entries(global_options());
  return text + "\n'" + name + " COMMAND --help' shows the options of a command, 'man " + name + "' everything.\n";
}

std::string help(const Program& program, const Command& command) {
  OptionSet own;
  command.declare_options(own);
  const auto name = std::string(program.name) + " " + std::string(command.name());
  auto text = "Usage: " + name + (own.all().empty() ? "" : " [options]");
  const auto& placeholder = own.positional_placeholder();
  if (!placeholder.empty()) text += own.positional_least() > 0 ? " " + placeholder : " [" + placeholder + "]";
  text += "\n\n" + std::string(command.summary()) + "\n\nExamples:\n";
  for (const auto& example : command.examples()) {
    text += "  " + std::string(example.command) + "\n      " + folded(std::string(example.meaning), 6);
  }
  if (!own.all().empty()) text += "\nOptions:\n" + entries(own);
  return text + "\nGlobal options:\n" + entries(global_options());
}

}  // namespace eidtool::cli
