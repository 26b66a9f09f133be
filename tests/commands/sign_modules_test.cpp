// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "support/cards.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// Signs small and large, by file and by pipe, and has everything verified.
void check_signs(const Desk& desk, const std::string& options, const std::string& key) {
  INFO(options << " with " << key);
  REQUIRE(desk.eidtool("export-cert --force -o c.der").status == 0);
  for (const auto& name : {"small", "large"}) {
    INFO(name);
    const auto signing = desk.eidtool(std::string("sign --force --pin-file ../pin ") + name + " " + options);
    INFO(signing.errors);
    CHECK(signing.status == 0);
    const auto checking = desk.eidtool(std::string("verify --cert c.der ") + name + ".sig");
    INFO(checking.output << checking.errors);
    CHECK(checking.status == 0);
  }
}

void put_documents(const Desk& desk) {
  desk.write("small", "text");
  desk.write("large", std::string((2U << 20U) + 1, 'x'));
}

constexpr const char* hashing_only_rsa = "hide CKM_RSA_PKCS CKM_RSA_PKCS_PSS CKM_RSA_X_509\n";
constexpr const char* raw_only_rsa = "only CKM_RSA_PKCS CKM_RSA_PKCS_PSS\n";
constexpr const char* hashing_only_ec =
    "add CKM_ECDSA_SHA1 CKM_ECDSA_SHA256 CKM_ECDSA_SHA384 CKM_ECDSA_SHA512\nhide CKM_ECDSA\n";

}  // namespace

TEST_CASE("a module with hashing mechanisms only signs with RSA") {
  Desk desk;
  put_documents(desk);
  desk.filter(hashing_only_rsa);
  for (const auto& options : {"", "--digest sha512", "--padding pss", "--padding pss --digest sha384"})
    check_signs(desk, options, "rsa2048");
  CHECK(desk.logged("C_SignInit CKM_SHA256_RSA_PKCS") == 2);
  CHECK(desk.logged("C_SignInit CKM_RSA_PKCS") == 0);
}

TEST_CASE("a module with raw mechanisms only signs with RSA") {
  Desk desk;
  put_documents(desk);
  desk.filter(raw_only_rsa);
  for (const auto& options : {"", "--digest sha384"}) check_signs(desk, options, "rsa2048");
  CHECK(desk.logged("C_SignInit CKM_RSA_PKCS") == 4);
  CHECK(desk.logged("C_SignUpdate") == 0);
}

TEST_CASE("a module with raw mechanisms only signs with RSA-PSS") {
  Desk desk;
  put_documents(desk);
  desk.filter(raw_only_rsa);
  check_signs(desk, "--padding pss", "rsa2048");
}

TEST_CASE("a module with hashing mechanisms only signs with EC") {
  Desk desk({TokenKind{"p256", "card2"}});
  put_documents(desk);
  desk.filter(hashing_only_ec);
  for (const auto& options : {"", "--digest sha384", "--digest sha512"}) check_signs(desk, options, "p256");
  CHECK(desk.logged("C_SignInit CKM_ECDSA_SHA256") == 2);
}

TEST_CASE("a module with both takes the hashing mechanism for what is small and the raw one for what is large") {
  Desk desk;
  put_documents(desk);
  // Not the virtual citizen's own profile: that of a card that nobody knows.
  desk.filter(unknown_card);
  check_signs(desk, "", "rsa2048");
  CHECK(desk.logged("C_SignInit CKM_SHA256_RSA_PKCS") == 1);
  CHECK(desk.logged("C_SignInit CKM_RSA_PKCS") == 1);
}

TEST_CASE("a mechanism that is listed and refused is made up for by the other one") {
  Desk desk;
  put_documents(desk);
  const std::string unknown = unknown_card;
  for (const auto& directive :
       {"refuse CKM_SHA256_RSA_PKCS", "refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD", "refuse CKM_RSA_PKCS",
        "refuse CKM_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD", "refuse CKM_RSA_PKCS at C_Sign CKR_DATA_LEN_RANGE"}) {
    INFO(directive);
    desk.filter(unknown + directive + "\n");
    check_signs(desk, "", "rsa2048");
    CHECK(desk.logged("C_Login CKU_USER") == 2);
  }
}

TEST_CASE("a refused signature that the module keeps open does not stand in the way of the other mechanism") {
  Desk desk;
  put_documents(desk);
  const std::string unknown = std::string(unknown_card) + "keep-operation\n";
  for (const auto& directive : {"refuse CKM_SHA256_RSA_PKCS", "refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD",
                                "refuse CKM_RSA_PKCS"}) {
    INFO(directive);
    desk.filter(unknown + directive + "\n");
    check_signs(desk, "", "rsa2048");
    CHECK(desk.logged("C_Login") == 2);  // one for each document that was signed
  }
  // One login signs all of a batch, each document's refusal left open.
  desk.filter(unknown + "refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD\n");
  desk.write("second", "second");
  desk.write("third", "third");
  CHECK(desk.eidtool("sign second third --pin-file ../pin").status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("where the other mechanism does not help, the first refusal is told") {
  Desk desk;
  put_documents(desk);
  const std::string unknown = unknown_card;
  const auto check_told = [&](const std::string& script, const std::string& function, const std::string& rv) {
    INFO(script);
    desk.filter(unknown + script);
    check_refused(desk, "sign small --pin-file ../pin", 6, function + " answered " + rv);
    const auto lines = json_lines(desk.eidtool("sign small --json --pin-file ../pin").output);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].text("/kind") == "token_unsupported");
    CHECK(lines[0].text("/function") == function);
  };
  // Both are refused.
  check_told("refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD\nrefuse CKM_RSA_PKCS CKR_DATA_LEN_RANGE\n",
             "C_Sign", "CKR_ARGUMENTS_BAD");
  // The other one cannot begin, and no second session is to be had: one is for choosing the key.
  check_told(
      "keep-operation\nreturn C_OpenSession CKR_SESSION_COUNT after 1\n"
      "refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD\n",
      "C_Sign", "CKR_ARGUMENTS_BAD");
  // Not in a new session either.
  check_told("return C_SignInit CKR_OPERATION_ACTIVE after 1\nrefuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD\n",
             "C_Sign", "CKR_ARGUMENTS_BAD");
  // What happens to the token meanwhile says more than the refusal.
  desk.filter(unknown + "refuse CKM_SHA256_RSA_PKCS\nreturn C_Sign CKR_DEVICE_REMOVED\n");
  check_refused(desk, "sign small --pin-file ../pin", 6, "CKR_DEVICE_REMOVED");
  // Where nothing was refused before, what the module answers is told as it is.
  desk.filter(unknown + "return C_SignInit CKR_OPERATION_ACTIVE\n");
  check_refused(desk, "sign small --pin-file ../pin", 6, "C_SignInit answered CKR_OPERATION_ACTIVE");
}

TEST_CASE("a login that is not the PIN's gets none, and a hint on what to do") {
  Desk desk;
  put_documents(desk);
  // The vendor's module where the card is read without contact: its C_Login wants the CAN.
  desk.filter("manufacturer Portuguese Government\nmodel Portuguese eID NG\n");
  for (const auto& line : {"sign small --as signature --pin-file ../pin", "sign small --as signature",
                           "sign small large --as authentication --pin-file ../pin"}) {
    const auto refusal = check_refused(desk, line, 6, "wants a login that is not the PIN's");
    CHECK(says(refusal, "error", "token 'CARTAO DE CIDADAO"));
    CHECK(says(refusal, "hint", "CAN"));
    CHECK(says(refusal, "hint", "with its chip"));
  }
  const auto listing = desk.eidtool("objects --login --pin-file ../pin");
  CHECK(listing.status == 6);
  CHECK(says(listing, "error", "wants a login"));
  // Another card whose module asks by itself: nothing is known of its login.
  desk.filter(belgian_card);
  const auto refusal = check_refused(desk, "sign small --as signature --pin-file ../pin", 6, "wants a login");
  CHECK_FALSE(contains(refusal.errors, "CAN"));
  CHECK(desk.logged("C_Login") == 0);
  CHECK(desk.logged("C_SignInit") == 0);
  // Read by contact: the certificates are there without a login, and none is tried.
  desk.filter("manufacturer Portuguese Government\nmodel Portuguese eID NG\ntoken-flags clear CKF_LOGIN_REQUIRED\n");
  CHECK(desk.eidtool("export-cert --as signature").status == 0);
  CHECK(desk.eidtool("sign small --as signature --pin-file ../pin").status != 0);  // SoftHSM wants its login
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("the other mechanism is not tried where it would cost a second PIN") {
  Desk desk;
  put_documents(desk);
  desk.filter(std::string(unknown_card) + "refuse CKM_SHA256_RSA_PKCS at C_Sign CKR_ARGUMENTS_BAD\n");
  check_refused(desk, "sign small --as signature --pin-file ../pin", 6, "CKR_ARGUMENTS_BAD");
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 1);
  CHECK(desk.logged("C_SignInit") == 1);
}

TEST_CASE("where no mechanism serves, the digests that would are named, before a PIN is asked for") {
  Desk desk;
  put_documents(desk);
  desk.filter("only CKM_SHA1_RSA_PKCS CKM_SHA256_RSA_PKCS\n");
  const auto refusal = check_refused(desk, "sign small --digest sha512 --pin-file ../pin", 6, "sha512");
  CHECK(contains(refusal.errors, "sha256"));
  check_refused(desk, "sign small --padding pss --pin-file ../pin", 6, "pss");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a signature that the module made wrong is never published") {
  Desk desk;
  put_documents(desk);
  desk.filter("corrupt-signature\n");
  for (const auto& line :
       {"sign small --pin-file ../pin", "sign large --pin-file ../pin", "sign small -o - --pin-file ../pin"}) {
    check_refused(desk, line, 6, "does not verify");
  }
  const auto lines = json_lines(desk.eidtool("sign small --json --pin-file ../pin").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/kind") == "bad_module_signature");
}

TEST_CASE("a module that prints and reads spoils neither the signature nor the document") {
  Desk desk;
  put_documents(desk);
  desk.filter("print Please enter your PIN\nread-stdin\n");
  const auto signing = desk.eidtool("sign - --pin-file ../pin", "text");
  CHECK(signing.status == 0);
  CHECK(signing.output.size() == 256);
  CHECK(contains(signing.errors, "Please enter your PIN"));
  CHECK(desk.logged("read 0 bytes") == 1);
}

TEST_CASE("a token that goes away, or a module that fails, leaves nothing behind") {
  struct Row {
    const char* directive;
    const char* message;
  };
  constexpr Row rows[] = {
      {"return C_Sign CKR_DEVICE_REMOVED", "removed"},
      {"return C_Sign CKR_TOKEN_NOT_PRESENT", ""},
      {"return C_SignInit CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_HANDLE_INVALID"},
      {"return C_Sign CKR_GENERAL_ERROR", "CKR_GENERAL_ERROR"},
      {"return C_OpenSession CKR_DEVICE_ERROR", "CKR_DEVICE_ERROR"},
      {"return C_Initialize CKR_GENERAL_ERROR", "CKR_GENERAL_ERROR"},
      {"return C_FindObjects CKR_DEVICE_ERROR", "CKR_DEVICE_ERROR"},
      {"return C_SignUpdate CKR_DEVICE_MEMORY\nhide CKM_RSA_PKCS", "CKR_DEVICE_MEMORY"},
  };
  Desk desk;
  put_documents(desk);
  for (const auto& row : rows) {
    INFO(row.directive);
    desk.filter(std::string(row.directive) + "\n");
    const bool needs_large = contains(row.directive, "C_SignUpdate");
    check_refused(desk, std::string("sign --pin-file ../pin ") + (needs_large ? "large" : "small"), 6, row.message);
  }
}

TEST_CASE("Ed25519 signs in one piece, with no digest and no padding to choose") {
  Desk desk({TokenKind{"ed25519", "card2"}});
  put_documents(desk);
  check_signs(desk, "", "ed25519");
  CHECK(desk.read("large.sig").size() == 64);
  check_refused(desk, "sign small -o x --digest sha512 --pin-file ../pin", 2, "digest");
  check_refused(desk, "sign small -o x --padding pss --pin-file ../pin", 2, "padding");
}

TEST_CASE("only RSA has a padding to choose") {
  Desk desk({TokenKind{"p256", "card2"}});
  put_documents(desk);
  check_refused(desk, "sign small --padding pss --pin-file ../pin", 2, "padding");
}

}  // namespace eidtool::tests
