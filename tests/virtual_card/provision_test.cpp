// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <sys/stat.h>

#include <set>
#include <string>

#include "crypto/certificate.hpp"
#include "pkcs11/module.hpp"
#include "pkcs11/session.hpp"
#include "pkcs11/slot.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "virtual_card/tools.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

Outcome provision(const fs::path& folder, const std::vector<std::string>& words) {
  std::vector<std::string> all = {from_meson("EIDTOOL_VIRTUAL_CARD"), "provision"};
  all.insert(all.end(), words.begin(), words.end());
  return run_tool(all, folder);
}

/// Provisions with --quiet and fails the test where that fails.
void make_card(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "--quiet");
  const auto outcome = provision(folder, words);
  INFO(outcome.errors);
  REQUIRE(outcome.status == 0);
}

Outcome pkcs11_tool(const fs::path& card, std::vector<std::string> words) {
  words.insert(words.begin(), {"pkcs11-tool", "--module", softhsm_module().string()});
  return run_tool(words, card, {{"SOFTHSM2_CONF", (card / "softhsm2.conf").string()}});
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

mode_t permissions(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

/// What stands behind `name:` below the line of an object's label, in the listing of pkcs11-tool.
bool lists(const std::string& listing, const std::string& class_name, const std::string& label, const std::string& id) {
  const auto lines = lines_of(listing);
  for (std::size_t index = 0; index + 1 < lines.size(); ++index) {
    if (lines[index].rfind(class_name, 0) != 0) continue;
    bool has_label = false;
    bool has_id = false;
    for (auto next = index + 1; next < lines.size() && lines[next].rfind("  ", 0) == 0; ++next) {
      has_label = has_label || lines[next] == "  label:      " + label;
      has_id = has_id || lines[next] == "  ID:         " + id;
    }
    if (has_label && has_id) return true;
  }
  return false;
}

/// Signs on the card with a key by its id, and has OpenSSL check that with the certificate's key.
void check_signs(const fs::path& card, const std::string& id, const std::string& certificate, bool is_rsa, bool is_ec) {
  const auto document = card.parent_path() / "document";
  write_file(document, "hello");
  auto input = document;
  if (is_ec) {  // SoftHSM's ECDSA takes a digest
    input = card.parent_path() / "digest";
    REQUIRE(
        run_tool({"openssl", "dgst", "-sha256", "-binary", "-out", input.string(), document.string()}, card).status ==
        0);
  }
  const auto signature = (card.parent_path() / "signature").string();
  const auto signed_outcome =
      pkcs11_tool(card, {"--login", "--pin", "1234", "--sign", "--id", id, "--mechanism",
                         is_rsa ? "SHA256-RSA-PKCS" : (is_ec ? "ECDSA" : "EDDSA"), "--signature-format", "openssl",
                         "--input-file", input.string(), "--output-file", signature});
  INFO(signed_outcome.output << signed_outcome.errors);
  REQUIRE(signed_outcome.status == 0);
  const auto key = (card.parent_path() / "key.pem").string();
  REQUIRE(run_tool({"openssl", "x509", "-inform", "DER", "-in", (card / "certificates" / certificate).string(),
                    "-noout", "-pubkey", "-out", key},
                   card)
              .status == 0);
  const auto checked =
      is_rsa || is_ec
          ? run_tool({"openssl", "dgst", "-sha256", "-verify", key, "-signature", signature, document.string()}, card)
          : run_tool({"openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", document.string(),
                      "-sigfile", signature},
                     card);
  INFO(checked.output << checked.errors);
  CHECK(checked.status == 0);
}

}  // namespace

TEST_CASE("provision makes a private folder with token, configuration and certificates, and says so") {
  const TemporaryFolder folder;
  const auto outcome = provision(folder.path(), {"card"});
  INFO(outcome.errors);
  REQUIRE(outcome.status == 0);
  const auto card = folder.path() / "card";
  CHECK(outcome.errors == "eidtool-virtual-card: notice: the PIN is 1234\n");
  CHECK(lines_of(outcome.output).front() == "Virtual citizen JOÃO VIRTUAL DA CONCEIÇÃO");
  CHECK(lines_of(outcome.output).back() == "export SOFTHSM2_CONF=" + (card / "softhsm2.conf").string());
  CHECK(names_in(folder.path()) == std::set<std::string>{"card"});
  CHECK(names_in(card) == std::set<std::string>{"softhsm2.conf", "tokens", "certificates"});
  CHECK(names_in(card / "certificates") ==
        std::set<std::string>{"root.der", "citizen-card-ca.der", "authentication-sub-ca.der", "signature-sub-ca.der",
                              "citizen-authentication.der", "citizen-signature.der"});
  CHECK(permissions(card) == 0700);
  CHECK(permissions(card / "tokens") == 0700);
  CHECK(permissions(card / "softhsm2.conf") == 0600);
  CHECK(contains(read_file(card / "softhsm2.conf"),
                 "directories.tokendir = " + (card / "tokens").string() +
                     "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"));
}

TEST_CASE("provision --json prints a record") {
  const TemporaryFolder folder;
  const auto outcome = provision(folder.path(), {"--json", "--profile", "card2", "--label", "CARTÃO DO JOÃO", "card"});
  REQUIRE(outcome.status == 0);
  REQUIRE(lines_of(outcome.output).size() == 1);
  const JsonLine line(outcome.output);
  CHECK(line.type() == "virtual_card");
  CHECK(line.text("/folder") == (folder.path() / "card").string());
  CHECK(line.text("/profile") == "card2");
  CHECK(line.text("/key_type") == "ec");
  CHECK(line.number("/key_size") == 256);
  CHECK(line.text("/token/label") == "CARTÃO DO JOÃO");
  CHECK(line.text("/configuration") == (folder.path() / "card" / "softhsm2.conf").string());
  CHECK(line.count("/certificates") == 6);
}

TEST_CASE("a card of the old kind holds the objects of the Citizen Card under its labels and ids") {
  if (!has_tool("pkcs11-tool")) return;
  const TemporaryFolder folder;
  make_card(folder.path(), {"--key-type", "rsa2048", "card"});
  const auto card = folder.path() / "card";
  const auto seen = pkcs11_tool(card, {"--list-objects"}).output;
  INFO(seen);
  CHECK(lists(seen, "Certificate Object", "CITIZEN AUTHENTICATION CERTIFICATE", "45"));
  CHECK(lists(seen, "Certificate Object", "CITIZEN SIGNATURE CERTIFICATE", "46"));
  CHECK(lists(seen, "Certificate Object", "ROOT CA", "50"));
  CHECK(lists(seen, "Certificate Object", "SIGNATURE SUB CA", "51"));
  CHECK(lists(seen, "Certificate Object", "AUTHENTICATION SUB CA", "52"));
  CHECK(lists(seen, "Public Key Object; RSA 2048 bits", "CITIZEN AUTHENTICATION KEY", "45"));
  CHECK(lists(seen, "Public Key Object; RSA 2048 bits", "CITIZEN SIGNATURE KEY", "46"));
  CHECK_FALSE(contains(seen, "Private Key Object"));
  const auto all = pkcs11_tool(card, {"--list-objects", "--login", "--pin", "1234"}).output;
  INFO(all);
  CHECK(lists(all, "Private Key Object; RSA", "CITIZEN AUTHENTICATION KEY", "45"));
  CHECK(lists(all, "Private Key Object; RSA", "CITIZEN SIGNATURE KEY", "46"));
  CHECK(contains(all, "always authenticate, sensitive, always sensitive, never extractable, local"));
}

TEST_CASE("a card of the new kind holds no certificates of authorities") {
  if (!has_tool("pkcs11-tool")) return;
  const TemporaryFolder folder;
  make_card(folder.path(), {"--profile", "card2", "card"});
  const auto seen = pkcs11_tool(folder.path() / "card", {"--list-objects", "--type", "cert"}).output;
  INFO(seen);
  CHECK(lists(seen, "Certificate Object", "CITIZEN AUTHENTICATION CERTIFICATE", "45"));
  CHECK(lists(seen, "Certificate Object", "CITIZEN SIGNATURE CERTIFICATE", "46"));
  CHECK_FALSE(contains(seen, " CA\n"));
}

TEST_CASE("keys of every type sign on the card and their certificates verify") {
  if (!has_tool("pkcs11-tool") || !has_tool("openssl")) return;
  const auto* type = GENERATE("rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", "ed25519");
  INFO(type);
  const std::string name = type;
  const TemporaryFolder folder;
  make_card(folder.path(), {"--profile", "card2", "--key-type", name, "card"});
  const bool is_rsa = name.rfind("rsa", 0) == 0;
  const bool is_ec = name.rfind("p", 0) == 0;
  check_signs(folder.path() / "card", "45", "citizen-authentication.der", is_rsa, is_ec);
  check_signs(folder.path() / "card", "46", "citizen-signature.der", is_rsa, is_ec);
}

TEST_CASE("the signature key wants the PIN before every signature, unless told not to") {
  const auto* wanted = GENERATE("yes", "no");
  const bool always = std::string(wanted) == "yes";
  const TemporaryFolder folder;
  make_card(folder.path(), {"--profile", "card2", "--always-authenticate", wanted, "card"});
  const auto configuration = (folder.path() / "card" / "softhsm2.conf").string();
  ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
  const auto module = pkcs11::Module::load(softhsm_module());
  const auto token = module.slots(pkcs11::Module::Slots::with_token).front().token();
  REQUIRE(token);
  const auto session = token->open_session();
  Pin pin;
  for (const char digit : std::string("1234")) pin.append(digit);
  REQUIRE(session.login(CKU_USER, &pin) == CKR_OK);

  const auto sign = [&](const char* label, bool log_in_again) {
    pkcs11::Template wanted_key;
    wanted_key.add_number(CKA_CLASS, CKO_PRIVATE_KEY).add(CKA_LABEL, std::string_view(label));
    const auto keys = session.find(wanted_key);
    REQUIRE(keys.size() == 1);
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    REQUIRE(session.functions().C_SignInit(session.handle(), &mechanism, keys.front().handle()) == CKR_OK);
    if (log_in_again) REQUIRE(session.login(CKU_CONTEXT_SPECIFIC, &pin) == CKR_OK);
    Bytes digest(32, 1);
    Bytes signature(64);
    CK_ULONG size = signature.size();
    return session.functions().C_Sign(session.handle(), digest.data(), digest.size(), signature.data(), &size);
  };
  CHECK(sign("CITIZEN AUTHENTICATION KEY", false) == CKR_OK);
  CHECK(sign("CITIZEN SIGNATURE KEY", false) == (always ? CKR_USER_NOT_LOGGED_IN : CKR_OK));
  if (always) CHECK(sign("CITIZEN SIGNATURE KEY", true) == CKR_OK);
}

TEST_CASE("a card of one's own has one's own name, number, validity, label and PIN") {
  if (!has_tool("pkcs11-tool")) return;
  const TemporaryFolder folder;
  make_card(folder.path(),
            {"--profile", "card2", "--given-names", "ANA", "--surname", "D'ÁGUA, LIMA", "--civil-number", "BI987654321",
             "--not-before", "2020-01-01", "--not-after", "2020-12-31", "--label", "ANA", "--pin", "geheim", "card"});
  const auto card = folder.path() / "card";
  const auto certificate = crypto::Certificate::read_file(card / "certificates" / "citizen-signature.der");
  CHECK(certificate.common_name() == "ANA D'ÁGUA, LIMA");
  CHECK(contains(certificate.subject(), "serialNumber=BI987654321,GN=ANA,SN=D'ÁGUA\\, LIMA,"));
  CHECK(to_rfc3339(certificate.not_before()) == "2020-01-01T00:00:00Z");
  CHECK(to_rfc3339(certificate.not_after()) == "2020-12-31T23:59:59Z");
  CHECK(contains(pkcs11_tool(card, {"--list-slots"}).output, "token label        : ANA\n"));
  CHECK(pkcs11_tool(card, {"--list-objects", "--login", "--pin", "1234"}).status != 0);
  CHECK(pkcs11_tool(card, {"--list-objects", "--login", "--pin", "geheim"}).status == 0);
}

TEST_CASE("a card is replaced with --force alone, and nothing else is ever") {
  const TemporaryFolder folder;
  const auto path = folder.path();
  make_card(path, {"--profile", "card2", "card"});
  const auto before = read_file(path / "card" / "certificates" / "root.der");
  auto outcome = provision(path, {"--profile", "card2", "card"});
  CHECK(outcome.status == 3);
  CHECK(contains(outcome.errors, "error: the folder '" + (path / "card").string() + "' is not empty\n"));
  CHECK(read_file(path / "card" / "certificates" / "root.der") == before);
  make_card(path, {"--profile", "card2", "--force", "card"});
  CHECK(read_file(path / "card" / "certificates" / "root.der") != before);

  write_file(path / "card" / "diary", "private");
  CHECK(provision(path, {"--profile", "card2", "--force", "card"}).status == 3);
  CHECK(read_file(path / "card" / "diary") == "private");

  // A SoftHSM folder of somebody's own.
  fs::create_directories(path / "own" / "tokens");
  write_file(path / "own" / "softhsm2.conf", "directories.tokendir = /somewhere\n");
  CHECK(provision(path, {"--profile", "card2", "--force", "own"}).status == 3);
  CHECK(fs::exists(path / "own" / "softhsm2.conf"));

  fs::create_directory(path / "empty");
  make_card(path, {"--profile", "card2", "empty"});
  write_file(path / "file", "");
  CHECK(provision(path, {"--profile", "card2", "--force", "file"}).status == 3);
  CHECK(names_in(path) == std::set<std::string>{"card", "empty", "file", "own"});
}

TEST_CASE("a line that shells can take ends the output, whatever the folder's name") {
  const TemporaryFolder folder;
  make_card(folder.path(), {"--profile", "card2", "it's a card"});
  write_file(folder.path() / "script",
             "eval \"$(\"$1\" provision -q --force --profile card2 \"it's a card\")\"\n"
             "cat \"$SOFTHSM2_CONF\"\n");
  const auto outcome = run_tool({"sh", "script", from_meson("EIDTOOL_VIRTUAL_CARD")}, folder.path());
  CHECK(
      contains(outcome.output, "directories.tokendir = " + (folder.path() / "it's a card" / "tokens").string() + "\n"));
}

TEST_CASE("what cannot be provisioned is refused, and nothing is left behind") {
  struct Refused {
    std::vector<std::string> words;
    int status;
    std::string message;
  };
  const std::string long_name(65, 'A');
  const auto refused = GENERATE_COPY(values<Refused>({
      {{"--common-name", long_name, "card"}, 2, "the common name has 65 characters, X.520 allows 64"},
      {{"--surname", std::string(33000, 'A'), "--common-name", "A", "card"},
       2,
       "the surname has 33000 characters, X.520 allows 32768"},
      {{"--civil-number", long_name, "card"}, 2, "the civil number has 65 characters, X.520 allows 64"},
      {{"--label", "CARTÃO DE CIDADÃO DO JOÃO VIRTUAL", "card"},
       2,
       "--label has 36 bytes, a token's label has at most 32"},
      {{"--label", " x", "card"}, 2, "--label cannot be ' x'"},
      {{"--pin", "123", "card"}, 2, "--pin has 3 characters, SoftHSM takes 4 to 255"},
      {{"--so-pin", std::string(256, '1'), "card"}, 2, "--so-pin has 256 characters, SoftHSM takes 4 to 255"},
      {{"--key-type", "dsa", "card"}, 2, "--key-type cannot be 'dsa'"},
      {{"--profile", "card3", "card"}, 2, "--profile cannot be 'card3'"},
      {{"--not-after", "2020-01-01", "card"}, 2, "the certificates would end (2020-01-01T23:59:59Z) before they begin"},
      {{"--module", "/nowhere/libsofthsm2.so", "a/b/card"}, 6, "cannot load module '/nowhere/libsofthsm2.so'"},
      {{"card#1"}, 3, "SoftHSM's configuration cannot name the folder"},
      {{"/proc/card"}, 3, "cannot make a folder in '/proc'"},
      {{}, 2, "FOLDER is missing"},
  }));
  const TemporaryFolder folder;
  const auto outcome = provision(folder.path(), refused.words);
  INFO(outcome.errors);
  CHECK(outcome.status == refused.status);
  CHECK(outcome.errors.rfind("eidtool-virtual-card: error: " + refused.message, 0) == 0);
  CHECK(outcome.output.empty());
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("a module that is not SoftHSM is left alone") {
  const fs::path opensc = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
  if (!fs::exists(opensc)) {
    skip("opensc-pkcs11.so is not installed");
    return;
  }
  const TemporaryFolder folder;
  const auto outcome = provision(folder.path(), {"--module", opensc.string(), "card"});
  INFO(outcome.errors);
  CHECK(outcome.status != 0);
  // Without pcscd some versions of OpenSC cannot even be initialised.
  if (outcome.status != 6) CHECK(contains(outcome.errors, "error: module 'opensc-pkcs11.so' is not SoftHSM"));
  CHECK_FALSE(fs::exists(folder.path() / "card"));  // OpenSC leaves a cache in the home
}

}  // namespace eidtool::tests
