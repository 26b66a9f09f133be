// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <algorithm>
#include <cxxopts.hpp>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::cli {

namespace {

/// Letters that a typing slip adds, drops or changes: to suggest what was meant.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t column = 0; column < row.size(); ++column) row[column] = column;
  for (std::size_t line = 0; line < left.size(); ++line) {
    auto diagonal = row[0];
    row[0] = line + 1;
    for (std::size_t column = 0; column < right.size(); ++column) {
      const auto above = row[column + 1];
      row[column + 1] = std::min({above + 1, row[column] + 1, diagonal + (left[line] == right[column] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

/// A file whose name begins with a dash, among the words that are not understood: the one with that option.
std::optional<std::string> file_meant(const std::vector<std::string>& words, const std::string& name) {
  for (const auto& word : words) {
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') continue;
    const bool is_long = word.compare(0, 2, "--") == 0;
    // Behind one dash each letter is an option; behind two a `=` ends the name.
    const bool has_option = is_long ? word.substr(2, word.find('=') - 2) == name || word == name
                                    : (name.size() == 1 && word.find(name, 1) != std::string::npos) || word == name;
    std::error_code unknown;
    if (has_option && std::filesystem::exists(word, unknown)) return word;
  }
  return std::nullopt;
}

std::string hint_for_unknown(const OptionSet& options, const std::string& name, const std::vector<std::string>& words) {
  if (const auto file = file_meant(words, name)) {
    return "the file of that name is " + in_quotes("./" + *file) + ", or " + in_quotes(*file) + " behind '--'";
  }
  // A slip changes some letters of a name: where it would have changed all, nothing is known of what was meant.
  std::size_t least = std::min<std::size_t>(3, name.size());
  std::string meant;
  for (const auto& option : options.all()) {
    const auto distance = edit_distance(option.name, name);
    if (distance >= least) continue;
    least = distance;
    meant = option.name;
  }
  return meant.empty() ? "--help lists the options" : "did you mean --" + meant + "?";
}

void check_values(const Option& option, const std::vector<std::string>& values) {
  if (values.size() > 1 && !option.repeatable) {
    throw Error(ErrorKind::usage, "--" + option.name + " was given twice", "once is enough");
  }
  if (!option.takes_value()) return;
  for (const auto& value : values) {
    if (value.empty()) throw Error(ErrorKind::usage, "--" + option.name + " needs a value, not an empty one");
    const auto& choices = option.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) continue;
    throw Error(ErrorKind::usage, "--" + option.name + " cannot be " + in_quotes(value),
                "it is one of: " + join(choices, ", "));
  }
}

/// The option's name in an exception of cxxopts, which quotes it, in some builds with typographic marks.
std::string name_quoted_in(const std::string& what) {
  struct Marks {
    std::string_view open, close;
  };
  for (const auto& [open, close] : {Marks{"\xe2\x80\x98", "\xe2\x80\x99"}, Marks{"'", "'"}}) {
    const auto first = what.find(open);
    const auto last = what.rfind(close);
    if (first == std::string::npos || last == std::string::npos || last < first + open.size()) continue;
    return what.substr(first + open.size(), last - first - open.size());
  }
  return what;
}

/// cxxopts words its exceptions for programmers; these are for people.
[[noreturn]] void throw_as_usage(const OptionSet& options, const std::vector<std::string>& words,
                                 const cxxopts::exceptions::exception& exception) {
  const std::string what = exception.what();
  const auto name = name_quoted_in(what);
  if (dynamic_cast<const cxxopts::exceptions::no_such_option*>(&exception) != nullptr) {
    const auto* dashes = name.size() == 1 ? "-" : "--";
    throw Error(ErrorKind::usage, "unknown option " + in_quotes(dashes + name), hint_for_unknown(options, name, words));
  }
  if (dynamic_cast<const cxxopts::exceptions::missing_argument*>(&exception) != nullptr) {
    throw Error(ErrorKind::usage, "option " + in_quotes((name.size() == 1 ? "-" : "--") + name) + " needs a value");
  }
  if (dynamic_cast<const cxxopts::exceptions::incorrect_argument_type*>(&exception) != nullptr) {
    throw Error(ErrorKind::usage, "an option that takes no value was given " + in_quotes(name),
                "--help lists the options");
  }
  throw Error(ErrorKind::usage, "cannot understand " + in_quotes(name), hint_for_unknown(options, name, words));
}

}  // namespace

OptionSet& OptionSet::flag(std::string name, std::string description, char letter) {
  value(std::move(name), "", std::move(description), letter);
  return *this;
}

Option& OptionSet::value(std::string name, std::string placeholder, std::string description, char letter) {
  Option option;
  option.name = std::move(name);
  option.letter = letter;
  option.placeholder = std::move(placeholder);
  option.description = std::move(description);
  return options_.emplace_back(std::move(option));
}

OptionSet& OptionSet::positional(std::string placeholder, std::size_t least, std::size_t most) {
  positional_placeholder_ = std::move(placeholder);
  positional_least_ = least;
  positional_most_ = most;
  return *this;
}

const Option* OptionSet::find(std::string_view name) const {
  for (const auto& option : options_) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

const Option* OptionSet::find(char letter) const {
  for (const auto& option : options_) {
    if (option.letter != '\0' && option.letter == letter) return &option;
  }
  return nullptr;
}

bool Arguments::has(const std::string& name) const { return values_.contains(name); }

std::optional<std::string> Arguments::value(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::values(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Arguments parse(const OptionSet& options, const std::vector<std::string>& words) {
  cxxopts::Options parser("eidtool");
  for (const auto& option : options.all()) {
    const auto names = option.letter == '\0' ? option.name : std::string(1, option.letter) + "," + option.name;
    parser.add_options()(names, "", option.takes_value() ? cxxopts::value<std::string>() : cxxopts::value<bool>());
  }
  std::vector<const char*> argv = {"eidtool"};
  for (const auto& word : words) argv.push_back(word.c_str());
  Arguments arguments;
  try {
    const auto parsed = parser.parse(static_cast<int>(argv.size()), argv.data());
    for (const auto& given : parsed.arguments()) {
      const auto* option = options.find(given.key());
      if (option == nullptr) continue;
      if (!option->takes_value() && !given.as<bool>()) continue;
      arguments.values_[given.key()].push_back(given.value());
    }
    arguments.positional_ = parsed.unmatched();
  } catch (const cxxopts::exceptions::exception& exception) {
    throw_as_usage(options, words, exception);
  }
  for (const auto& [name, values] : arguments.values_) check_values(*options.find(name), values);
  if (arguments.has("help")) return arguments;
  const auto count = arguments.positional_.size();
  if (count > options.positional_most()) {
    throw Error(ErrorKind::usage, "unexpected argument " + in_quotes(arguments.positional_[options.positional_most()]),
                "--help shows what the command takes");
  }
  if (count < options.positional_least()) {
    throw Error(ErrorKind::usage, options.positional_placeholder() + " is missing",
                "--help shows what the command takes");
  }
  return arguments;
}

}  // namespace eidtool::cli
