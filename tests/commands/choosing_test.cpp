// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

const std::vector<TokenKind> two_cards = {TokenKind{"rsa2048", "card1"}, TokenKind{"p256", "card2", "SECOND"}};

std::string token_uri(const Desk& desk, const std::string& label) {
  for (const auto& line : json_lines(desk.eidtool("slots --json --token '" + label + "'").output))
    return line.text("/token/uri");
  throw std::runtime_error("no token " + label);
}

}  // namespace

TEST_CASE("with two cards nothing is signed and no PIN is sent, but both are listed, ready to paste") {
  Desk desk(two_cards);
  desk.write("doc", "text");
  desk.filter("");
  for (const auto& line :
       {"sign doc --pin-file ../pin", "sign doc --as signature --pin-file ../pin", "sign doc --pin-prompt"}) {
    const auto refusal = check_refused(desk, line, 4, "");
    CHECK(contains(refusal.errors, "token=SECOND"));
  }
  CHECK(desk.logged("C_Login") == 0);
  const auto lines = json_lines(desk.eidtool("sign doc --json --pin-file ../pin").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/kind") == "ambiguous");
}

TEST_CASE("each way of choosing finds the key, and the URI of a candidate can be pasted") {
  Desk desk(two_cards);
  desk.write("doc", "text");
  const auto uri = token_uri(desk, "SECOND");
  for (const auto& options :
       {std::string("--token SECOND"), "--uri '" + uri + "'", "--uri '" + uri + ";id=%46'",
        std::string("--as signature --token SECOND"),
        std::string("--token SECOND --label 'CITIZEN AUTHENTICATION KEY'"), std::string("--token SECOND --id 46")}) {
    INFO(options);
    const auto signing = desk.eidtool("sign doc --force --pin-file ../pin " + options);
    INFO(signing.errors);
    CHECK(signing.status == 0);
  }
  const auto refusal = desk.eidtool("sign doc --force --pin-file ../pin --id 45");
  CHECK(refusal.status == 4);
  for (const auto& line : lines_of(refusal.errors)) {
    const auto begin = line.find("pkcs11:");
    if (begin == std::string::npos) continue;
    const auto candidate = line.substr(begin, line.find(' ', begin) - begin);
    INFO(candidate);
    CHECK(desk.eidtool("sign doc --force --pin-file ../pin --uri '" + candidate + "'").status == 0);
  }
}

TEST_CASE("what matches nothing is told, before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  check_refused(desk, "sign doc --pin-file ../pin --label nobody", 4, "nobody");
  check_refused(desk, "sign doc --pin-file ../pin --id 77", 4, "77");
  check_refused(desk, "sign doc --pin-file ../pin --token nobody", 4, "nobody");
  check_refused(desk, "sign doc --pin-file ../pin --serial 0000", 4, "0000");
  check_refused(desk, "sign doc --pin-file ../pin --slot 123456", 4, "123456");
  check_refused(desk, "sign doc --pin-file ../pin --uri 'pkcs11:token=nobody'", 4, "");
  check_refused(desk, "sign doc --pin-file ../pin --uri 'pkcs11:object=nobody'", 4, "");
  check_refused(desk, "sign doc --pin-file ../pin --as signature --id 45", 4, "");
  check_refused(desk, "sign doc --pin-file ../pin --label 'ROOT CA'", 4, "");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("URIs that are malformed, or carry what they must not, are usage errors") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  struct Row {
    const char* uri;
    const char* message = "";
  };
  constexpr Row rows[] = {
      {"nonsense", "nonsense"},
      {"http://example.com"},
      {"pkcs11:token=%zz"},
      {"pkcs11:no-such-attribute=x", "no-such-attribute"},
      {"pkcs11:token=a;token=b", "token"},
      {"pkcs11:type=nonsense"},
      {"pkcs11:?pin-value=1234", "pin-value"},
      {"pkcs11:?pin-source=|cat", "pin-source"},
      {"pkcs11:?pin-source=http://example.com/pin", "pin-source"},
  };
  for (const auto& row : rows) {
    INFO(row.uri);
    const auto refusal =
        check_refused(desk, std::string("sign doc --pin-file ../pin --uri '") + row.uri + "'", 2, row.message);
    CHECK_FALSE(contains(refusal.errors, "1234"));
  }
  CHECK(desk.log().empty());
}

TEST_CASE("a URI's module-path counts as --module") {
  Desk desk;
  desk.write("doc", "text");
  desk.module_options = {};
  CHECK(
      desk.eidtool("sign doc --pin-file ../pin --uri 'pkcs11:?module-path=" + softhsm_module().string() + "'").status ==
      0);
  check_refused(desk, "sign doc -o x --pin-file ../pin --uri 'pkcs11:?module-path=/nonexistent.so'", 6,
                "/nonexistent.so");
}

TEST_CASE("one module by several names is one, and its tokens count once") {
  Desk desk;
  desk.write("doc", "text");
  const auto library = softhsm_module();
  fs::create_symlink(library, desk.path("link.so"));
  fs::create_symlink("link.so", desk.path("link-to-link.so"));
  const auto uri = "--uri 'pkcs11:?module-path=" + desk.path("link.so").string() + "'";
  desk.module_options = {};
  for (const auto& again :
       {"--module " + library.string(), std::string("--module link.so"), std::string("--module ./link-to-link.so"),
        "--module " + desk.path("link.so").string(), "--module link.so --module " + library.string(), uri}) {
    INFO(again);
    const auto options = " --module " + library.string() + " " + again;
    CHECK(json_lines(desk.eidtool("slots --json" + options).output).size() == 1);
    const auto signing = desk.eidtool("sign doc --as signature --force --pin-file ../pin" + options);
    INFO(signing.errors);
    CHECK(signing.status == 0);
  }
}

TEST_CASE("a module that p11-kit looks up by its bare name is the same by its whole one") {
  Desk desk;
  // p11-kit-trust.so stands where p11-kit looks, with a token of its own or none.
  const auto folder = fs::path(from_meson("EIDTOOL_P11_KIT_LIBRARIES"));
  const auto library = folder / "p11-kit-trust.so";
  if (!fs::exists(library)) return skip("p11-kit-trust.so is not installed");
  desk.module_options = {};
  const auto once = json_lines(desk.eidtool("slots --all --json --module p11-kit-trust.so").output).size();
  CHECK(once > 0);
  for (const auto& both : {"--module p11-kit-trust.so --module " + library.string(),
                           "--module " + library.string() + " --module p11-kit-trust.so"}) {
    CHECK(json_lines(desk.eidtool("slots --all --json " + both).output).size() == once);
  }
}

TEST_CASE("the label of a key that shows only after the login chooses it, if it is really called so") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("hide-public-keys\n");
  // The card's profile knows whose key it would be: authentication, as the certificate's.
  check_refused(desk, "sign doc --pin-file ../pin --label 'CITIZEN AUTHENTICATION KEYRING'", 4,
                "no key on token 'CARTAO DE CIDADAO");
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.logged("C_SignInit") == 0);
  desk.forget_log();
  // A key has one label, so that two cannot both be meant.
  check_refused(desk,
                "sign doc --pin-file ../pin --label 'CITIZEN AUTHENTICATION KEYRING' "
                "--uri 'pkcs11:object=CITIZEN%20AUTHENTICATION%20KEY'",
                4, "KEYRING");
  // What the profile does not know is no key's label at all, and no PIN is sent to find out.
  check_refused(desk, "sign doc --pin-file ../pin --label nobody", 4, "nobody");
  CHECK(desk.logged("C_Login") == 0);
  const auto signing = desk.eidtool("sign doc --pin-file ../pin --label 'CITIZEN AUTHENTICATION KEY' --cert-out c.der");
  INFO(signing.errors);
  CHECK(signing.status == 0);
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.read("c.der") == desk.eidtool("export-cert --as authentication").output);
}

TEST_CASE("no token at all is told") {
  Desk desk(no_tokens);
  desk.write("doc", "text");
  check_refused(desk, "sign doc", 4, "token");
  check_refused(desk, "export-cert", 4, "token");
}

TEST_CASE("a key without a certificate is told") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("doc", "text");
  REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--delete-object",
                    "--type", "cert", "--id", "45"})
              .status == 0);
  const auto refusal = desk.eidtool("sign doc --id 45 --pin-file ../pin");
  INFO(refusal.errors);
  CHECK(refusal.status == 4);
  CHECK(says(refusal, "error", "certificate"));
  CHECK(desk.files().size() == 1);
  // What is left is one pair: nothing to be in doubt about, but not what people mean without a word.
  CHECK(desk.eidtool("sign doc --as signature --pin-file ../pin").status == 0);
}

TEST_CASE("a certificate whose public key is another one makes no signature that is published") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "c.der",
                    "-outform", "DER", "-subj", "/CN=Somebody", "-addext", "keyUsage=digitalSignature"})
              .status == 0);
  REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--delete-object",
                    "--type", "cert", "--id", "45"})
              .status == 0);
  REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--write-object",
                    "c.der", "--type", "cert", "--id", "45", "--label", "CITIZEN AUTHENTICATION CERTIFICATE"})
              .status == 0);
  const auto refusal = desk.eidtool("sign doc --id 45 --pin-file ../pin");
  INFO(refusal.errors);
  CHECK((refusal.status == 4 || refusal.status == 6));
  CHECK(!said(refusal, "error").empty());
  CHECK_FALSE(desk.has("doc.sig"));
}

TEST_CASE("ids with zeros at the end are the same") {
  Desk desk;
  CHECK(desk.eidtool("export-cert --id 4500000000000000").output == desk.eidtool("export-cert --id 45").output);
  CHECK(desk.eidtool("export-cert --uri 'pkcs11:id=%45%00'").output == desk.eidtool("export-cert --id 45").output);
}

TEST_CASE("options are checked before any module is asked") {
  Desk desk;
  desk.filter("");
  desk.write("doc", "text");
  check_refused(desk, "sign doc --slot 1 --slot 2", 2, "--slot");
  check_refused(desk, "sign doc --token a --token b", 2, "--token");
  check_refused(desk, "sign doc --serial a --serial b", 2, "--serial");
  check_refused(desk, "sign doc --uri pkcs11: --uri pkcs11:", 2, "--uri");
  check_refused(desk, "sign doc --as signature --as signature", 2, "--as");
  check_refused(desk, "sign doc --id 4", 2, "--id");
  check_refused(desk, "sign doc --id ''", 2, "--id");
  check_refused(desk, "sign doc --slot -1", 2, "--slot");
  CHECK(desk.log().empty());
}

}  // namespace eidtool::tests
