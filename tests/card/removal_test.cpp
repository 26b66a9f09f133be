// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <functional>
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

constexpr std::chrono::seconds soon{30};

/// `eidtool sign doc` at its prompt; then something happens, and the PIN is typed.
Outcome sign_after(const CardDesk& desk, const std::function<void()>& happening) {
  auto program = desk.eidtool_program("sign doc");
  program.time_limit = soon;
  TerminalSession signing(program, {});
  signing.expect("authentication PIN");
  happening();
  signing.send("1111\n");
  return signing.wait();
}

void check_nothing_was_signed(const CardDesk& desk, const Outcome& outcome, int status = 6) {
  INFO(outcome.errors << outcome.terminal);
  CHECK(outcome.status == status);
  CHECK(desk.files().size() == 1);
}

}  // namespace

TEST_CASE("without a card, without a reader and without pcscd there is no token, and a hint") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.write("doc", "text");
  check_refused(desk, "sign doc --pin-file ../authentication", 4, "no token");
  const auto slots = desk.eidtool("slots");
  CHECK(slots.status == 0);
  CHECK_FALSE(said(slots, "hint").empty());
  desk.unplug_reader();
  check_refused(desk, "sign doc --pin-file ../authentication", 4, "no token");
  desk.stop_pcscd();
  check_refused(desk, "sign doc --pin-file ../authentication", 4, "no token");
}

TEST_CASE("a card that is pulled out at any moment ends the signing at once, with nothing left behind") {
  if (!has_card_reader()) return;
  for (const auto* moment : {"verify", "environment", "sign"}) {
    INFO(moment);
    CardDesk desk;
    desk.write("doc", "text");
    desk.insert(std::string("--pull-at ") + moment);
    auto program = desk.eidtool_program("sign doc --pin-file ../authentication");
    program.time_limit = soon;
    const auto outcome = run(program);
    check_nothing_was_signed(desk, outcome);
    CHECK(desk.traced("pulled out at") == 1);
    CHECK(desk.tries_left("authentication") == 3);
    // Put back, it signs.
    desk.insert();
    CHECK(desk.eidtool("sign doc --pin-file ../authentication").status == 0);
  }
}

TEST_CASE("a card that is pulled out while the PIN is typed gets none, and signs after it was put back") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.write("doc", "text");
  desk.insert();
  check_nothing_was_signed(desk, sign_after(desk, [&] { desk.remove(); }));
  CHECK(desk.pins_sent() == 0);
  desk.insert();
  CHECK(desk.eidtool("sign doc --pin-file ../authentication").status == 0);
}

TEST_CASE("another card that was put in meanwhile gets no PIN of the first one's") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.write("doc", "text");
  desk.add_card("../other.json", {"--key-size 2048 --given-names ANA --surname LIMA"});
  desk.insert();
  const auto outcome = sign_after(desk, [&] {
    desk.remove();
    desk.insert("", "../other.json");
  });
  check_nothing_was_signed(desk, outcome);
  CHECK(desk.pins_sent() == 0);
  const auto signing = desk.eidtool("sign doc --pin-file ../authentication --json");
  CHECK(signing.status == 0);
  CHECK(json_lines(signing.output).at(0).text("/signer/common_name") == "ANA LIMA");
}

TEST_CASE("the same card put back while the PIN is typed is not taken for one that never left") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.write("doc", "text");
  desk.insert();
  const auto outcome = sign_after(desk, [&] {
    desk.remove();
    desk.insert();
  });
  // Whether it signs or is told to begin again is the module's affair; a PIN is lost in neither case.
  INFO(outcome.terminal);
  CHECK((outcome.status == 0 || outcome.status == 6));
  CHECK(desk.has("doc.sig") == (outcome.status == 0));
  CHECK(desk.tries_left("authentication") == 3);
}

TEST_CASE("a reader that is unplugged, and a pcscd that is stopped, end the signing too") {
  if (!has_card_reader()) return;
  for (const bool is_stopped : {false, true}) {
    INFO(is_stopped);
    CardDesk desk;
    desk.write("doc", "text");
    desk.insert();
    const auto outcome = sign_after(desk, [&] { is_stopped ? desk.stop_pcscd() : desk.unplug_reader(); });
    check_nothing_was_signed(desk, outcome);
    CHECK(desk.pins_sent() == 0);
  }
}

TEST_CASE("a batch ends where the card is pulled out, and keeps what was signed") {
  if (!has_card_reader()) return;
  CardDesk desk;
  for (const auto* name : {"a", "b", "c"}) desk.write(name, name);
  desk.insert();
  TerminalSession signing(desk.eidtool_program("sign a b c --as signature"), {});
  signing.expect("signature PIN");
  signing.send("2222\n");
  signing.expect("signature PIN");  // for the second
  desk.remove();
  signing.send("2222\n");
  const auto outcome = signing.wait();
  INFO(outcome.terminal);
  CHECK(outcome.status == 6);
  CHECK(contains(outcome.terminal, "1 further document was not signed"));
  CHECK(desk.has("a.sig"));
  CHECK_FALSE(desk.has("b.sig"));
  CHECK(desk.traced("COMPUTE DIGITAL SIGNATURE") == 1);
}

}  // namespace eidtool::tests
