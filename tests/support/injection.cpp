// SPDX-License-Identifier: Apache-2.0
#include "support/injection.hpp"

namespace eidtool::tests {

bool can_inject(const Desk& desk) {
  if (!is_installed("strace")) {
    skip("strace is not installed");
    return false;
  }
  const auto probe = desk.run({"strace", "-qq", "-o", "/dev/null", "true"});
  if (probe.status != 0) skip("no program can be traced here: " + probe.errors);
  return probe.status == 0;
}

void inject(Program& program, const std::vector<std::string>& options) {
  std::vector<std::string> words = {"strace", "-f", "-qq", "-o", "/dev/null"};
  words.insert(words.end(), options.begin(), options.end());
  program.words.insert(program.words.begin(), words.begin(), words.end());
  // LeakSanitizer wants to be the only one that traces.
  program.environment["ASAN_OPTIONS"] += ":detect_leaks=0";
}

}  // namespace eidtool::tests
