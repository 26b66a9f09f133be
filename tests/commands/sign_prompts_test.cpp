// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "support/cards.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

void put_documents(Desk& desk) {
  for (const auto& name : {"a", "b", "c"}) desk.write(name, name);
}

std::size_t count_notices(const Outcome& outcome, const std::string& part) {
  const auto notices = said(outcome, "notice");
  return static_cast<std::size_t>(
      std::count_if(notices.begin(), notices.end(), [&](const std::string& line) { return contains(line, part); }));
}

}  // namespace

TEST_CASE("an always-authenticate key takes one login for the token and one for the signature, with one PIN") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  TerminalSession signing(desk.eidtool_program("sign --as signature doc"), {});
  signing.expect("PIN");
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK(desk.logged("C_Login CKU_USER") == 1);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 1);
  CHECK(desk.has("doc.sig"));
}

TEST_CASE("how often a key will ask for the PIN is said before it asks the first time") {
  Desk desk;
  put_documents(desk);
  desk.filter("");
  TerminalSession signing(desk.eidtool_program("sign --as signature a b"), {});
  signing.expect("2 prompts");
  signing.expect("PIN of");
  CHECK_FALSE(signing.echoes());
  signing.send("1234\n");
  signing.expect("PIN of");
  CHECK_FALSE(signing.echoes());
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK_FALSE(contains(outcome.terminal, "further"));
  CHECK(desk.logged("C_Login CKU_USER") == 1);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 2);
}

TEST_CASE("what only the login shows is said directly after it, and before the next prompt") {
  Desk desk;
  put_documents(desk);
  desk.filter(unknown_card);
  TerminalSession signing(desk.eidtool_program("sign --as signature a b c"), {});
  signing.expect("PIN of");
  signing.send("1234\n");
  signing.expect("2 further prompts");
  for (int prompt = 0; prompt < 2; ++prompt) {
    signing.expect("PIN of");
    signing.send("1234\n");
  }
  CHECK(signing.wait().status == 0);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 3);
}

TEST_CASE("one prompt, and keys that ask once, are not announced") {
  for (const std::string script : {"", unknown_card}) {
    for (const std::string line : {"sign --as signature a", "sign --as authentication a b c"}) {
      INFO(script << line);
      Desk desk;
      put_documents(desk);
      desk.filter(script);
      TerminalSession signing(desk.eidtool_program(line), {});
      signing.expect("PIN of");
      signing.send("1234\n");
      const auto outcome = signing.wait();
      CHECK(outcome.status == 0);
      CHECK_FALSE(contains(outcome.terminal, "prompt"));
    }
  }
}

TEST_CASE("the number of signatures that a stored PIN will make is announced, once") {
  for (const std::string script : {"", unknown_card}) {
    INFO(script);
    Desk desk;
    put_documents(desk);
    desk.filter(script);
    const auto signing = desk.eidtool("sign --as signature a b c --pin-file ../pin");
    CHECK(signing.status == 0);
    CHECK(count_notices(signing, "the stored PIN is sent for each of 3") == 1);
    CHECK(said(signing, "notice").size() == 2);  // the other says how many were signed
    CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 3);
    CHECK(said(desk.eidtool("sign --as signature a --force --pin-file ../pin"), "notice").empty());
    CHECK(desk.eidtool("sign -q --as signature a b --force --pin-file ../pin").errors == "");
  }
}

TEST_CASE("a keypad hands no PIN on, so that the login counts beside the signatures") {
  struct Row {
    const char* script;
    const char* line;
    const char* notice;
    std::size_t entries;
  };
  const Row rows[] = {
      {"", "sign --as signature a", "2 prompts", 2},
      {"", "sign --as signature a b", "3 prompts", 3},
      {unknown_card, "sign --as signature a", "1 further prompt", 2},
      {unknown_card, "sign --as signature a b", "2 further prompts", 3},
      // A stored PIN is of no use to a keypad.
      {"", "sign --as signature a b --pin-file ../pin", "3 prompts", 3},
  };
  for (const auto& row : rows) {
    INFO(row.script << row.line);
    Desk desk;
    put_documents(desk);
    desk.filter(std::string("token-flags set CKF_PROTECTED_AUTHENTICATION_PATH\n") + row.script);
    const auto signing = desk.eidtool(row.line);
    INFO(signing.errors);
    CHECK(signing.status == 0);
    CHECK(count_notices(signing, row.notice) == 1);
    CHECK(count_notices(signing, "enter the ") == row.entries);
    CHECK(desk.logged("C_Login") == row.entries);
  }
}

TEST_CASE("a key that asks less than its card's kind does is told of") {
  Desk desk({TokenKind{"rsa2048", "card1", "CARTAO DE CIDADAO (once)", "--always-authenticate no"}});
  put_documents(desk);
  desk.filter("");
  TerminalSession signing(desk.eidtool_program("sign --as signature a b c"), {});
  signing.expect("3 prompts");
  signing.expect("PIN of");
  signing.send("1234\n");
  signing.expect("not to ask at every signature");
  CHECK(signing.wait().status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a card that asks at every signature whatever its keys say is announced by its profile") {
  Desk desk;
  put_documents(desk);
  desk.filter(spanish_card);
  TerminalSession signing(desk.eidtool_program("sign --as authentication a b"), {});
  signing.expect("2 prompts");
  signing.expect("PIN of");
  signing.send(control_c);
  CHECK(signing.wait().status == 5);
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a module that asks by itself is announced with the most that it may ask") {
  Desk desk;
  put_documents(desk);
  desk.filter("manufacturer Portuguese Government\nmodel Portuguese eID NG\ntoken-flags clear CKF_LOGIN_REQUIRED\n");
  // SoftHSM shows no private key without a login, so that nothing is signed here.
  CHECK(count_notices(desk.eidtool("sign --as authentication a b c"), "up to 3 times") == 1);
  CHECK(said(desk.eidtool("sign --as authentication a"), "notice").empty());
  CHECK(desk.logged("C_Login") == 0);
}

}  // namespace eidtool::tests
