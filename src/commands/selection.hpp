// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/purpose.hpp"
#include "cli/command.hpp"
#include "pkcs11/slot.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::commands {

/// What the choosing options say, combined with AND.
struct Selection {
  std::optional<pkcs11::Uri> uri;
  std::optional<unsigned long> slot_id;
  std::optional<std::string> token_label;
  std::optional<std::string> serial_number;  // of the token
  std::optional<Bytes> id;
  std::optional<std::string> label;
  std::optional<Purpose> purpose;

  bool matches(const pkcs11::Token& token) const;
  bool matches_id(const std::optional<Bytes>& object_id) const;
  /// The labels that were asked for: by --label, by the URI.
  std::vector<std::string> labels() const;
  /// An object is named: by --id, --label or the URI.
  bool names_object() const;
  /// No option chooses a key.
  bool says_nothing_of_key() const { return !names_object() && !purpose; }
  /// The options as they were given, for messages: `--token 'X', --as signature`; empty where none was.
  std::string description() const;

  std::vector<std::string> words;  // what description() joins
};

/// --uri, --slot, --token, --serial.
void declare_token_options(cli::OptionSet& options);
/// --id, --label, --as.
void declare_key_options(cli::OptionSet& options);

/// Throws usage for values that are none.
Selection selection_from(const cli::Arguments& arguments);

}  // namespace eidtool::commands
