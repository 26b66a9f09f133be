// SPDX-License-Identifier: Apache-2.0
#include "commands/table.hpp"

#include <array>

#include "pkcs11/module.hpp"

// The one table of commands, a line each: the function in the command's own .cpp that lends it.
#define EIDTOOL_COMMANDS(LINE) \
  LINE(slots)                  \
  LINE(objects)                \
  LINE(sign)                   \
  LINE(verify)                 \
  LINE(export_cert)            \
  LINE(complete)               \
  LINE(ask_module)

namespace eidtool::commands {

#define EIDTOOL_DECLARE(command) const cli::Command& command();
EIDTOOL_COMMANDS(EIDTOOL_DECLARE)
#undef EIDTOOL_DECLARE

const cli::Program& program() {
#define EIDTOOL_LIST(command) &command(),
  static const std::array commands = {EIDTOOL_COMMANDS(EIDTOOL_LIST)};
#undef EIDTOOL_LIST
  static const cli::Program eidtool = {
      "eidtool",
      "Lists, signs with and checks signatures of national eID smart cards, first the Portuguese Citizen Card.",
      commands, pkcs11::end_modules};
  return eidtool;
}

}  // namespace eidtool::commands
