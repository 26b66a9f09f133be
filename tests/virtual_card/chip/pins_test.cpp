// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "virtual_card/chip/card_under_test.hpp"

namespace eidtool::tests {

namespace {

constexpr const char* state_of_81 = "00200081";
constexpr const char* state_of_82 = "00200082";

std::string change(unsigned reference, const std::string& old_pin, const std::string& new_pin) {
  return pin_command(0x24, 0, reference, {old_pin, new_pin});
}

std::string unblock(unsigned reference, const std::string& puk, const std::string& new_pin) {
  return pin_command(0x2c, 0, reference, {puk, new_pin});
}

}  // namespace

TEST_CASE("asking for the state of a PIN costs nothing, however often") {
  CardUnderTest card;
  for (int count = 0; count < 100; ++count) CHECK(card.send(state_of_81) == "63c3");
  CHECK(card.send(verify_command(0x81, "1111")) == "9000");
  for (int count = 0; count < 100; ++count) CHECK(card.send(state_of_81) == "9000");
  CHECK(card.send(state_of_82) == "63c3");
  CHECK(card.stores == 0);
}

TEST_CASE("wrong PINs count down to the lock, which a right one does not open and a new insertion does not forget") {
  CardUnderTest card;
  CHECK(card.send(verify_command(0x81, "9999")) == "63c2");
  CHECK(card.send(state_of_81) == "63c2");
  card.reinsert();
  CHECK(card.send(state_of_81) == "63c2");
  CHECK(card.send(verify_command(0x81, "11111")) == "63c1");
  card.reinsert();
  CHECK(card.send(verify_command(0x81, "111")) == "63c0");
  CHECK(card.send(verify_command(0x81, "1111")) == "6983");
  CHECK(card.send(state_of_81) == "6983");
  card.reinsert();
  CHECK(card.send(verify_command(0x81, "1111")) == "6983");
  CHECK(card.send(change(0x81, "1111", "2222")) == "6983");
  CHECK(card.send(state_of_82) == "63c3");
  CHECK(card.send(verify_command(0x82, "22223333")) == "9000");
}

TEST_CASE("a right PIN gives all tries back, and a wrong one takes away what was given before") {
  CardUnderTest card;
  CHECK(card.send(verify_command(0x81, "9999")) == "63c2");
  CHECK(card.send(verify_command(0x81, "1111")) == "9000");
  CHECK(card.stored().pins[0].tries_left == 3);
  CHECK(card.send(verify_command(0x81, "9999")) == "63c2");
  CHECK(card.send(state_of_81) == "63c2");
}

TEST_CASE("a try is spent before the answer is given, and also where it cannot be kept") {
  CardUnderTest card;
  CHECK(card.send(verify_command(0x81, "9999")) == "63c2");
  CHECK(card.stores == 1);
  CHECK(card.stored().pins[0].tries_left == 2);
  card.store_fails = true;
  CHECK_THROWS(card.send(verify_command(0x81, "9999")));
  CHECK(card.send(state_of_81) == "63c1");
}

TEST_CASE("what is no PIN at all costs nothing") {
  CardUnderTest card;
  for (const auto* command : {"00200081 04 31313131", "00200081 09 313131313131313131", "00200081 01 31"}) {
    INFO(command);
    CHECK(card.send(command) == "6700");
  }
  CHECK(card.send("00200081 000008 31313131ffffffff") == "9000");  // with extended length
  CHECK(card.send("00200181 08 31313131ffffffff") == "6a86");
  CHECK(card.send("00200080 08 31313131ffffffff") == "6a88");
  CHECK(card.send("00200084") == "6a88");
  CHECK(card.stores == 0);
}

TEST_CASE("a PIN counts no more after it is dropped, after a reset, or after the application is selected") {
  CardUnderTest card;
  for (const auto* end : {"0020ff81", "00a4040c 07 604632ff000002"}) {
    INFO(end);
    CHECK(card.send(verify_command(0x81, "1111")) == "9000");
    CHECK(card.send(end) == "9000");
    CHECK(card.send(state_of_81) == "63c3");
  }
  CHECK(card.send(verify_command(0x81, "1111")) == "9000");
  card.chip().reset();
  CHECK(card.send(state_of_81) == "63c3");
  CHECK(card.send("0020ff81 01 31") == "6700");
}

TEST_CASE("CHANGE REFERENCE DATA wants the PIN that holds, and gives the card another") {
  CardUnderTest card;
  CHECK(card.send(change(0x81, "1111", "87654321")) == "9000");
  CHECK(card.send(state_of_81) == "63c3");
  CHECK(card.send(verify_command(0x81, "1111")) == "63c2");
  card.reinsert();
  CHECK(card.send(verify_command(0x81, "87654321")) == "9000");
  CHECK(card.send(change(0x81, "1111", "4444")) == "63c2");
  // A new PIN that is none costs no try.
  for (const auto* wrong : {"123", "12a4", ""}) CHECK(card.send(change(0x81, "87654321", wrong)) == "6a80");
  CHECK(card.send("00240081 10 3837363534333231 31323334ff353637") == "6a80");
  CHECK(card.send("00240081 08 3837363534333231") == "6700");
  CHECK(card.send("00240181 08 3837363534333231") == "6a86");
  CHECK(card.send(change(0x90, "1111", "4444")) == "6a88");
  CHECK(card.stored().pins[0].tries_left == 2);
}

TEST_CASE("RESET RETRY COUNTER opens a locked PIN with the PUK, which has tries of its own") {
  CardUnderTest card;
  for (int count = 0; count < 3; ++count) (void)card.send(verify_command(0x81, "9999"));
  CHECK(card.send(state_of_81) == "6983");
  CHECK(card.send(unblock(0x81, "00000000", "4444")) == "63c2");
  CHECK(card.send(unblock(0x81, "33334444", "4444")) == "63c1");  // that of the other PIN
  CHECK(card.send(unblock(0x81, "11112222", "12")) == "6a80");
  card.reinsert();
  CHECK(card.send(unblock(0x81, "11112222", "4444")) == "9000");
  CHECK(card.send(verify_command(0x81, "4444")) == "9000");
  CHECK(card.stored().pins[0].puk_tries_left == 3);
  // With P1 1 the PIN stays as it is.
  for (int count = 0; count < 3; ++count) (void)card.send(verify_command(0x81, "9999"));
  CHECK(card.send(pin_command(0x2c, 1, 0x81, {"11112222"})) == "9000");
  CHECK(card.send(verify_command(0x81, "4444")) == "9000");
  for (int count = 0; count < 3; ++count) (void)card.send(unblock(0x81, "00000000", "4444"));
  CHECK(card.send(unblock(0x81, "11112222", "5555")) == "6983");
  CHECK(card.send(pin_command(0x2c, 2, 0x81, {"5555"})) == "6a86");
  CHECK(card.send("002c0381") == "6a86");
}

}  // namespace eidtool::tests
