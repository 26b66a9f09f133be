// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "cli/run.hpp"
#include "virtual_card/commands.hpp"

int main(int argc, char** argv) {
  using namespace eidtool;
  // The one table of commands, a line each.
  const std::array commands = {
      &virtual_card::provision(),
  };
  return cli::run({"eidtool-virtual-card", "Makes virtual cards: a made-up citizen's keys and certificates.", commands},
                  argc, argv);
}
