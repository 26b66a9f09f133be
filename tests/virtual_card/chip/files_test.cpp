// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "virtual_card/chip/card_under_test.hpp"

namespace eidtool::tests {

TEST_CASE("SELECT finds files and folders in every form that OpenSC and the middleware use") {
  struct Row {
    const char* command;
    const char* answer;
  };
  constexpr Row rows[] = {
      {"00a4040c 07 604632ff000002", "9000"},       // application, by its name
      {"00a40400 07 604632ff000002 00", "6f15"},    // with its control information
      {"00a40000 02 3f00 00", "6f1583023f00"},      // master file
      {"00a40000 00", "6f1583023f00"},              // and without any identifier
      {"00a40800 04 5f00ef02 00", "6f138102"},      // path, without the master file
      {"00a40800 06 3f005f00ef02 00", "6f138102"},  // and with it
      {"00a4080c 02 5f00", "9000"},                 // a folder
      {"00a40900 02 ef02 00", "6f13810202bc"},      // and from there on
      {"00a4020c 02 ef05", "9000"},                 // a file of the folder
      {"00a40000 02 ef02 00", "6f13"},              // by identifier, beside the one that is selected
      {"00a40000 02 4f00 00", "6f0c83024f00"},      // a folder beside this one
      {"00a40300 00", "6f1583023f00"},              // the one above
      {"00a4010c 02 5f00", "9000"},                 // one below
      {"00a40804 04 4f005031 00", "6213"},          // FCP instead of FCI
      {"00a40800 02 0003 00", "6f13"},
  };
  CardUnderTest card;
  for (const auto& row : rows) {
    INFO(row.command);
    const auto answer = card.send(row.command);
    INFO(answer);
    CHECK(answer.rfind(row.answer, 0) == 0);
    CHECK(answer.substr(answer.size() - 4) == "9000");
  }
}

TEST_CASE("control information says size, kind, identifier and who may do what") {
  CardUnderTest card;
  CHECK(card.send("00a40800 04 5f00ef02 00") == "6f13810202bc8201018a01058302ef028c0303ff009000");
  CHECK(card.send("00a40800 04 5f00ef05 00") == "6f13810200148201018a01058302ef058c0303ff119000");
  CHECK(card.send("00a40800 04 5f00ef07 00") == "6f13810200648201018a01058302ef078c030311009000");
  // OpenSC takes what has no tag 82 for a folder.
  CHECK(card.send("00a40800 02 5f00 00") == "6f0c83025f008a01058c0306ffff9000");
}

TEST_CASE("SELECT refuses what is not there or makes no sense") {
  struct Row {
    const char* command;
    const char* status;
  };
  constexpr Row rows[] = {
      {"00a4000c 02 1234", "6a82"},
      {"00a4040c 07 604632ff000003", "6a82"},
      {"00a4040c 04 604632ff", "6a82"},
      {"00a4040c 00", "6a82"},
      {"00a4080c 03 5f00ef", "6a82"},
      {"00a4080c 04 5f00ef99", "6a82"},
      {"00a4080c", "6a82"},
      {"00a4000c 03 3f0000", "6700"},
      {"00a4020c 00", "6700"},
      {"00a4030c 02 3f00", "6700"},
      {"00a4030c", "6a82"},
      {"00a4070c 02 3f00", "6a86"},
      {"00a40001 02 3f00", "6a86"},
      {"00a4010c 02 0003", "6a82"},
      {"00a4020c 02 5f00", "6a82"},
  };
  CardUnderTest card;
  for (const auto& row : rows) {
    INFO(row.command);
    CHECK(card.send(row.command) == row.status);
  }
}

TEST_CASE("a SELECT that fails leaves selected what was") {
  CardUnderTest card;
  CHECK(card.status("00a4080c 04 5f00ef02") == "9000");
  CHECK(card.status("00a4080c 04 5f00ef99") == "6a82");
  CHECK(card.send("00b00000 02") == "00019000");
}

TEST_CASE("READ BINARY reads at any place of the selected file, or of one by its short identifier") {
  CardUnderTest card;
  CHECK(card.send("00b00000 02") == "6986");
  CHECK(card.status("00a4080c 04 5f00ef02") == "9000");
  CHECK(card.send("00b00000 04") == "000102039000");
  CHECK(card.send("00b00100 02") == "00019000");
  CHECK(card.send("00b00000 00").size() == 2 * 256 + 4);
  CHECK(card.send("00b00000 000000").size() == 2 * 700 + 4);
  CHECK(card.send("00b002b8 04") == "b8b9babb9000");
  CHECK(card.send("00b002b8 05") == "b8b9babb6282");  // the end comes before the fifth
  CHECK(card.send("00b002b8 00") == "b8b9babb9000");  // all there is
  CHECK(card.send("00b002bc 01") == "6b00");
  CHECK(card.send("00b07fff 01") == "6b00");
  CHECK(card.send("00b08703 02") == "03049000");  // 5f00/ef07
  CHECK(card.send("00b00000 01") == "009000");    // which is selected now
  CHECK(card.send("00b09f00 01") == "6a82");
  CHECK(card.send("00b0a700 01") == "6a86");
  CHECK(card.send("00b00000") == "6700");
  CHECK(card.status("00a4000c 02 3f00") == "9000");
  CHECK(card.send("00b00000 01") == "6986");
}

TEST_CASE("a file behind a PIN is read after it, and not after a reset") {
  CardUnderTest card;
  CHECK(card.status("00a4080c 04 5f00ef05") == "9000");
  CHECK(card.send("00b00000 02") == "6982");
  CHECK(card.status(verify_command(0x82, "22223333")) == "9000");
  CHECK(card.send("00b00000 02") == "6982");
  CHECK(card.status(verify_command(0x81, "1111")) == "9000");
  CHECK(card.send("00b00000 02") == "00019000");
  card.chip().reset();
  CHECK(card.status("00a4080c 04 5f00ef05") == "9000");
  CHECK(card.send("00b00000 02") == "6982");
}

TEST_CASE("UPDATE BINARY writes what may be written, keeps it, and does not make it longer") {
  CardUnderTest card;
  CHECK(card.status("00a4080c 04 5f00ef07") == "9000");
  CHECK(card.send("00d60000 02 4142") == "6982");
  CHECK(card.status(verify_command(0x81, "1111")) == "9000");
  CHECK(card.send("00d60001 02 4142") == "9000");
  CHECK(card.send("00b00000 04") == "004142039000");
  CHECK(card.send("00d60063 02 4142") == "6b00");
  CHECK(card.send("00d60064 01 41") == "6b00");
  CHECK(card.send("00d60000") == "6700");
  CHECK(card.status("00a4080c 04 5f00ef02") == "9000");
  CHECK(card.send("00d60000 01 41") == "6982");
  card.reinsert();
  CHECK(card.status("00a4080c 04 5f00ef07") == "9000");
  CHECK(card.send("00b00000 04") == "004142039000");
}

TEST_CASE("other commands get what is due to them") {
  struct Row {
    const char* command;
    const char* status;
  };
  constexpr Row rows[] = {
      {"00010000", "6d00"},       {"00e40000", "6d00"},   {"04a40000", "6882"},
      {"0ca40000", "6882"},       {"10a40000", "6884"},   {"01a40000", "6881"},
      {"80a40000", "6e00"},       {"ffa40000", "6e00"},   {"a0a40000023f00", "6e00"},
      {"80cadf0308", "6e00"},     {"00cadf0308", "6a88"}, {"00700000", "6881"},
      {"00c0000000", "6985"},     {"00c0010000", "6a86"}, {"00840001 08", "6a86"},
      {"00840000 01 00", "6700"}, {"00", "6700"},         {"", "6700"},
      {"00a4000005ff", "6700"},
  };
  CardUnderTest card;
  for (const auto& row : rows) {
    INFO(row.command);
    CHECK(card.send(row.command) == row.status);
  }
}

TEST_CASE("GET DATA tells the version of the applet, GET CHALLENGE something new each time") {
  CardUnderTest card;
  CHECK(card.send("00cadf30 00") == "df3007342e342e322e419000");
  const auto one = card.send("80840000 08");
  CHECK(one.size() == 20);
  CHECK(one != card.send("80840000 08"));
  CHECK(card.send("00840000 00").size() == 2 * 256 + 4);
}

TEST_CASE("what no Le asked for waits for GET RESPONSE, until the next command") {
  CardUnderTest card;
  const auto whole = card.send("00a40800 04 5f00ef02 00");
  CHECK(card.send("00a40800 04 5f00ef02") == "6115");
  CHECK(card.send("00c00000 15") == whole);
  CHECK(card.send("00c00000 15") == "6985");
  CHECK(card.send("00a40800 04 5f00ef02 05") == whole.substr(0, 10) + "6110");
  CHECK(card.send("00c00000 04") == whole.substr(10, 8) + "610c");
  CHECK(card.send("00c00000 00") == whole.substr(18));
  CHECK(card.send("00a40800 04 5f00ef02") == "6115");
  CHECK(card.send("00200081") == "63c3");
  CHECK(card.send("00c00000 15") == "6985");
}

}  // namespace eidtool::tests
