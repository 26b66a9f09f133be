// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <string>

#include "support/cards.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// A desk with documents to sign.
class SigningDesk : public Desk {
 public:
  explicit SigningDesk(const TokenKind& token = {}) : Desk({token}) {
    write("doc", "text");
    write("second", "more text");
    write("large", std::string((1U << 20U) + 1, 'x'));
  }
};

// The sessions: one document with a key that takes one login, and several with one that takes a login for each.
const std::string sign_one = "sign doc --pin-file ../pin";
const std::string sign_two_by_signature_key = "sign doc second --as signature --pin-file ../pin";

}  // namespace

TEST_CASE("a module that never comes back can be ended, and leaves nothing") {
  SigningDesk desk;
  for (const auto& function : {"C_Login", "C_Sign"}) {
    INFO(function);
    desk.filter(std::string("block ") + function + "\n");
    const auto before = desk.files();
    Child signing(desk.eidtool_program(sign_one), {});
    signing.exchange([&] { return desk.logged("blocked") == 1; });
    ::kill(signing.id(), SIGTERM);
    const auto outcome = signing.wait();
    CHECK(outcome.status != 0);
    CHECK(outcome.output == "");
    CHECK(desk.files() == before);
  }
}

TEST_CASE("a card that is taken out at any moment is told as that, ends the batch and leaves nothing") {
  SigningDesk desk;
  for (const auto& pull :
       {"C_OpenSession", "C_OpenSession CKR_OK", "C_FindObjectsInit", "C_FindObjects CKR_SESSION_HANDLE_INVALID",
        "C_GetAttributeValue after 5", "C_FindObjectsFinal CKR_OK after 2", "C_Login", "C_Login CKR_OK",
        "C_Login CKR_GENERAL_ERROR", "C_Login CKR_PIN_LOCKED", "C_SignInit", "C_SignInit CKR_OK",
        "C_Sign CKR_TOKEN_NOT_PRESENT", "C_Sign"}) {
    INFO(pull);
    desk.filter(std::string("pull ") + pull + "\n");
    // A key that asks every time: nothing that went missing may cost a second PIN.
    const auto refusal = check_refused(desk, sign_two_by_signature_key, 6, "");
    CHECK(desk.logged("C_Login CKU_USER") <= 1);
    CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") <= 1);
    CHECK(desk.logged("C_Sign") <= 1);
    const auto outcome = desk.eidtool(sign_two_by_signature_key + " --json");
    const auto lines = json_lines(outcome.output);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].text("/kind") == "token_removed");
    CHECK(lines[0].has("/function"));
  }
}

TEST_CASE("a locked PIN of a card that is gone is a card removed") {
  SigningDesk desk;
  desk.filter("pull C_Login CKR_PIN_LOCKED\n");
  const auto refusal = check_refused(desk, sign_one, 6, "was removed while its PIN was checked");
  CHECK(says(refusal, "error", "C_Login answered CKR_PIN_LOCKED"));
  CHECK_FALSE(says(refusal, "hint", "PUK"));
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a signature of another length than the key's is never published") {
  SigningDesk desk;
  for (const auto& size : {"0", "1", "255", "257", "512", "513", "99999999999", "unavailable"}) {
    INFO(size);
    desk.filter(std::string("length signature ") + size + "\n");
    check_refused(desk, sign_one, 6, "signature");
    check_refused(desk, sign_one + " --format cades", 6, "signature");
    CHECK(desk.logged("C_Login") == 2);
  }
}

TEST_CASE("a signature over something else or by another key is never published") {
  SigningDesk desk;
  for (const auto& directive : {"leave-out-digest-info", "sign-by-another-key", "corrupt-signature"}) {
    for (const auto& line :
         {sign_one, sign_one + " -o -", sign_one + " --format cades", std::string("sign large --pin-file ../pin")}) {
      INFO(directive);
      desk.filter(std::string(directive) + "\n");
      check_refused(desk, line, 6, "does not verify");
      CHECK(desk.logged("C_Login") == 1);
    }
  }
}

TEST_CASE("an ECDSA signature whose parts begin with zeros is one that others verify") {
  SigningDesk desk({"p256", "card2"});
  desk.filter("leading-zeros\n");
  REQUIRE(desk.eidtool("export-cert --pem -o cert.pem").status == 0);
  desk.write("key.pem", desk.run({"openssl", "x509", "-in", "cert.pem", "-noout", "-pubkey"}).output);
  for (int round = 0; round < 4; ++round) {
    CHECK(desk.eidtool(sign_one + " --force").status == 0);
    // Of r and s, DER of 32 bytes each, one is shorter.
    CHECK(desk.read("doc.sig").size() <= 71);
    const auto checking =
        desk.run({"openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "doc.sig", "doc"});
    INFO(checking.output << checking.errors);
    CHECK(checking.status == 0);
  }
}

TEST_CASE("a key that wants the PIN every time and denies it gets the one of the login alone, and a hint") {
  SigningDesk desk;
  desk.filter("flag CKA_ALWAYS_AUTHENTICATE false\n");
  const auto refusal = check_refused(desk, sign_two_by_signature_key, 5, "C_Sign answered CKR_USER_NOT_LOGGED_IN");
  CHECK(says(refusal, "hint", "does not say so"));
  CHECK(says(refusal, "warning", "1 further document was not signed"));
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a key that asks for a PIN which it does not take gets it once") {
  SigningDesk desk;
  desk.filter("flag CKA_ALWAYS_AUTHENTICATE true\n");
  check_refused(desk, "sign doc second --as authentication --pin-file ../pin", 6, "C_Login answered");
  CHECK(desk.logged("C_Login CKU_USER") == 1);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 1);
}

TEST_CASE("a card known to forget its login after each signature is given the PIN for each") {
  SigningDesk desk;
  desk.filter(std::string(spanish_card) + "forget-login\nflag CKA_ALWAYS_AUTHENTICATE false\n");
  const auto signing = desk.eidtool("sign doc second large --label 'CITIZEN SIGNATURE CERTIFICATE' --pin-file ../pin");
  INFO(signing.errors);
  CHECK(signing.status == 0);
  CHECK(says(signing, "notice", "sent for each of 3"));
  CHECK(desk.logged("C_Login CKU_USER") == 1);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 3);
}

TEST_CASE("a card not known to forget its login signs once, and what to do is told") {
  for (const std::string jobs : {"1", "2"}) {
    INFO(jobs);
    SigningDesk desk;
    desk.filter(std::string(unknown_card) + "forget-login\nflag CKA_ALWAYS_AUTHENTICATE false\n");
    const auto outcome = desk.eidtool("sign doc second large --as signature --pin-file ../pin --jobs " + jobs);
    CHECK(outcome.status == 5);
    CHECK(says(outcome, "error", "CKR_USER_NOT_LOGGED_IN"));
    CHECK(says(outcome, "hint", "one at a time"));
    // With two jobs it may be at hand already.
    if (jobs == "1") CHECK(says(outcome, "warning", "1 further document was not signed"));
    CHECK(desk.logged("C_Login") == 1);
    CHECK(desk.has("doc.sig"));
    CHECK_FALSE(desk.has("second.sig"));
    CHECK_FALSE(desk.has("large.sig"));
    for (const auto& document : {"second", "large"}) {
      CHECK(desk.eidtool(std::string("sign --as signature --pin-file ../pin ") + document).status == 0);
    }
  }
}

TEST_CASE("a module that asks by itself, unbidden, reads nothing and spoils nothing") {
  SigningDesk desk;
  for (const auto& function : {"C_Login", "C_Sign"}) {
    INFO(function);
    desk.filter(std::string("prompt ") + function + " PIN, please:\n");
    const auto signing = desk.eidtool("sign - --pin-file ../pin", "text");
    CHECK(signing.status == 0);
    CHECK(signing.output.size() == 256);
    CHECK(contains(signing.errors, "PIN, please:"));
    CHECK(desk.logged("answered 0 bytes") == 1);
  }
}

TEST_CASE("a module that is known to ask by itself has the terminal while it signs, and no PIN of eidtool's") {
  SigningDesk desk;
  desk.filter(std::string(belgian_card) +
              "token-flags clear CKF_LOGIN_REQUIRED\nlog-in-by-itself\nprompt C_Sign The card's own PIN:\n");
  const std::string line = "sign doc --label 'CITIZEN AUTHENTICATION CERTIFICATE'";
  TerminalSession signing(desk.eidtool_program(line), {});
  signing.expect("The card's own PIN:");
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK(desk.has("doc.sig"));
  CHECK(desk.logged("answered 5 bytes") == 1);
  CHECK(desk.logged("C_Login") == 0);
  // With --no-input nobody is asked, by nobody.
  TerminalSession forbidden(desk.eidtool_program(line + " --force --no-input"), {});
  CHECK(forbidden.wait().status == 0);
  CHECK(desk.logged("answered 0 bytes") == 1);
}

}  // namespace eidtool::tests
