// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "commands/selection.hpp"
#include "pkcs11/module.hpp"

/// Modules are other people's code. A listing asks each in a process of its own, so that one that crashes or hangs
/// hides no other; what signs loads them into this one, where each call is watched.
namespace eidtool::commands {

/// What a search in this process came to.
struct TokenSearch {
  std::vector<pkcs11::Token> tokens;  // in their slots, without uninitialised ones
  /// Modules of packages that could not begin for this user: they matter only where nothing is found.
  std::vector<Error> left_out;

  void say_left_out(cli::Context& context) const;
};

/// The tokens that can be meant, in the modules of --module and of the URI's module-path, else in the configured ones.
/// A module or slot that fails is named in a warning; throws where none is left.
TokenSearch find_tokens(const Selection& selection, cli::Context& context);

/// The tokens in a module's slots that match, uninitialised ones left out.
std::vector<pkcs11::Token> tokens_in(const pkcs11::Module& module, const Selection& selection);

/// Prints what one module holds; returns how many tokens it looked at.
using ModuleLister = std::function<std::size_t(const pkcs11::Module&)>;

struct Listing {
  std::size_t record_count = 0;
  std::size_t token_count = 0;
  bool is_complete = true;  // no module failed
};

enum class Failures { all, those_that_matter };

/// Lets `list` print what each module that can be meant holds, in their order. A module that fails, crashes or hangs is
/// named in a warning; where all fail, the worst is thrown. `failures`: whether modules of packages that could not
/// begin for this user are named too where something was found.
Listing list_modules(const Selection& selection, cli::Context& context, Failures failures, const ModuleLister& list);

/// The hidden command that such a process runs; its words for `asked` and the command line.
std::vector<std::string> words_to_ask(const cli::AskedModule& asked, const std::vector<std::string>& command_line);

}  // namespace eidtool::commands
