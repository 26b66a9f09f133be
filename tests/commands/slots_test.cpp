// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "support/cards.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// The records of initialised tokens: SoftHSM always shows one more, empty.
std::vector<JsonLine> tokens_of(const Outcome& listing) {
  auto lines = json_lines(listing.output);
  lines.erase(std::remove_if(lines.begin(), lines.end(),
                             [](const JsonLine& line) {
                               if (line.type() != "slot" || line.is_null("/token")) return true;
                               const auto flags = line.texts("/token/flags");
                               return std::find(flags.begin(), flags.end(), "token_initialized") == flags.end();
                             }),
              lines.end());
  return lines;
}

bool has(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

TEST_CASE("slots names the card first, then every detail") {
  Desk desk;
  const auto listing = desk.eidtool("slots");
  CHECK(listing.status == 0);
  CHECK(listing.errors == "");
  CHECK(listing.output.rfind("Virtual citizen (SoftHSM)", 0) == 0);
  for (const auto& part :
       {"serial number", "manufacturer", "pin state", "firmware version", "pkcs11:", "libsofthsm2.so"}) {
    INFO(part);
    CHECK(contains(listing.output, part));
  }
  CHECK_FALSE(contains(listing.output, "\x1b"));
}

TEST_CASE("slots --json tells the same as a record") {
  Desk desk;
  const auto listing = desk.eidtool("slots --json");
  CHECK(listing.status == 0);
  const auto tokens = tokens_of(listing);
  REQUIRE(tokens.size() == 1);
  const auto& slot = tokens[0];
  CHECK(slot.text("/token/profile") == "Virtual citizen (SoftHSM)");
  CHECK(slot.text("/token/pin_state") == "ok");
  CHECK(slot.number("/token/pin_min_length") == 4);
  CHECK(slot.text("/token/uri").rfind("pkcs11:", 0) == 0);
  CHECK(has(slot.texts("/token/flags"), "login_required"));
  CHECK_FALSE(slot.has("/token/mechanisms"));
  CHECK(contains(slot.text("/module/path"), "libsofthsm2.so"));
}

TEST_CASE("slots --mechanisms lists what the token can do") {
  Desk desk;
  const auto tokens = tokens_of(desk.eidtool("slots --mechanisms --json"));
  REQUIRE(tokens.size() == 1);
  CHECK(has(tokens[0].texts("/token/mechanisms"), "sha256_rsa_pkcs"));
  CHECK(contains(desk.eidtool("slots --mechanisms").output, "sha256_rsa_pkcs"));
}

TEST_CASE("a token that nobody initialised shows with --all alone") {
  // SoftHSM offers one more of these, always.
  Desk desk;
  CHECK_FALSE(contains(desk.eidtool("slots").output, "Uninitialised"));
  CHECK(contains(desk.eidtool("slots --all").output, "Uninitialised token"));
}

TEST_CASE("slots narrows down to the token that is chosen") {
  Desk desk({TokenKind{"rsa2048", "card1"}, TokenKind{"p256", "card2", "SECOND"}});
  CHECK(tokens_of(desk.eidtool("slots --json")).size() == 2);
  const auto second = tokens_of(desk.eidtool("slots --json --token SECOND"));
  REQUIRE(second.size() == 1);
  CHECK(second[0].text("/token/label") == "SECOND");
  const auto uri = second[0].text("/token/uri");
  const auto by_uri = tokens_of(desk.eidtool("slots --json --uri '" + uri + "'"));
  REQUIRE(by_uri.size() == 1);
  CHECK(by_uri[0].text("/token/serial_number") == second[0].text("/token/serial_number"));
  CHECK(tokens_of(desk.eidtool("slots --json --serial " + second[0].text("/token/serial_number"))).size() == 1);
  CHECK(tokens_of(desk.eidtool("slots --json --slot " + std::to_string(second[0].number("/slot_id")))).size() == 1);
}

TEST_CASE("slots that finds nothing is no failure, but gives a hint") {
  Desk desk;
  const auto listing = desk.eidtool("slots --token 'no such token'");
  CHECK(listing.status == 0);
  CHECK(listing.output == "");
  CHECK(says(listing, "hint", "no such token"));
}

TEST_CASE("slots tells the state of the PIN from the token's flags") {
  struct Row {
    const char* flags;
    const char* state;
  };
  constexpr Row rows[] = {{"CKF_USER_PIN_COUNT_LOW", "count_low"},
                          {"CKF_USER_PIN_FINAL_TRY", "final_try"},
                          {"CKF_USER_PIN_LOCKED", "locked"},
                          {"CKF_USER_PIN_TO_BE_CHANGED", "to_be_changed"}};
  Desk desk;
  for (const auto& row : rows) {
    INFO(row.flags);
    desk.filter(std::string("token-flags set ") + row.flags + "\n");
    const auto tokens = tokens_of(desk.eidtool("slots --json"));
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].text("/token/pin_state") == row.state);
  }
}

TEST_CASE("a label that is meant for the terminal's escape sequences is shown, not obeyed") {
  Desk desk;
  desk.filter(
      "label \x1b[2J\xe2\x80\xae"
      "evil\n");
  const auto listing = desk.eidtool("slots --color always");
  CHECK(listing.status == 0);
  CHECK_FALSE(contains(listing.output, "\x1b[2J"));
  CHECK_FALSE(contains(listing.output, "\xe2\x80\xae"));
  CHECK(contains(listing.output, "evil"));
}

TEST_CASE("slots calls nobody's profile by a label alone and logs in nowhere") {
  Desk desk;
  desk.filter(unknown_card);
  const auto tokens = tokens_of(desk.eidtool("slots --json"));
  REQUIRE(tokens.size() == 1);
  CHECK(tokens[0].is_null("/token/profile"));
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("colors come when asked for, and never into a pipe by themselves") {
  Desk desk;
  CHECK(contains(desk.eidtool("slots --color always").output, "\x1b["));
  CHECK_FALSE(contains(desk.eidtool("slots").output, "\x1b["));
  TerminalSession terminal(desk.eidtool_program("slots"), {});
  CHECK_FALSE(contains(terminal.wait().terminal, "\x1b["));  // TERM is not set
  desk.environment["TERM"] = "xterm";
  TerminalSession colored(desk.eidtool_program("slots"), {});
  CHECK(contains(colored.wait().terminal, "\x1b["));
  desk.environment["NO_COLOR"] = "1";
  TerminalSession plain(desk.eidtool_program("slots"), {});
  CHECK_FALSE(contains(plain.wait().terminal, "\x1b["));
}

TEST_CASE("slots folds long lists to the width of the terminal") {
  Desk desk;
  TerminalSession::Shape narrow;
  narrow.columns = 60;
  TerminalSession terminal(desk.eidtool_program("slots --mechanisms"), narrow);
  const auto shown = terminal.wait().terminal;
  CHECK(contains(shown, "sha256_rsa_pkcs"));
  for (const auto& line : lines_of(shown)) {
    if (contains(line, "pkcs11:") || contains(line, "/")) continue;  // URIs and file names stay in one piece
    INFO(line);
    CHECK(line.size() <= 61);  // with the carriage return
  }
}

TEST_CASE("slots names what a module answered when it fails") {
  Desk desk;
  desk.filter("return C_GetSlotList CKR_DEVICE_ERROR\n");
  const auto refusal = check_refused(desk, "slots", 6, "CKR_DEVICE_ERROR");
  CHECK(contains(refusal.errors, "C_GetSlotList"));
  const auto record = json_lines(desk.eidtool("slots --json").output);
  REQUIRE(record.size() == 1);
  CHECK(record[0].type() == "error");
  CHECK(record[0].text("/kind") == "module_failed");
  CHECK(record[0].text("/function") == "C_GetSlotList");
  CHECK(record[0].number("/exit_status") == 6);
}

TEST_CASE("modules that cannot be used are named") {
  Desk desk(no_tokens);
  desk.write("text.so", "no library");
  desk.module_options = {"--module", desk.path("missing.so")};
  check_refused(desk, "slots", 6, "missing.so");
  desk.module_options = {"--module", desk.path("text.so")};
  check_refused(desk, "slots", 6, "text.so");
  desk.module_options = {"--module", "/lib/x86_64-linux-gnu/libc.so.6"};
  if (std::filesystem::exists(desk.module_options[1])) check_refused(desk, "slots", 6, "libc.so.6");
}

TEST_CASE("one module of two that fails is named in a warning and hides nothing") {
  Desk desk;
  desk.module_options.insert(desk.module_options.end(), {"--module", desk.path("missing.so")});
  const auto listing = desk.eidtool("slots --json");
  CHECK(listing.status == 0);
  CHECK(tokens_of(listing).size() == 1);
  CHECK(says(listing, "warning", "missing.so"));
}

}  // namespace eidtool::tests
