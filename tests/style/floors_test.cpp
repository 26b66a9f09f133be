// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <string>

#include "style/tree.hpp"
#include "support/catch.hpp"

namespace eidtool::tests {

namespace {

/// Who may include whom: the floor plan of src/README.md, a labelled row a room. A room includes itself.
const std::map<std::string, std::set<std::string>> rooms = {
    {"base", {}},
    {"crypto", {"base"}},
    {"pkcs11", {"base"}},
    {"cli", {"base"}},
    {"net", {"base"}},
    {"formats", {"base", "crypto"}},
    {"trust", {"base", "crypto"}},
    {"commands", {"base", "crypto", "pkcs11", "cli", "net", "formats", "trust"}},
    {"virtual_card", {"base", "crypto", "pkcs11", "cli"}},
};

bool begins_with(const std::string& text, const std::string& beginning) { return text.rfind(beginning, 0) == 0; }

bool is_code(const SourceFile& file) { return file.ends_in(".cpp") || file.ends_in(".hpp"); }

}  // namespace

TEST_CASE("includes go down, along the edges of the floor plan") {
  for (const auto& file : source_files("src")) {
    if (!is_code(file) || file.room().empty()) continue;
    INFO(file.name);
    REQUIRE(rooms.count(file.room()) == 1);
    for (const auto& include : file.includes()) {
      const auto slash = include.find('/');
      if (slash == std::string::npos) continue;
      const auto room = include.substr(0, slash);
      if (rooms.count(room) == 0 || room == file.room()) continue;
      INFO("includes " << include);
      CHECK(rooms.at(file.room()).count(room) == 1);
    }
  }
}

TEST_CASE("the chip of the emulated card knows base/, crypto/ and itself alone") {
  for (const auto& file : source_files("src/virtual_card/chip")) {
    for (const auto& include : file.includes()) {
      INFO(file.name << " includes " << include);
      const auto slash = include.find('/');
      if (slash == std::string::npos || begins_with(include, "virtual_card/chip/")) continue;
      const auto room = include.substr(0, slash);
      CHECK((rooms.count(room) == 0 || room == "base" || room == "crypto"));
    }
  }
}

TEST_CASE("main.cpp includes the table of commands and the command line alone") {
  for (const auto& include : SourceFile{"main.cpp", source_file("src/main.cpp")}.includes()) {
    INFO(include);
    CHECK((begins_with(include, "cli/") || begins_with(include, "commands/")));
  }
}

TEST_CASE("headers of foreign libraries stay in their rooms") {
  const std::set<std::string> botan_rooms = {"crypto", "formats", "trust", "virtual_card"};
  for (const auto& file : source_files("src")) {
    if (!is_code(file)) continue;
    const auto room = file.room();
    const bool is_source = file.ends_in(".cpp");
    for (const auto& include : file.includes()) {
      INFO(file.name << " includes " << include);
      if (begins_with(include, "botan/")) {
        CHECK((file.name == "src/crypto/bridge.hpp" || (is_source && botan_rooms.count(room) == 1)));
      }
      if (begins_with(include, "p11-kit/")) CHECK(room == "pkcs11");
      if (begins_with(include, "cxxopts")) CHECK((is_source && (room == "cli" || room == "commands")));
      if (begins_with(include, "nlohmann/")) CHECK((is_source && (room == "cli" || room == "virtual_card")));
      if (begins_with(include, "curl/")) CHECK((is_source && room == "net"));
    }
  }
}

TEST_CASE("only the bridge knows Botan's versions") {
  for (const auto& file : source_files("src")) {
    if (!is_code(file) || file.name == "src/crypto/bridge.hpp") continue;
    INFO(file.name);
    CHECK(matches(file.text, "^[ \\t]*#.*(BOTAN_VERSION)").empty());
  }
}

TEST_CASE("bridge.hpp is included by sources alone") {
  for (const auto& file : source_files("src")) {
    if (!file.ends_in(".hpp")) continue;
    INFO(file.name);
    for (const auto& include : file.includes()) CHECK(include != "crypto/bridge.hpp");
  }
}

}  // namespace eidtool::tests
