// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/trace.hpp"

#include "support/catch.hpp"
#include "support/desk.hpp"

namespace eidtool::tests {

namespace {

std::string line(const std::string& command, const std::string& response) {
  return virtual_card::chip::trace_line(from_hex(command).value(), from_hex(response).value());
}

}  // namespace

TEST_CASE("a line of the trace says what was asked and what came of it, then the bytes") {
  CHECK(line("00a40800045f00ef0200", "6f139000").rfind("SELECT 5f00ef02: done, 2 bytes ", 0) == 0);
  CHECK(contains(line("00a40800045f00ef0200", "6f139000"), "00a40800045f00ef0200 -> 6f139000"));
  CHECK(line("00b0010010", "6982").rfind("READ BINARY at 256: PIN not given ", 0) == 0);
  CHECK(line("00b0860010", "6a82").rfind("READ BINARY of file 06 at 0: no such file ", 0) == 0);
  CHECK(line("00200081", "63c2").rfind("STATE OF PIN 81: 2 tries left ", 0) == 0);
  CHECK(line("0020008108313131312fffffff", "63c1").rfind("VERIFY 81: 1 try left ", 0) == 0);
  CHECK(line("002a9e9a80", "016100").rfind("COMPUTE DIGITAL SIGNATURE: more to come, 1 byte ", 0) == 0);
  CHECK(line("00fe0000", "6d00").rfind("INS fe: unknown instruction ", 0) == 0);
  CHECK(line("80cadf0308", "6e00").rfind("GET DATA df03 (class 80): unknown class ", 0) == 0);
  CHECK(line("00", "6700").rfind("no command: wrong length ", 0) == 0);
  CHECK(contains(line("00b0000000", std::string(200, 'a') + "9000"), "…9000"));
}

TEST_CASE("no PIN is in the trace, whatever the command that brings it looks like") {
  const std::string pin = "31323334ffffffff";
  for (const auto* before :
       {"0020008108", "00240081103935363738ffffff", "002c008110", "1020008108", "0c20008108", "ff20008108",
        "0021008108", "00200081", "0020008109", "00200081000008", "002000", "002d008100ff"}) {
    INFO(before);
    const auto text = line(before + pin, "6700");
    CHECK_FALSE(contains(text, "31323334"));
    CHECK_FALSE(contains(text, "35363738"));
    CHECK(contains(text, "**"));
  }
}

}  // namespace eidtool::tests
