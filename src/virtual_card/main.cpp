// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "cli/run.hpp"
#include "virtual_card/commands.hpp"

int main(int argc, char** argv) {
  using namespace eidtool;
  // The one table of commands, a line each.
  const std::array commands = {
      &virtual_card::provision(), &virtual_card::create(), &virtual_card::insert(),
      &virtual_card::remove(),    &virtual_card::status(),
  };
  return cli::run({"eidtool-virtual-card",
                   "Makes virtual cards of a made-up citizen, and puts them into virtual readers.", commands},
                  argc, argv);
}
