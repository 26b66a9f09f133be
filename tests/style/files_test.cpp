// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "style/tree.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"

namespace eidtool::tests {

namespace {

constexpr const char* license = "SPDX-License-Identifier: Apache-2.0";
constexpr std::size_t longest_file = 450;  // lines; one over some 400 is asking to be two
constexpr std::size_t longest_line = 250;  // bytes

bool is_code(const SourceFile& file) { return file.ends_in(".cpp") || file.ends_in(".hpp"); }

bool is_script(const SourceFile& file) { return file.text.rfind("#!", 0) == 0; }

}  // namespace

TEST_CASE("every source, script and build file begins with its licence") {
  for (const auto& file : source_files(".")) {
    const bool is_build_file = file.ends_in("meson.build") || file.ends_in(".hpp.in") || file.ends_in(".1");
    if (!is_code(file) && !is_script(file) && !is_build_file) continue;
    INFO(file.name);
    const auto lines = lines_of(file.text);
    const std::size_t first = is_script(file) ? 1 : 0;
    REQUIRE(lines.size() > first);
    CHECK(contains(lines[first], license));
  }
}

TEST_CASE("every header is read once") {
  for (const auto& file : source_files(".")) {
    // A precompiled one is read as if it were a source, where the compiler warns of the pragma.
    if (!file.ends_in(".hpp") || contains(file.name, "/pch/")) continue;
    INFO(file.name);
    CHECK(contains(file.text, "\n#pragma once\n"));
  }
}

TEST_CASE("no file is too long to be read in one go") {
  for (const auto& folder : {"src", "tests"}) {
    for (const auto& file : source_files(folder)) {
      if (!is_code(file)) continue;
      INFO(file.name);
      const auto lines = lines_of(file.text);
      CHECK(lines.size() <= longest_file);
      for (const auto& line : lines) CHECK(line.size() <= longest_line);
    }
  }
}

TEST_CASE("nothing in the tree points outside it") {
  // Put together here, so that this file does not point outside either.
  const std::string shared = std::string("../") + "shared";
  const std::string work = std::string("/wor") + "k/";
  for (const auto& file : source_files(".")) {
    INFO(file.name);
    CHECK_FALSE(contains(file.text, shared));
    CHECK_FALSE(contains(file.text, work));
  }
}

TEST_CASE("links of the Markdown files lead somewhere") {
  const std::filesystem::path top = from_meson("EIDTOOL_SOURCE");
  for (const auto& file : source_files(".")) {
    if (!file.ends_in(".md")) continue;
    for (auto link : matches(file.text, "\\]\\(([^)#: ]+)\\)")) {
      INFO(file.name << " links to " << link);
      CHECK(std::filesystem::exists(top / std::filesystem::path(file.name).parent_path() / link));
    }
  }
}

TEST_CASE("a unit's test has the name of what it tests") {
  const std::filesystem::path top = from_meson("EIDTOOL_SOURCE");
  for (const auto& room : {"base", "crypto", "pkcs11", "cli", "formats", "trust"}) {
    if (!std::filesystem::exists(top / "tests" / room)) continue;
    for (const auto& file : source_files(std::string("tests/") + room)) {
      if (!file.ends_in("_test.cpp")) continue;
      const auto path = std::filesystem::path(file.name).lexically_relative("tests").replace_extension().string();
      const auto tested = top / "src" / path.substr(0, path.size() - std::string("_test").size());
      INFO(file.name);
      CHECK((std::filesystem::exists(tested.string() + ".cpp") || std::filesystem::exists(tested.string() + ".hpp")));
    }
  }
}

}  // namespace eidtool::tests
