// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

std::string pin_state(const CardDesk& desk, const std::string& token) {
  for (const auto& line : json_lines(desk.eidtool("slots --json").output)) {
    if (contains(line.text("/token/label"), token)) return line.text("/token/pin_state");
  }
  return "no such token";
}

}  // namespace

TEST_CASE("wrong PINs: the first is told, the second warned of, the last one refused, and the lock is left alone") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  const std::string wrong = "sign doc --pin-file ../wrong";

  check_refused(desk, wrong, 5, "refused the PIN");
  CHECK(desk.traced("VERIFY 81: 2 tries left") == 1);
  CHECK(desk.pins_sent() == 1);
  CHECK(desk.tries_left("authentication") == 2);
  CHECK(pin_state(desk, "Auth PIN") == "count_low");
  CHECK(pin_state(desk, "Sign PIN") == "ok");

  // Putting the card in again forgives nothing.
  desk.remove();
  desk.insert();
  TerminalSession prompted(desk.eidtool_program("sign doc"), {});
  prompted.expect("authentication PIN");
  prompted.expect("a wrong PIN was entered before");
  prompted.send("98765\n");
  const auto second = prompted.wait();
  CHECK(second.status == 5);
  CHECK(contains(second.terminal, "ONE try is left"));
  CHECK(desk.pins_sent() == 2);
  CHECK(desk.tries_left("authentication") == 1);
  CHECK(pin_state(desk, "Auth PIN") == "final_try");

  const auto refused = check_refused(desk, wrong, 5, "one try left");
  CHECK(says(refused, "hint", "--allow-final-try"));
  check_refused(desk, "objects --login --pin-file ../wrong", 5, "one try left");
  CHECK(desk.pins_sent() == 2);

  check_refused(desk, wrong + " --allow-final-try", 5, "locked");
  CHECK(desk.pins_sent() == 3);
  CHECK(desk.tries_left("authentication") == 0);
  CHECK(pin_state(desk, "Auth PIN") == "locked");

  desk.forget_trace();
  check_refused(desk, "sign doc --pin-file ../authentication", 5, "locked");
  check_refused(desk, "sign doc --pin-file ../authentication --allow-final-try", 5, "locked");
  check_refused(desk, "objects --login --pin-file ../authentication", 5, "locked");
  CHECK(desk.pins_sent() == 0);

  // The other PIN is another one.
  CHECK(desk.tries_left("signature") == 3);
  CHECK(desk.eidtool("sign doc --as signature --pin-file ../signature").status == 0);
}

TEST_CASE("the right PIN on the final try gives all tries back") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  CHECK(desk.eidtool("sign doc --pin-file ../wrong").status == 5);
  CHECK(desk.eidtool("sign doc --pin-file ../wrong").status == 5);
  CHECK(desk.eidtool("sign doc --pin-file ../authentication --allow-final-try").status == 0);
  CHECK(desk.tries_left("authentication") == 3);
  CHECK(pin_state(desk, "Auth PIN") == "ok");
}

TEST_CASE("a wrong PIN is sent once, however many documents there are") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  for (const auto* name : {"a", "b", "c"}) desk.write(name, name);
  CHECK(desk.eidtool("sign a b c --pin-file ../wrong").status == 5);
  CHECK(desk.pins_sent() == 1);
  CHECK(desk.eidtool("sign a b c --as signature --pin-file ../wrong").status == 5);
  CHECK(desk.pins_sent() == 2);
  CHECK(desk.tries_left("authentication") == 2);
  CHECK(desk.tries_left("signature") == 2);
}

TEST_CASE("the PIN of one token is never sent to another, and PINs that no card takes are not sent") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  desk.write("../short", "123\n");
  desk.write("../long", "123456789\n");
  check_refused(desk, "sign doc --pin-file ../short", 5, "too short");
  check_refused(desk, "sign doc --pin-file ../long", 5, "too long");
  check_refused(desk, "sign doc --no-input", 5, "PIN");
  CHECK(desk.pins_sent() == 0);
  check_refused(desk, "sign doc --as signature --pin-file ../authentication", 5, "refused the PIN");
  CHECK(desk.traced("VERIFY 82") == 1);
  CHECK(desk.pins_sent() == 1);
}

TEST_CASE("the prompt names the card, the key and which of its PINs it wants") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  TerminalSession prompted(desk.eidtool_program("sign doc --as signature"), {});
  prompted.expect("signature PIN");
  prompted.expect("Portuguese Citizen Card");
  prompted.expect("CITIZEN SIGNATURE");
  prompted.send(control_c);
  CHECK(prompted.wait().status == 5);
  CHECK(desk.pins_sent() == 0);
}

TEST_CASE("the holder changes a PIN, and unblocks one that is locked, with OpenSC's own tool") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  desk.write("../changed", "654321\n");
  const auto changing =
      desk.run({"pkcs15-tool", "--change-pin", "--auth-id", "01", "--pin", "1111", "--new-pin", "654321"});
  INFO(changing.output << changing.errors);
  CHECK(changing.status == 0);
  CHECK(desk.eidtool("sign doc --force --pin-file ../changed").status == 0);
  check_refused(desk, "sign doc --force --pin-file ../authentication", 5, "refused the PIN");

  // RESET RETRY COUNTER, with what the card has for a PUK.
  for (int count = 0; count < 2; ++count) {
    CHECK(desk.eidtool("sign doc --force --allow-final-try --pin-file ../wrong").status == 5);
  }
  CHECK(desk.tries_left("authentication") == 0);
  CHECK(desk.run({"opensc-tool", "--reader", "Virtual PCD 00 00", "-s", "00:A4:04:0C:07:60:46:32:FF:00:00:02", "-s",
                  "00:2C:00:81:10:31:32:33:34:35:36:37:38:31:31:31:31:FF:FF:FF:FF"})
            .status == 0);
  CHECK(desk.tries_left("authentication") == 3);
  CHECK(desk.eidtool("sign doc --force --pin-file ../authentication").status == 0);
}

}  // namespace eidtool::tests
