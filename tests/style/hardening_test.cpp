// SPDX-License-Identifier: Apache-2.0
// What meson.build asks of compiler and linker, as readelf finds it in the programs that came of it.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "style/tree.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

/// _FORTIFY_SOURCE as the C library took it, of this program, which is compiled as the others are.
constexpr int fortify_level = __USE_FORTIFY_LEVEL;

#ifdef __OPTIMIZE__
constexpr bool is_optimised = true;
#else
constexpr bool is_optimised = false;
#endif

std::string readelf(const std::string& what, const std::string& file) {
  Program program;
  program.words = {"readelf", "--wide", what, file};
  program.environment["PATH"] = "/usr/bin:/bin";
  const auto outcome = run(program);
  INFO(outcome.errors);
  REQUIRE(outcome.status == 0);
  return outcome.output;
}

std::vector<std::string> programs() { return {from_meson("EIDTOOL"), from_meson("EIDTOOL_VIRTUAL_CARD")}; }

std::size_t count_of(const std::string& text, const std::string& expression) {
  return matches(text, expression).size();
}

/// `R E`, `RW `: what the segments of a kind may be used for.
std::vector<std::string> uses_of(const std::string& segment, const std::string& headers) {
  return matches(headers, "^ +" + segment + " .*0x[0-9a-f]+ ([R ][W ][E ]) +0x[0-9a-f]+$");
}

constexpr const char* marked_for_cet = "(x86 feature: IBT, SHSTK)";

}  // namespace

TEST_CASE("programs are loaded at an address that nobody knows before") {
  for (const auto& program : programs()) {
    INFO(program);
    CHECK(count_of(readelf("--file-header", program), "Type: +(DYN)") == 1);
    CHECK(count_of(readelf("--dynamic", program), "\\(FLAGS_1\\) .* (PIE)") == 1);
    CHECK(count_of(readelf("--dynamic", program), "\\((TEXTREL)\\)") == 0);
  }
}

TEST_CASE("what the loader has bound is read-only before a program begins") {
  for (const auto& program : programs()) {
    INFO(program);
    CHECK(uses_of("GNU_RELRO", readelf("--segments", program)).size() == 1);
    CHECK(count_of(readelf("--dynamic", program), "\\(FLAGS\\) .*(BIND_NOW)") == 1);
    CHECK(count_of(readelf("--dynamic", program), "\\(FLAGS_1\\) .*(NOW)") == 1);
  }
}

TEST_CASE("nothing that a program writes to can be run, its stack least of all") {
  for (const auto& program : programs()) {
    INFO(program);
    const auto headers = readelf("--segments", program);
    CHECK(uses_of("GNU_STACK", headers) == std::vector<std::string>{"RW "});
    const auto loaded = uses_of("LOAD", headers);
    CHECK(std::find(loaded.begin(), loaded.end(), "R E") != loaded.end());
    CHECK(std::find(loaded.begin(), loaded.end(), "RWE") == loaded.end());
  }
}

TEST_CASE("programs look for libraries where the system has them and nowhere else") {
  for (const auto& program : programs()) {
    INFO(program);
    CHECK(count_of(readelf("--dynamic", program), "\\((RPATH|RUNPATH)\\)") == 0);
  }
}

TEST_CASE("functions check the end of their frame, and calls the size of what they write to") {
  for (const auto& program : programs()) {
    INFO(program);
    const auto symbols = readelf("--dyn-syms", program);
    CHECK(count_of(symbols, " (__stack_chk_fail)@") == 1);
    const auto checked = count_of(symbols, " (__[a-z_]+_chk)@");
    if (is_optimised && !has_sanitizers) {
      CHECK(fortify_level >= 2);
      CHECK(checked > 0);
    } else {
      WARN("sizes are not checked (_FORTIFY_SOURCE) in this build, which is not optimised or has sanitizers: "
           << checked << " calls are");
    }
  }
}

TEST_CASE("every source of the programs is compiled with what it takes to be hardened") {
  std::vector<std::string> wanted = {"-fstack-protector-strong", "-fstack-clash-protection", "-D_GLIBCXX_ASSERTIONS=1"};
#ifdef __x86_64__
  wanted.emplace_back("-fcf-protection=full");
#endif
  std::size_t sources = 0;
  for (const auto& command : lines_of(read_file(from_meson("EIDTOOL_BUILD") + "/compile_commands.json"))) {
    if (!contains(command, "\"command\":") || count_of(command, " -c ([^ ]*/)?(src/)") == 0) continue;
    INFO(command);
    ++sources;
    for (const auto& option : wanted) CHECK(contains(command, option));
  }
  CHECK(sources >= 10);  // each room, and the programs, where a room is compiled as one
}

#ifdef __x86_64__
TEST_CASE("code is made for CET, and programs are marked so where the C library's startup files are") {
  const std::string build = from_meson("EIDTOOL_BUILD");
  for (const auto& room : {"base", "cli", "commands", "crypto", "formats", "pkcs11", "trust"}) {
    const auto notes = readelf("--notes", build + "/src/lib" + room + ".a");
    INFO(room << ": " << notes);
    const auto units = count_of(notes, "^(File: )");
    CHECK(units > 0);
    CHECK(count_of(notes, marked_for_cet) == units);
  }
  const auto is_marked = [](const std::string& file) {
    return count_of(readelf("--notes", file), marked_for_cet) == 1;
  };
  bool startup_is_marked = true;
  for (const auto& file : split(from_meson("EIDTOOL_STARTUP_FILES"), ':')) {
    startup_is_marked = startup_is_marked && is_marked(file);
  }
  // The linker marks what is marked in every part; the startup files of Debian 12 and 13 are not.
  for (const auto& program : programs()) {
    INFO(program);
    CHECK(is_marked(program) == startup_is_marked);
  }
}
#endif

}  // namespace eidtool::tests
