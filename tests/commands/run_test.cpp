// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

TEST_CASE("eidtool says what it is") {
  Desk desk(no_tokens);
  desk.module_options = {};
  const auto version = desk.eidtool("--version");
  CHECK(version.status == 0);
  CHECK(version.output.rfind("eidtool ", 0) == 0);
  const auto help = desk.eidtool("--help");
  CHECK(help.status == 0);
  CHECK(help.errors == "");
  for (const auto& command : {"slots", "objects", "sign", "verify", "export-cert"}) {
    CHECK(contains(help.output, std::string("\n  ") + command));
    CHECK(desk.eidtool(std::string(command) + " --help").status == 0);
    CHECK(desk.eidtool(std::string(command) + " -h --no-input").output ==
          desk.eidtool(std::string(command) + " --help").output);
  }
}

TEST_CASE("what is no command is a usage error with a hint") {
  Desk desk(no_tokens);
  desk.module_options = {};
  check_refused(desk, "", 2, "command");
  check_refused(desk, "sing doc", 2, "sing");
  check_refused(desk, "--no-such-option slots", 2, "--no-such-option");
  const auto refusal = check_refused(desk, "slots --jsn", 2, "--jsn");
  CHECK(says(refusal, "hint", "--json"));
  check_refused(desk, "slots --color sometimes", 2, "sometimes");
  check_refused(desk, "slots --quiet --verbose", 2, "--verbose");
  check_refused(desk, "slots --module", 2, "module");
  check_refused(desk, "slots --module ''", 2, "module");
  check_refused(desk, "slots extra", 2, "extra");
  check_refused(desk, "slots --json=yes", 2, "'yes'");
}

TEST_CASE("a file whose name begins with a dash is no option, and how to name it is told") {
  Desk desk;
  desk.write("-dash", "text");
  desk.write("--double.pdf", "text");
  desk.write("--", "text");
  for (const std::string line : {"sign -dash", "sign --pin-file ../pin -dash", "verify -dash", "sign --double.pdf"}) {
    const std::string name = contains(line, "double") ? "--double.pdf" : "-dash";
    const auto refusal = check_refused(desk, line, 2, "");
    CHECK(says(refusal, "hint", "'./" + name + "'"));
    CHECK(says(refusal, "hint", "behind '--'"));
    CHECK_FALSE(says(refusal, "hint", "did you mean"));
  }
  CHECK(desk.eidtool("sign ./-dash --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("sign --pin-file ../pin -- --double.pdf").status == 0);
  // Where there is no such file, and one letter is no slip of a word.
  const auto refusal = check_refused(desk, "sign -xyz", 2, "unknown option '-x'");
  CHECK(says(refusal, "hint", "--help"));
  CHECK_FALSE(says(refusal, "hint", "did you mean"));
  CHECK(says(check_refused(desk, "sign -dahs", 2, ""), "hint", "--help"));
}

TEST_CASE("global options stand before or after the command") {
  Desk desk;
  const auto after = desk.eidtool("slots --json");
  const auto module = desk.module_options[1];
  desk.module_options = {};
  CHECK(desk.eidtool("--json --module " + module + " slots").output == after.output);
  CHECK(desk.eidtool("--module=" + module + " slots --json").output == after.output);
}

TEST_CASE("a usage error with --json is a record as well") {
  Desk desk(no_tokens);
  const auto failing = desk.eidtool("slots --json --nonsense");
  CHECK(failing.status == 2);
  const auto lines = json_lines(failing.output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/kind") == "usage");
  CHECK(lines[0].number("/exit_status") == 2);
}

TEST_CASE("the schemas allow what they name and nothing else") {
  const std::string error = R"({"type":"error","v":1,"kind":"io","message":"m","exit_status":3)";
  CHECK(JsonLine(error + "}").complaints() == "");
  for (const auto* wrong : {R"(,"extra":1})", R"(,"rv":"7"})", R"(,"function":"sign"})"}) {
    INFO(wrong);
    CHECK(JsonLine(error + wrong).complaints() != "");
  }
  CHECK(JsonLine(R"({"type":"error","v":2,"kind":"io","message":"m","exit_status":3})").complaints() != "");
  CHECK(JsonLine(R"({"type":"error","v":1,"kind":"io"})").complaints() != "");
  CHECK(JsonLine(R"({"v":1})").complaints() != "");
}

TEST_CASE("what looks like an option and is a file is told how to be given") {
  Desk desk(no_tokens);
  desk.write("-dash", "text");
  const auto refusal = check_refused(desk, "sign -dash", 2, "unknown option");
  CHECK(says(refusal, "hint", "'./-dash'"));
  CHECK(says(check_refused(desk, "slots -d", 2, "unknown option '-d'"), "hint", "--help"));
  CHECK(says(check_refused(desk, "slots --jsn", 2, "unknown option '--jsn'"), "hint", "--json"));
}

TEST_CASE("a command behind -- is no command") {
  Desk desk(no_tokens);
  const auto outcome = desk.run({from_meson("EIDTOOL"), "--", "slots"});
  CHECK(outcome.status == 2);
  CHECK(says(outcome, "error", "no command stands before '--'"));
  CHECK(says(outcome, "hint", "the command comes first"));
}

TEST_CASE("an option given twice is a usage error") {
  Desk desk(no_tokens);
  check_refused(desk, "slots --all --all", 2, "--all was given twice");
  check_refused(desk, "slots --color never --color never", 2, "--color was given twice");
}

TEST_CASE("no option of any command may be given twice, but for those that repeat") {
  Desk desk(no_tokens);
  desk.module_options = {};
  for (const std::string command : {"slots", "objects", "sign", "verify", "export-cert"}) {
    std::size_t count = 0;
    for (const auto& line : lines_of(desk.eidtool(command + " --help").output)) {
      // `  -q, --quiet   …`, `      --color WHEN   …`: a placeholder in capitals follows what takes a value.
      const auto begin = line.find("--");
      if (begin != std::string("      ").size()) continue;
      const auto words = words_of(line.substr(begin));
      const auto& option = words.front();
      // Two answer before anything else is looked at, one changes the shape of errors, some may stand many times.
      const std::set<std::string> others = {"--help", "--version", "--json",  "--module",       "--cert",
                                            "--crl",  "--ocsp",    "--trust", "--intermediates"};
      if (others.count(option) > 0) continue;
      const bool takes_value = words.size() > 1 && std::isupper(static_cast<unsigned char>(words[1][0])) != 0;
      const auto once = option + (takes_value ? " 1 " : " ");
      check_refused(desk, command + " " + once + once + "x", 2, option + " was given twice");
      ++count;
    }
    INFO(command);
    CHECK(count > 5);
  }
}

TEST_CASE("a standard output that is full is a failure of every command") {
  Desk desk;
  for (const auto& line : {"slots", "objects", "--help", "export-cert --pem --as signature"}) {
    INFO(line);
    auto program = desk.eidtool_program(line);
    if (std::string(line) == "--help") program = desk.program({from_meson("EIDTOOL"), "--help"});
    program.output_file = "/dev/full";
    const auto outcome = Desk::run_eidtool(program);
    CHECK(outcome.status == 3);
    CHECK(!said(outcome, "error").empty());
  }
}

}  // namespace eidtool::tests
