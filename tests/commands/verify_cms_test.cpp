// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

Desk& signed_desk(Desk& desk, const std::string& options = "") {
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin --cert-out c.der " + options).status == 0);
  desk.module_options = {};
  desk.environment["SOFTHSM2_CONF"] = "/nonexistent";
  return desk;
}

}  // namespace

TEST_CASE("a signature is recognised by its content, whatever its name") {
  Desk desk;
  signed_desk(desk);
  desk.write("doc.sig", desk.read("doc.p7s"));
  CHECK(desk.eidtool("verify doc.sig").status == 0);
  desk.write("signature", desk.read("doc.p7s"));
  const auto unnamed = check_refused(desk, "verify signature", 2, "cannot tell which document");
  CHECK(says(unnamed, "hint", "--document"));
  CHECK(desk.eidtool("verify signature --document doc").status == 0);
  CHECK(desk.eidtool("verify - --document doc", desk.read("doc.p7s")).status == 0);
  CHECK(desk.eidtool("verify doc.p7s --document -", "text").status == 0);
}

TEST_CASE("who names the document is pointed to the signature beside it") {
  Desk desk;
  signed_desk(desk);
  for (const std::string more : {"", " --cert c.der"}) {
    const auto outcome = check_refused(desk, "verify doc" + more, 2, "'doc' looks like a document");
    CHECK(says(outcome, "hint", "'doc.p7s'"));
  }
}

TEST_CASE("with --cert the signature has to be that person's") {
  Desk desk({TokenKind{"rsa2048"}});
  signed_desk(desk);
  const auto given = desk.eidtool("verify doc.p7s --cert c.der");
  CHECK(given.status == 0);
  CHECK(contains(given.output, "VALID: 'doc' is as it was when it was signed with the key of "));
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "other.pem",
                    "-subj", "/CN=Somebody else"})
              .status == 0);
  const auto other = desk.eidtool("verify doc.p7s --cert other.pem --json");
  CHECK(other.status == 1);
  const auto line = json_lines(other.output).at(0);
  CHECK(line.text("/verdict") == "indeterminate");
  CHECK(line.text("/sub_indication") == "SIG_CONSTRAINTS_FAILURE");
  CHECK(line.text("/findings/0/code") == "other_certificate");
}

TEST_CASE("a changed document is told from a damaged signature") {
  Desk desk;
  signed_desk(desk);
  desk.write("doc", "Text");
  const auto changed = desk.eidtool("verify doc.p7s --json");
  CHECK(changed.status == 1);
  CHECK(json_lines(changed.output).at(0).text("/indication") == "TOTAL-FAILED");
  CHECK(json_lines(changed.output).at(0).text("/sub_indication") == "HASH_FAILURE");
  CHECK(contains(desk.eidtool("verify doc.p7s").output, "INVALID: 'doc.p7s' is no signature of 'doc'"));
}

TEST_CASE("an attached signature is checked against what is in it, and gives it back") {
  Desk desk;
  signed_desk(desk, "--attached");
  desk.write("doc", "changed afterwards");
  const auto inside = desk.eidtool("verify doc.p7s");
  CHECK(inside.status == 0);
  CHECK(contains(inside.output, "the document inside 'doc.p7s'"));
  CHECK(desk.eidtool("verify doc.p7s --document doc").status == 1);
  check_refused(desk, "verify doc.p7s -o doc", 3, "exists");
  REQUIRE(desk.eidtool("verify doc.p7s -o doc --force").status == 0);
  CHECK(desk.read("doc") == "text");
  const auto to_stdout = desk.eidtool("verify doc.p7s -o -");
  CHECK(to_stdout.status == 0);
  CHECK(to_stdout.output == "text");
  CHECK(desk.eidtool("verify doc.p7s -o - --json").status == 2);
  check_refused(desk, "verify doc.p7s -o doc.p7s --force", 3, "is an input");
}

TEST_CASE("the document inside is compared with one from a pipe, whatever digests its signers took") {
  Desk desk;
  const auto text = std::string(3U << 20U, 'x');  // more than what is held of a pipe
  desk.write("doc", text);
  const std::string line = "sign doc --format cades --pin-file ../pin ";
  REQUIRE(desk.eidtool(line + "--attached").status == 0);
  REQUIRE(desk.eidtool(line + "--add --digest sha512").status == 0);
  CHECK(desk.eidtool("verify doc.p7s --document -", text).status == 0);
  CHECK(desk.eidtool("verify doc.p7s --document -", text + "x").status == 1);
}

TEST_CASE("the document that is taken out replaces nothing that is read, whatever option names it") {
  Desk desk;
  signed_desk(desk, "--attached");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "r.pem",
                    "-subj", "/CN=Root"})
              .status == 0);
  REQUIRE(desk.run({"mkdir", "anchors"}).status == 0);
  desk.write("anchors/r.pem", desk.read("r.pem"));
  desk.write("list.crl", "");
  std::filesystem::create_symlink("c.der", desk.path("link"));
  for (const std::string line :
       {"--cert c.der -o c.der", "--cert c.der -o link", "--document doc -o doc", "--trust r.pem -o r.pem",
        "--trust anchors -o anchors/r.pem", "--intermediates r.pem -o ./r.pem",
        "--trust r.pem --crl list.crl -o list.crl", "--trust r.pem --ocsp list.crl -o list.crl"}) {
    check_refused(desk, "verify doc.p7s --force " + line, 3, "is an input");
  }
  auto piped = desk.eidtool_program("verify - -o doc.p7s --force");
  piped.input_file = desk.path("doc.p7s");
  check_refused(desk, piped, 3, "is an input");
  std::filesystem::create_symlink("/dev/stdin", desk.path("input"));
  std::filesystem::create_symlink("/proc/self/fd", desk.path("fd"));
  for (const std::string name : {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/thread-self/fd/0", "/dev/./stdin",
                                 "/dev/../dev/fd/0", "input", "fd/0"}) {
    auto named = desk.eidtool_program("verify " + name + " -o doc.p7s --force");
    named.input_file = desk.path("doc.p7s");
    INFO(name);
    check_refused(desk, named, 3, "is an input");
    named = desk.eidtool_program("verify " + name + " -o out --force");
    named.input_file = desk.path("doc.p7s");
    CHECK(Desk::run_eidtool(named).status == 0);
    CHECK(desk.read("out") == desk.read("doc"));
  }
}

TEST_CASE("what --cert names is VALID, another signer's certificate in the same file is not") {
  Desk desk({TokenKind{"rsa2048"}});
  signed_desk(desk);
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "m.pem",
                    "-subj", "/CN=Mallory"})
              .status == 0);
  REQUIRE(desk.run({"openssl", "cms", "-resign", "-binary", "-inform", "DER", "-in", "doc.p7s", "-signer", "m.pem",
                    "-inkey", "k", "-outform", "DER", "-out", "both.p7s"})
              .status == 0);
  const auto outcome = desk.eidtool("verify both.p7s --document doc --cert c.der");
  INFO(outcome.output);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.output, "with a certificate that says Mallory"));
  CHECK_FALSE(contains(outcome.output, "with the key of Mallory"));
  CHECK(contains(outcome.output, "VALID: 'doc' is as it was when it was signed with the key of "));
}

TEST_CASE("a signer whose key eidtool does not check hides no other") {
  Desk desk({TokenKind{"rsa2048"}});
  signed_desk(desk);
  const std::vector<std::vector<std::string>> keys = {
      {"openssl", "genpkey", "-quiet", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "k"},
      {"openssl", "ecparam", "-name", "secp224r1", "-genkey", "-noout", "-out", "k"}};
  for (const auto& key : keys) {
    REQUIRE(desk.run(key).status == 0);
    REQUIRE(desk.run({"openssl", "req", "-x509", "-key", "k", "-out", "s.pem", "-subj", "/CN=Strange"}).status == 0);
    REQUIRE(desk.run({"openssl", "cms", "-resign", "-binary", "-inform", "DER", "-in", "doc.p7s", "-signer", "s.pem",
                      "-inkey", "k", "-outform", "DER", "-out", "both.p7s"})
                .status == 0);
    const auto outcome = desk.eidtool("verify both.p7s --document doc --json");
    INFO(outcome.output << outcome.errors);
    CHECK(outcome.status == 1);
    const auto lines = json_lines(outcome.output);
    REQUIRE(lines.size() == 2);
    for (const auto& line : lines) {
      const bool is_strange = line.text("/signer/common_name") == "Strange";
      CHECK(line.text("/verdict") == (is_strange ? "indeterminate" : "valid"));
    }
  }
}

TEST_CASE("of a signature that is not valid nothing is taken out") {
  Desk desk;
  signed_desk(desk, "--attached");
  auto bytes = desk.read("doc.p7s");
  const auto at = bytes.find("text");
  REQUIRE(at != std::string::npos);
  bytes[at] = 'T';
  desk.write("doc.p7s", bytes);
  const auto outcome = desk.eidtool("verify doc.p7s -o out");
  CHECK(outcome.status == 1);
  CHECK(says(outcome, "warning", "'out' was not written"));
  CHECK_FALSE(desk.has("out"));
  const auto piped = desk.eidtool("verify doc.p7s -o -");
  CHECK(piped.status == 1);
  CHECK(piped.output.empty());
  CHECK(says(piped, "warning", "INVALID: 'doc.p7s' is no signature of the document inside"));
}

TEST_CASE("-o of a detached signature is a mistake that is told") {
  Desk desk;
  signed_desk(desk);
  check_refused(desk, "verify doc.p7s -o out", 2, "holds no document");
}

TEST_CASE("what is no signature is called by its name") {
  Desk desk;
  signed_desk(desk);
  const auto refuse = [&](const std::string& name, const std::string& content, const std::string& message) {
    INFO(name);
    desk.write(name, content);
    const auto outcome = desk.eidtool("verify --document doc --cert c.der " + name);
    CHECK(outcome.status == 3);
    CHECK(says(outcome, "error", message));
    CHECK(outcome.output.empty());
  };
  refuse("message.p7s", "MIME-Version: 1.0\nContent-Type: multipart/signed\n\n", "S/MIME");
  refuse("mail.p7s", "To: maria@example.org\nContent-Type: multipart/signed\n\n", "S/MIME");
  refuse("doc.pdf", "%PDF-1.4\n", "PDF");
  refuse("cut.p7s", desk.read("doc.p7s").substr(0, 1000), "cut off");
  refuse("cut.pem", "-----BEGIN CMS-----\nMIIB\n", "no END line");
  refuse("noise.pem", "-----BEGIN PKCS7-----\n!!!!\n-----END PKCS7-----\n", "not base64");
  REQUIRE(desk.run({"openssl", "crl2pkcs7", "-nocrl", "-certfile", "/dev/null", "-out", "none.p7b"}).status == 0);
  refuse("none2.p7b", desk.read("none.p7b"), "holds no signature");
  REQUIRE(desk.run({"openssl", "cms", "-encrypt", "-in", "doc", "-outform", "DER", "-out", "e.p7m", "c.pem"}).status !=
          0);
  REQUIRE(desk.run({"openssl", "cms", "-data_create", "-in", "doc", "-outform", "DER", "-out", "data.p7m"}).status ==
          0);
  refuse("data2.p7m", desk.read("data.p7m"), "plain data");
}

TEST_CASE("strangers' text in a certificate is shown escaped and kept exactly in JSON") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c.pem",
                    "-utf8", "-subj", "/CN=Ev\x1b[31mil\xe2\x80\xae"})
              .status == 0);
  REQUIRE(desk.run({"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", "c.pem", "-inkey", "k", "-outform",
                    "DER", "-out", "doc.p7s"})
              .status == 0);
  const auto outcome = desk.eidtool("verify doc.p7s");
  CHECK(outcome.status == 0);
  CHECK_FALSE(contains(outcome.output, "\x1b"));
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).at(0).text("/signer/common_name") ==
        "Ev\x1b[31mil\xe2\x80\xae");
}

}  // namespace eidtool::tests
