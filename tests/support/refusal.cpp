// SPDX-License-Identifier: Apache-2.0
#include "support/refusal.hpp"

#include <algorithm>

#include "support/catch.hpp"

namespace eidtool::tests {

Outcome check_refused(const Desk& desk, const std::string& line, int status, const std::string& message,
                      const std::string& input) {
  auto program = desk.eidtool_program(line);
  program.input = input;
  return check_refused(desk, program, status, message);
}

Outcome check_refused(const Desk& desk, const Program& program, int status, const std::string& message) {
  std::string line = "eidtool";
  for (std::size_t index = 1; index < program.words.size(); ++index) line += " " + program.words[index];
  INFO(line);
  const auto before = desk.files();
  const auto outcome = Desk::run_eidtool(program);
  INFO("output: " << outcome.output);
  INFO("errors: " << outcome.errors);
  CHECK(outcome.status == status);
  CHECK(outcome.output == "");
  CHECK(says(outcome, "error", message));
  for (const auto& [name, content] : desk.files()) {
    INFO("file: " << name);
    REQUIRE(before.count(name) == 1);
    // Not compared inside CHECK: it would print a megabyte.
    const bool is_unchanged = before.at(name) == content;
    CHECK(is_unchanged);
  }
  CHECK(desk.files().size() == before.size());
  return outcome;
}

std::vector<std::string> said(const Outcome& outcome, const std::string& kind) {
  const auto beginning = "eidtool: " + kind + ": ";
  std::vector<std::string> found;
  for (const auto& line : lines_of(outcome.errors)) {
    if (line.rfind(beginning, 0) == 0) found.push_back(line.substr(beginning.size()));
  }
  return found;
}

bool says(const Outcome& outcome, const std::string& kind, const std::string& part) {
  const auto lines = said(outcome, kind);
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return contains(line, part); });
}

}  // namespace eidtool::tests
