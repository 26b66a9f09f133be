// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/command_apdu.hpp"

#include "support/catch.hpp"

using namespace eidtool;
using namespace eidtool::virtual_card::chip;

namespace {

struct Row {
  const char* command;
  const char* data;
  std::size_t expected;
};

std::optional<CommandApdu> parsed(const Bytes& bytes) { return parse_command(bytes); }

}  // namespace

TEST_CASE("the four cases of a command, short and extended (ISO/IEC 7816-4:2005 §5.1)") {
  constexpr Row rows[] = {
      {"00200081", "", 0},
      {"00b0000000", "", 256},
      {"00b0000010", "", 16},
      {"00a40000023f00", "3f00", 0},
      {"00a40000023f0000", "3f00", 256},
      {"00a40000023f0020", "3f00", 32},
      {"00b00000000000", "", 65536},
      {"00b00000000100", "", 256},
      {"00a400000000023f00", "3f00", 0},
      {"00a400000000023f000000", "3f00", 65536},
  };
  for (const auto& row : rows) {
    INFO(row.command);
    const auto bytes = from_hex(row.command).value();
    const auto command = parsed(bytes);
    REQUIRE(command);
    CHECK(to_hex(command->data) == row.data);
    CHECK(command->expected == row.expected);
  }
}

TEST_CASE("lengths that do not add up are no command") {
  for (const auto* text :
       {"", "00", "002000", "00a40000023f", "00a40000023f000000", "00a4000000", "00a400000000", "00a4000000000000",
        "00a400000000023f0000", "00a400000000033f00", "00a400000002", "00a4000000000000ff"}) {
    INFO(text);
    const auto bytes = from_hex(text).value();
    const auto command = parsed(bytes);
    // "00a4000000" is case 2 with Le 256, "00a400000000" has a byte too many.
    CHECK(command.has_value() == (std::string(text) == "00a4000000"));
  }
}

TEST_CASE("simple TLV is read to its end, and no further") {
  const auto bytes = from_hex("8001028401ff").value();
  TlvReader reader{bytes};
  const auto first = reader.next();
  REQUIRE(first);
  CHECK(first->tag == 0x80);
  CHECK(to_hex(first->value) == "02");
  REQUIRE(reader.next());
  CHECK(reader.at_end());
  for (const auto* broken : {"80", "8002", "800201", "8081"}) {
    INFO(broken);
    const auto bad = from_hex(broken).value();
    CHECK_FALSE(TlvReader{bad}.next());
  }
}
