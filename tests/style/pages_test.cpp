// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "base/error.hpp"
#include "style/tree.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

std::string page_name(const std::string& command) { return "man/eidtool-" + command + ".1"; }

/// Long options that a page describes: `.It Fl -cert-out Ar file`, `.It Fl q , Fl -quiet`.
std::set<std::string> options_of_page(const std::string& page) {
  std::set<std::string> options;
  for (const auto& line : lines_of(page)) {
    if (line.rfind(".It ", 0) != 0) continue;
    for (const auto& name : matches(line, "Fl -([a-z][a-z0-9-]*)")) options.insert(name);
  }
  return options;
}

/// Long options that a help text lists below a heading.
std::set<std::string> options_of_help(const std::string& help, const std::string& heading) {
  const auto begin = help.find("\n" + heading);
  if (begin == std::string::npos) return {};
  const auto text = help.substr(begin, help.find("\n\n", begin + 1) - begin);
  return set_of(matches(text, "^  (?:-[a-zA-Z], |    )--([a-z][a-z0-9-]*)"));
}

std::string joined(const std::set<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

std::set<std::string> without(const std::set<std::string>& left, const std::set<std::string>& right) {
  std::set<std::string> rest;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::inserter(rest, rest.end()));
  return rest;
}

std::vector<SourceFile> pages() {
  std::vector<SourceFile> result;
  for (auto& file : source_files("man")) {
    if (file.ends_in(".1") || file.ends_in(".5") || file.ends_in(".7")) result.push_back(std::move(file));
  }
  return result;
}

std::string all_pages() {
  std::string text;
  for (const auto& page : pages()) text += page.text;
  return text;
}

}  // namespace

TEST_CASE("the five commands are there, and each has its page") {
  const auto known = set_of(commands());
  for (const auto& name : {"slots", "objects", "sign", "verify", "export-cert"}) CHECK(known.count(name) == 1);
  const fs::path top = from_meson("EIDTOOL_SOURCE");
  for (const auto& command : commands()) {
    INFO(command);
    CHECK(fs::exists(top / page_name(command)));
  }
}

TEST_CASE("help and page of a command list the same options") {
  for (const auto& command : commands()) {
    const auto in_help = options_of_help(eidtool_prints({command, "--help"}), "Options:");
    const auto in_page = options_of_page(source_file(page_name(command)));
    INFO(command << ": in the help alone: " << joined(without(in_help, in_page)));
    INFO(command << ": in the page alone: " << joined(without(in_page, in_help)));
    CHECK(in_help == in_page);
  }
}

TEST_CASE("help and page list the same global options") {
  const auto in_help = options_of_help(eidtool_prints({"--help"}), "Global options");
  const auto in_page = options_of_page(source_file("man/eidtool.1"));
  INFO("in the help alone: " << joined(without(in_help, in_page)));
  INFO("in the page alone: " << joined(without(in_page, in_help)));
  CHECK(in_help == in_page);
  CHECK(in_help.count("module") == 1);
}

TEST_CASE("the help of every command shows examples") {
  for (const auto& command : commands()) {
    INFO(command);
    CHECK(contains(eidtool_prints({command, "--help"}), "\n  eidtool " + command));
  }
}

TEST_CASE("every page opens with a session, and mandoc has nothing to warn of") {
  const fs::path top = from_meson("EIDTOOL_SOURCE");
  if (!is_installed("mandoc")) return skip("mandoc is not installed");
  for (const auto& page : pages()) {
    INFO(page.name);
    if (page.ends_in(".1")) CHECK(contains(page.text, "$ eidtool"));
    Program program;
    program.words = {"mandoc", "-T", "lint", "-W", "warning", top / page.name};
    program.environment = {{"PATH", "/usr/bin:/bin"}};
    const auto outcome = run(program);
    CHECK(outcome.output + outcome.errors == "");
    CHECK(outcome.status == 0);
  }
}

TEST_CASE("references between our own pages lead somewhere") {
  const fs::path top = from_meson("EIDTOOL_SOURCE");
  for (const auto& page : pages()) {
    for (const auto* section : {"1", "5", "7"}) {
      for (const auto& name : matches(page.text, std::string("\\bXr (eidtool[a-z-]*) ") + section)) {
        INFO(page.name << " refers to " << name << "(" << section << ")");
        CHECK(fs::exists(top / "man" / (name + "." + section)));
      }
    }
  }
}

TEST_CASE("the pages explain every kind of error") {
  const auto text = all_pages();
  for (const auto& kind : matches(source_file("src/base/error.cpp"), "case ErrorKind::[a-z_]+: return \"([a-z_]+)\"")) {
    INFO(kind);
    CHECK(contains(text, kind));
  }
}

TEST_CASE("the pages explain every code of a finding") {
  const auto text = all_pages();
  std::size_t count = 0;
  for (const auto& room : {"src/formats", "src/trust", "src/commands"}) {
    for (const auto& file : source_files(room)) {
      // failure(SubIndication::…, "code", …), warning("code", …), and members named alike.
      for (const auto& code :
           matches(file.text,
                   "\\b(?:(?:failure|fail)\\(\\s*SubIndication::[a-z_]+,|(?:warning|information|inform|fail)\\()"
                   "\\s*\"([a-z0-9_]+)\"")) {
        ++count;
        INFO(file.name << ": " << code);
        CHECK(contains(text, code));
      }
    }
  }
  CHECK(count > 20);
}

TEST_CASE("the pages name every field of the JSON records") {
  const auto text = all_pages();
  for (const auto& file : source_files("src/cli/schemas")) {
    for (const auto& field : matches(file.text, "^ *\"([a-z0-9_]+)\": \\{")) {
      if (field == "properties" || field == "items" || field == "v" || field == "type") continue;
      INFO(file.name << ": " << field);
      CHECK(contains(text, field));
    }
  }
}

TEST_CASE("the pages print the table of exit statuses") {
  const auto page = source_file("man/eidtool.1");
  for (const auto& status : {"0", "1", "2", "3", "4", "5", "6", "70", "130"}) {
    INFO(status);
    CHECK(contains(page, std::string(".It ") + status + "\n"));
  }
}

TEST_CASE("the shells can read their completions") {
  const fs::path folder = fs::path(from_meson("EIDTOOL_SOURCE")) / "src/completions";
  const std::map<std::string, std::string> files = {
      {"bash", "eidtool.bash"}, {"zsh", "_eidtool"}, {"fish", "eidtool.fish"}};
  for (const auto& [shell, file] : files) {
    INFO(file);
    REQUIRE(fs::exists(folder / file));
    if (!is_installed(shell)) {
      skip(shell + " is not installed");
      continue;
    }
    Program program;
    program.words = {shell, "-n", folder / file};
    program.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}};
    const auto outcome = run(program);
    CHECK(outcome.status == 0);
    CHECK(outcome.errors == "");
  }
}

}  // namespace eidtool::tests
