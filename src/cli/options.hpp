// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eidtool::cli {

/// What a value is, so that completions know what to offer.
enum class ValueKind { text, file, folder, uri, slot_id, token_label, serial_number, object_id, object_label };

/// One option as help, man page test and completions see it.
struct Option {
  std::string name;         // without dashes
  char letter = '\0';       // of the short form; none: '\0'
  std::string placeholder;  // of its value, `FILE`; empty: a flag
  std::string description;
  std::vector<std::string> choices;  // the only values allowed; empty: any
  bool repeatable = false;
  ValueKind kind = ValueKind::text;

  bool takes_value() const { return !placeholder.empty(); }
};

/// The options that a command, or the program, knows.
class OptionSet {
 public:
  OptionSet& flag(std::string name, std::string description, char letter = '\0');
  /// The returned option may be refined: choices, kind, repeatable.
  Option& value(std::string name, std::string placeholder, std::string description, char letter = '\0');
  /// What stands behind the options: `FILE…`. Without it, arguments are a usage error.
  OptionSet& positional(std::string placeholder, std::size_t least, std::size_t most);

  const std::vector<Option>& all() const { return options_; }
  const Option* find(std::string_view name) const;
  const Option* find(char letter) const;

  const std::string& positional_placeholder() const { return positional_placeholder_; }
  std::size_t positional_least() const { return positional_least_; }
  std::size_t positional_most() const { return positional_most_; }

 private:
  std::vector<Option> options_;
  std::string positional_placeholder_;
  std::size_t positional_least_ = 0;
  std::size_t positional_most_ = 0;
};

/// What stood on the command line, checked against an OptionSet.
class Arguments {
 public:
  bool has(const std::string& name) const;
  std::optional<std::string> value(const std::string& name) const;
  /// In the order of the command line; of a repeatable option.
  std::vector<std::string> values(const std::string& name) const;
  const std::vector<std::string>& positional() const { return positional_; }

 private:
  friend Arguments parse(const OptionSet&, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> positional_;
};

/// Throws usage: unknown options, values missing, not among the choices or given twice, too few or
/// too many arguments.
Arguments parse(const OptionSet& options, const std::vector<std::string>& words);

}  // namespace eidtool::cli
