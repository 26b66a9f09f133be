// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/injection.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// A signed document on a desk, with the certificate; the card is gone.
Desk& signed_desk(Desk& desk, const std::string& options = "") {
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --pin-file ../pin --cert-out c.der " + options).status == 0);
  desk.module_options = {};
  desk.environment["SOFTHSM2_CONF"] = "/nonexistent";
  return desk;
}

bool has_finding(const JsonLine& line, const std::string& code, const std::string& severity) {
  for (std::size_t index = 0; index < line.count("/findings"); ++index) {
    const auto finding = "/findings/" + std::to_string(index);
    if (line.text(finding + "/code") == code && line.text(finding + "/severity") == severity) return true;
  }
  return false;
}

JsonLine verification(const Desk& desk, const std::string& line) {
  const auto lines = json_lines(desk.eidtool(line).output);
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].type() == "verification");
  return lines[0];
}

}  // namespace

TEST_CASE("verify says who signed, what it assumed, and that trust was not checked") {
  Desk desk;
  signed_desk(desk);
  const auto checking = desk.eidtool("verify doc.sig --cert c.der");
  CHECK(checking.status == 0);
  const auto subject =
      desk.run({"openssl", "x509", "-inform", "DER", "-in", "c.der", "-noout", "-fingerprint", "-sha256", "-serial"});
  auto fingerprint = subject.output.substr(subject.output.find('=') + 1, 95);
  fingerprint.erase(std::remove(fingerprint.begin(), fingerprint.end(), ':'), fingerprint.end());
  std::transform(fingerprint.begin(), fingerprint.end(), fingerprint.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string& part : {std::string("CN="), std::string("issuer"), std::string("not after"), fingerprint,
                                  std::string("SHA-256"), std::string("not checked")}) {
    INFO(part);
    INFO(checking.output);
    CHECK(contains(checking.output + checking.errors, part));
  }
}

TEST_CASE("verify looks for no module, takes no random number from a device, and locks no memory") {
  Desk desk;
  signed_desk(desk);
  desk.let_botan_lock();
  if (!can_inject(desk)) return;
  auto program = desk.eidtool_program("verify doc.sig --cert c.der");
  inject(program, {"-o", "calls", "-e", "trace=mlock,open,openat"});
  CHECK(run(program).status == 0);
  const auto calls = desk.read("calls");
  INFO(calls);
  CHECK(contains(calls, "doc.sig"));
  for (const auto* call : {"/pkcs11/", "softhsm", "random"}) CHECK_FALSE(contains(calls, call));
  // Botan 3 locks its memory before main().
  CHECK_FALSE(contains(calls.substr(calls.find("c.der")), "mlock"));
}

TEST_CASE("verify --json gives the verdict and the findings as codes") {
  Desk desk;
  signed_desk(desk);
  const auto valid = verification(desk, "verify --json doc.sig --cert c.der");
  CHECK(valid.text("/verdict") == "valid");
  CHECK(valid.text("/trust") == "not_checked");
  CHECK(valid.text("/document") == "doc");
  CHECK(valid.text("/algorithm") == "rsa_pkcs1_sha256");
  CHECK(valid.text("/digest") == "sha256");
  CHECK(has_finding(valid, "algorithm_found", "info"));
  desk.write("doc", "other");
  const auto invalid = verification(desk, "verify --json doc.sig --cert c.der");
  CHECK(invalid.text("/verdict") == "invalid");
  CHECK(has_finding(invalid, "signature_mismatch", "error"));
}

TEST_CASE("the first line of a refusal says who, and why") {
  Desk desk;
  signed_desk(desk);
  desk.write("doc", "other");
  const auto heading = lines_of(desk.eidtool("verify doc.sig --cert c.der").output).at(0);
  CHECK(contains(heading, "INVALID: 'doc.sig' is no signature of 'doc' by JOÃO VIRTUAL DA CONCEIÇÃO"));
  CHECK(contains(heading, "the document was changed after it was signed"));
  // Above any modulus. Of a smaller one every 256th key would make what looks like PSS.
  desk.write("other.sig", std::string(256, '\xff'));
  const auto forged = lines_of(desk.eidtool("verify other.sig --document doc --cert c.der").output).at(0);
  CHECK(contains(forged, "INVALID: 'other.sig'"));
  CHECK_FALSE(contains(forged, "the document was changed"));
}

TEST_CASE("verify needs neither card nor module nor network") {
  Desk desk;
  signed_desk(desk);
  const auto checking = desk.eidtool("verify -v doc.sig --cert c.der --no-input");
  CHECK(checking.status == 0);
  CHECK_FALSE(contains(checking.errors, ".so"));
}

TEST_CASE("verify takes the document by --document, from standard input, and many signatures at once") {
  Desk desk;
  signed_desk(desk);
  CHECK(desk.eidtool("verify doc.sig --document doc --cert c.der").status == 0);
  CHECK(desk.eidtool("verify doc.sig --document - --cert c.der", "text").status == 0);
  CHECK(desk.eidtool("verify doc.sig --document - --cert c.der", "other").status == 1);
  desk.write("bad", "x");
  desk.write("bad.sig", desk.read("doc.sig"));
  const auto batch = desk.eidtool("verify doc.sig bad.sig missing.sig --cert c.der --json");
  CHECK(batch.status == 3);
  CHECK(json_lines(batch.output).size() == 3);
  CHECK(desk.eidtool("verify doc.sig bad.sig --cert c.der").status == 1);
}

TEST_CASE("the certificate may be PEM, and text around it does no harm") {
  Desk desk;
  signed_desk(desk);
  const auto pem = desk.run({"openssl", "x509", "-inform", "DER", "-in", "c.der"}).output;
  desk.write("c.pem", pem);
  desk.write("text.pem", "Bag Attributes\n  friendlyName: me\n" + pem + "trailing words\n");
  CHECK(desk.eidtool("verify doc.sig --cert c.pem").status == 0);
  CHECK(desk.eidtool("verify doc.sig --cert text.pem").status == 0);
  desk.write("two.pem", pem + pem);
  check_refused(desk, "verify doc.sig --cert two.pem", 3, "two.pem");
}

TEST_CASE("options that contradict the signature make it invalid, those that agree do not") {
  Desk desk;
  signed_desk(desk);
  CHECK(desk.eidtool("verify doc.sig --cert c.der --digest sha256 --padding pkcs1").status == 0);
  CHECK(has_finding(verification(desk, "verify --json doc.sig --cert c.der --digest sha512"), "digest_mismatch",
                    "error"));
  CHECK(
      has_finding(verification(desk, "verify --json doc.sig --cert c.der --padding pss"), "padding_mismatch", "error"));
  CHECK(desk.eidtool("verify doc.sig --cert c.der --digest sha512").status == 1);
}

TEST_CASE("PSS and ECDSA are found out by trying, and the guess is told") {
  for (const auto& [kind, options] : {std::pair{TokenKind{}, "--padding pss --digest sha384"},
                                      std::pair{TokenKind{"p256", "card2"}, "--digest sha512"}}) {
    Desk desk({kind});
    signed_desk(desk, options);
    const auto valid = verification(desk, "verify --json doc.sig --cert c.der");
    CHECK(valid.text("/verdict") == "valid");
    CHECK(has_finding(valid, "algorithm_assumed", "info"));
  }
}

TEST_CASE("SHA-1 is a no, unless it is allowed") {
  Desk desk;
  signed_desk(desk, "--digest sha1");
  const auto checking = desk.eidtool("verify doc.sig --cert c.der");
  CHECK(checking.status == 1);
  CHECK(contains(checking.output + checking.errors, "SHA-1"));
  CHECK(desk.eidtool("verify doc.sig --cert c.der --allow-sha1").status == 0);
}

TEST_CASE("a certificate that has expired, or is not valid yet, is warned of") {
  struct Row {
    TokenKind kind;
    const char* code;
  };
  const Row rows[] = {
      {{"p256", "card2", "PAST", "--not-before 2020-01-01T00:00:00Z --not-after 2021-01-01T00:00:00Z"},
       "certificate_expired"},
      {{"p256", "card2", "FUTURE", "--not-before 2090-01-01T00:00:00Z --not-after 2091-01-01T00:00:00Z"},
       "certificate_not_yet_valid"}};
  for (const auto& row : rows) {
    Desk desk({row.kind});
    signed_desk(desk);
    CHECK(has_finding(verification(desk, "verify --json doc.sig --cert c.der"), row.code, "warning"));
  }
}

TEST_CASE("a weak key, and a certification authority that signs, are warned of") {
  Desk desk(no_tokens);
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "k.pem", "-out", "c.pem",
                    "-subj", "/CN=Weak"})
              .status == 0);
  REQUIRE(desk.run({"openssl", "dgst", "-sha256", "-sign", "k.pem", "-out", "doc.sig", "doc"}).status == 0);
  const auto valid = verification(desk, "verify --json doc.sig --cert c.pem");
  CHECK(valid.text("/verdict") == "valid");
  CHECK(has_finding(valid, "weak_key", "warning"));
  CHECK(has_finding(valid, "signer_is_ca", "warning"));
}

TEST_CASE("a subject that is meant for the terminal is shown, not obeyed") {
  Desk desk(no_tokens);
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", "k.pem", "-out", "c.pem", "-utf8", "-subj", "/CN=\x1b[2J\xe2\x80\xaevil"})
              .status == 0);
  REQUIRE(desk.run({"openssl", "dgst", "-sha256", "-sign", "k.pem", "-out", "doc.sig", "doc"}).status == 0);
  const auto checking = desk.eidtool("verify doc.sig --cert c.pem --color always");
  CHECK(checking.status == 0);
  CHECK_FALSE(contains(checking.output, "\x1b[2J"));
  CHECK_FALSE(contains(checking.output, "\xe2\x80\xae"));
}

}  // namespace eidtool::tests
