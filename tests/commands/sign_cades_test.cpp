// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

TEST_CASE("sign --format cades writes FILE.p7s, and verify needs nothing else") {
  Desk desk;
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign doc --format cades --pin-file ../pin --json");
  INFO(signing.errors);
  REQUIRE(signing.status == 0);
  const auto lines = json_lines(signing.output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/signature") == "doc.p7s");
  CHECK(lines[0].text("/format") == "cades");
  const auto checking = desk.eidtool("verify doc.p7s");
  CHECK(checking.status == 0);
  CHECK(contains(checking.output, "MATCHES: 'doc' is as it was when it was signed with a certificate that says "));
  CHECK(contains(checking.output, "signing time"));
  CHECK(contains(desk.eidtool("verify doc.p7s --cert nothing.der").errors, "nothing.der"));
}

TEST_CASE("the issuers that the card holds go into the signature, the root does not") {
  Desk desk;
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  const auto certificates =
      desk.run({"openssl", "pkcs7", "-inform", "DER", "-in", "doc.p7s", "-print_certs", "-noout"}).output;
  CHECK(contains(certificates, "Instituto dos Registos"));
  std::size_t count = 0;
  for (const auto& line : lines_of(certificates)) {
    if (line.rfind("subject=", 0) == 0) ++count;
    if (line.rfind("subject=", 0) == 0) CHECK_FALSE(contains(line, "ECRaizEstado"));
  }
  CHECK(count == 3);
}

TEST_CASE("certificates that are given go into the signature too") {
  Desk desk({TokenKind{"p256", "card2"}});
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "ca.pem",
                    "-subj", "/CN=Given authority"})
              .status == 0);
  REQUIRE(desk.eidtool("sign doc --format cades --intermediates ca.pem --pin-file ../pin").status == 0);
  CHECK(contains(desk.run({"openssl", "pkcs7", "-inform", "DER", "-in", "doc.p7s", "-print_certs", "-noout"}).output,
                 "Given authority"));
  check_refused(desk, "sign doc --format cades --force --intermediates doc --pin-file ../pin", 3, "'doc'");
  check_refused(desk, "sign doc --format cades --intermediates ca.pem -o ca.pem --force --pin-file ../pin", 3,
                "is an input");
}

TEST_CASE("what is said in a signature is what was asked for") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("policy.pdf", "be good");
  REQUIRE(desk.eidtool("sign doc --format cades --policy 1.3.6.1.4.1.99999.1 --policy-document policy.pdf "
                       "--commitment proof-of-approval --location 'São Brás' --pin-file ../pin")
              .status == 0);
  const auto lines = json_lines(desk.eidtool("verify doc.p7s --json").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/policy") == "1.3.6.1.4.1.99999.1");
  CHECK(lines[0].text("/commitments/0") == "proof-of-approval");
  CHECK(lines[0].text("/location") == "São Brás");
  // The digest of the policy's document, by OpenSSL.
  const auto digest = desk.run({"openssl", "dgst", "-sha256", "-r", "policy.pdf"}).output.substr(0, 64);
  auto dump = desk.run({"openssl", "asn1parse", "-inform", "DER", "-in", "doc.p7s"}).output;
  std::string upper;
  for (const char c : digest) upper += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  CHECK(contains(dump, upper));
}

TEST_CASE("a policy may be named by a UUID") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  const std::string uuid = "2.25.329800735698586629295641978511506172918";
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin --policy " + uuid).status == 0);
  CHECK(contains(desk.run({"openssl", "asn1parse", "-inform", "DER", "-in", "doc.p7s"}).output, ":" + uuid));
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).at(0).text("/policy") == uuid);
}

TEST_CASE("options of cades are refused for raw signatures, and nonsense in them always") {
  Desk desk;
  desk.write("doc", "text");
  for (const std::string option : {"--attached", "--pem", "--add", "--policy 1.2.3", "--commitment proof-of-origin",
                                   "--location Lisboa", "--intermediates doc"}) {
    INFO(option);
    const auto outcome = check_refused(desk, "sign doc --pin-file ../pin " + option, 2, "is not for raw signatures");
    CHECK(says(outcome, "hint", "--format cades"));
  }
  for (const std::string policy : {"1", "one", "3.1.2", "1.40.1", "1..2", "1.2.", "-1.2"}) {
    INFO(policy);
    check_refused(desk, "sign doc --format cades --pin-file ../pin --policy=" + policy, 2, "no object identifier");
  }
  check_refused(desk, "sign doc --format cades --pin-file ../pin --policy-document doc", 2, "--policy-document");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --policy 1.2.3 --policy-document nothing", 3,
                "nothing");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --location ''", 2, "--location");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --location " + std::string(129, 'x'), 2, "place");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --location S\xe3o", 2, "not UTF-8");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --commitment love", 2, "love");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --add --force", 2, "--add");
  check_refused(desk, "sign doc --format cades --pin-file ../pin --add --attached", 2, "--add");
  check_refused(desk, "sign - --format cades --pin-file ../pin --add", 2, "--add", "text");
}

TEST_CASE("a document that PEM could not be read with again is not put into it") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "");
  std::filesystem::resize_file(desk.path("doc"), (32U << 20U) + 1);  // sparse
  desk.filter("");
  const auto outcome = desk.eidtool("sign doc --format cades --attached --pem --pin-file ../pin");
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "'doc' is too large for PEM"));
  CHECK_FALSE(desk.has("doc.p7s"));
  CHECK(desk.logged("C_Login") == 0);
  std::filesystem::resize_file(desk.path("doc"), 32U << 20U);
  REQUIRE(desk.eidtool("sign doc --format cades --attached --pem --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("verify doc.p7s").status == 0);
}

TEST_CASE("an attached signature of a pipe needs no file where the document is small") {
  Desk desk;
  const auto signing = desk.eidtool("sign - -o out.p7s --format cades --attached --pin-file ../pin", "from a pipe");
  INFO(signing.errors);
  REQUIRE(signing.status == 0);
  REQUIRE(desk.eidtool("verify out.p7s -o out").status == 0);
  CHECK(desk.read("out") == "from a pipe");
  check_refused(desk, "sign - -o big.p7s --format cades --attached --pin-file ../pin", 3, "cannot be read twice",
                std::string(2000000, 'x'));
}

TEST_CASE("a signature over a large document costs no more memory than one over a small one") {
  const std::string key = GENERATE("rsa2048", "ed25519");  // the latter signs attributes, and no document in one piece
  Desk desk({TokenKind{key}});
  desk.write("doc", "");
  std::filesystem::resize_file(desk.path("doc"), 300U << 20U);  // sparse
  // 300 MB twice would not fit beside the program.
  const auto limited = [&](const std::string& line) {
    auto program = desk.eidtool_program(line);
#ifndef EIDTOOL_HAS_SANITIZERS  // which reserves terabytes
    const std::vector<std::string> words = {"prlimit", "--data=120000000"};
    program.words.insert(program.words.begin(), words.begin(), words.end());
#endif
    const auto outcome = Desk::run_eidtool(program);
    INFO(line << "\n" << outcome.output << outcome.errors);
    CHECK(outcome.status == 0);
  };
  limited("sign doc --format cades --pin-file ../pin");
  limited("verify doc.p7s");
  limited("sign doc --format cades --attached -o attached.p7s --pin-file ../pin");
  limited("sign doc --format cades --add -o attached.p7s --pin-file ../pin");
  limited("verify attached.p7s -o out");
  CHECK(std::filesystem::file_size(desk.path("out")) == (300U << 20U));
}

}  // namespace eidtool::tests
