// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// What was signed of a signature with attributes: as it stands in the file, as a SET (RFC 5652 §5.4).
std::string signed_attributes_of(const std::string& signature) {
  const auto digest = signature.find("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04");  // messageDigest
  const auto begin = signature.rfind("\xa0\x82", digest);
  const auto size =
      4 + 256 * static_cast<std::uint8_t>(signature.at(begin + 2)) + static_cast<std::uint8_t>(signature.at(begin + 3));
  return "\x31" + signature.substr(begin + 1, static_cast<std::size_t>(size) - 1);
}

}  // namespace

TEST_CASE("the whole job, word for word: sign at a terminal, hand over, verify without the card") {
  Desk desk;
  desk.write("doc.pdf", "%PDF-1.7 a contract");
  TerminalSession signing(desk.eidtool_program("sign --pin-prompt doc.pdf"), {});
  signing.expect("PIN");
  signing.send("1234\n");
  CHECK(signing.wait().status == 0);
  CHECK(desk.eidtool("export-cert -o cert.der").status == 0);

  desk.module_options = {};  // whoever checks has neither card nor module
  desk.environment.erase("SOFTHSM2_CONF");
  const auto valid = desk.eidtool("verify doc.pdf.sig --cert cert.der");
  CHECK(valid.status == 0);
  CHECK(contains(valid.output, "valid"));

  desk.write("doc.pdf", "%PDF-1.7 a Contract");
  const auto invalid = desk.eidtool("verify doc.pdf.sig --cert cert.der");
  CHECK(invalid.status == 1);
  CHECK(contains(invalid.output, "invalid"));
}

TEST_CASE("sign writes the signature beside the document and takes the authentication pair, saying so") {
  Desk desk;
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign doc --pin-file ../pin");
  CHECK(signing.status == 0);
  CHECK(says(signing, "notice", "authentication"));
  CHECK(says(signing, "notice", "signature"));
  CHECK(contains(signing.output, "doc.sig"));
  CHECK(desk.files().size() == 2);
  CHECK(desk.read("doc.sig").size() == 256);
}

TEST_CASE("sign --quiet says nothing") {
  Desk desk;
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign -q doc --pin-file ../pin");
  CHECK(signing.status == 0);
  CHECK(signing.output == "");
  CHECK(signing.errors == "");
  CHECK(desk.has("doc.sig"));
}

TEST_CASE("sign --verbose says what is done, and never the PIN") {
  Desk desk;
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign -v doc --pin-file ../pin");
  CHECK(signing.status == 0);
  CHECK(!said(signing, "detail").empty());
  CHECK(says(signing, "detail", "libsofthsm2.so"));
  CHECK_FALSE(contains(signing.errors, "1234"));
}

TEST_CASE("sign --json tells document, signature, key and signer") {
  Desk desk;
  desk.write("doc", "text");
  const auto lines =
      json_lines(desk.eidtool("sign --json doc --pin-file ../pin --as signature --cert-out c.der").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].type() == "signature");
  CHECK(lines[0].text("/document") == "doc");
  CHECK(lines[0].text("/signature") == "doc.sig");
  CHECK(lines[0].text("/format") == "raw");
  CHECK(lines[0].text("/algorithm") == "rsa_pkcs1_sha256");
  CHECK(lines[0].text("/digest") == "sha256");
  CHECK(lines[0].text("/certificate") == "c.der");
  CHECK(contains(lines[0].text("/key_uri"), "%46"));
  CHECK(desk.eidtool("verify doc.sig --cert c.der").status == 0);
}

TEST_CASE("sign --cert-out writes the certificate of the key that signed") {
  Desk desk;
  desk.write("doc", "text");
  CHECK(desk.eidtool("sign doc --pin-file ../pin --as signature --cert-out c.der").status == 0);
  CHECK(desk.read("c.der") == desk.eidtool("export-cert --as signature").output);
}

TEST_CASE("sign reads standard input and writes standard output") {
  Desk desk;
  auto program = desk.eidtool_program("sign - --pin-file ../pin");
  desk.write("in", "text");
  program.input_file = desk.path("in");
  program.output_file = desk.path("out");
  const auto signing = Desk::run_eidtool(program);
  CHECK(signing.status == 0);
  CHECK(desk.read("out").size() == 256);
  REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
  CHECK(desk.eidtool("verify out --document in --cert c.der").status == 0);

  const auto piped = desk.eidtool("sign - --pin-file ../pin", "text");
  CHECK(piped.status == 0);
  CHECK(piped.output == desk.read("out"));  // PKCS#1 v1.5 is deterministic
}

TEST_CASE("a document of any size streams: from a file and from a pipe") {
  Desk desk;
  std::string large(5U << 20U, 'x');
  large += "end";
  desk.write("large", large);
  REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
  CHECK(desk.eidtool("sign large --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("verify large.sig --cert c.der").status == 0);
  const auto piped = desk.eidtool("sign - --pin-file ../pin", large);
  CHECK(piped.status == 0);
  const bool is_same = piped.output == desk.read("large.sig");
  CHECK(is_same);
}

TEST_CASE("an empty document is one that can be signed") {
  Desk desk;
  desk.write("empty", "");
  REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
  CHECK(desk.eidtool("sign empty --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("verify empty.sig --cert c.der").status == 0);
}

TEST_CASE("names with blanks, newlines, dashes and escape sequences are only names") {
  Desk desk;
  const std::string odd = "a b\n\x1b[31m";
  desk.write(odd, "text");
  desk.write("-dash", "text");
  auto program = desk.eidtool_program("sign --pin-file ../pin --");
  program.words.insert(program.words.end(), {odd, "-dash"});
  const auto signing = Desk::run_eidtool(program);
  CHECK(signing.status == 0);
  CHECK(desk.has(odd + ".sig"));
  CHECK(desk.has("-dash.sig"));
  CHECK_FALSE(contains(signing.output + signing.errors, "\x1b"));
}

TEST_CASE("one PIN signs many files") {
  Desk desk;
  for (const auto& name : {"a", "b", "c"}) desk.write(name, name);
  desk.filter("");
  TerminalSession signing(desk.eidtool_program("sign a b c"), {});
  signing.expect("PIN");
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.files().size() == 6);
}

TEST_CASE("in a batch every file is reported, and the worst of them is the exit status") {
  Desk desk;
  desk.write("a", "a");
  desk.write("c", "c");
  desk.write("taken", "t");
  desk.write("taken.sig", "mine");
  const auto signing = desk.eidtool("sign a taken c --pin-file ../pin --json");
  CHECK(signing.status == 3);
  CHECK(desk.read("taken.sig") == "mine");
  const auto missing = desk.eidtool("sign missing --pin-file ../pin");
  CHECK(missing.status == 3);
  CHECK(says(missing, "error", "missing"));
}

TEST_CASE("a reader's keypad gets no PIN from eidtool") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("token-flags set CKF_PROTECTED_AUTHENTICATION_PATH\n");
  const auto signing = desk.eidtool("sign doc");
  CHECK(signing.status == 0);
  CHECK(says(signing, "notice", "keypad"));
  CHECK(desk.logged("C_Login CKU_USER keypad") == 1);
  CHECK(desk.eidtool("verify doc.sig --cert c.der").status == 3);
  desk.forget_log();
  check_refused(desk, "sign doc -o other --no-input", 5, "reader");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("SHA-1 signs when asked for by name, and says so") {
  Desk desk;
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign doc --digest sha1 --pin-file ../pin");
  CHECK(signing.status == 0);
  CHECK(says(signing, "warning", "SHA-1"));
}

TEST_CASE("the standard input by its other names is the standard input") {
  Desk desk;
  desk.write("doc", "text");
  auto program = desk.eidtool_program("sign /dev/stdin -o s.sig --pin-file ../pin --cert-out c.der");
  program.input_file = desk.path("doc");
  CHECK(Desk::run_eidtool(program).status == 0);
  CHECK(desk.eidtool("verify s.sig --document doc --cert c.der").status == 0);
}

TEST_CASE("no input is written over, the PIN's file and the standard input's included") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("pin", "1234\n");
  CHECK(desk.eidtool("sign doc --pin-file pin --force -o pin").status == 3);
  CHECK(desk.eidtool("sign doc --pin-file pin --force --cert-out pin").status == 3);
  auto program = desk.eidtool_program("sign - --pin-file pin --force -o doc");
  program.input_file = desk.path("doc");
  CHECK(Desk::run_eidtool(program).status == 3);
  CHECK(desk.read("doc") == "text");
  CHECK(desk.read("pin") == "1234\n");
}

TEST_CASE("a label that no key has chooses none") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  check_refused(desk, "sign doc --pin-file ../pin --label 'CITIZEN AUTHENTICATION KEYRING'", 4, "KEYRING");
  check_refused(desk, "sign doc --pin-file ../pin --uri 'pkcs11:type=data;id=%45'", 4,
                "neither a key nor a certificate");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a document that is another one's signed attributes is not signed as it is, told before a PIN is asked for") {
  Desk desk;
  desk.write("contract", "all that I have is yours");
  REQUIRE(desk.eidtool("sign contract --format cades --pin-file ../pin").status == 0);
  REQUIRE(desk.eidtool("export-cert --pem -o cert.pem").status == 0);
  desk.write("key.pem", desk.run({"openssl", "x509", "-in", "cert.pem", "-noout", "-pubkey"}).output);
  const auto contract = desk.read("contract.p7s");  // RSA-2048: its last 256 bytes are the signature
  const auto attributes = signed_attributes_of(contract);
  desk.write("photo", attributes);
  desk.write("doc", "text");
  desk.filter("");
  const std::string why = "'photo' has the form of the signed attributes of a CMS signature";
  const auto refusal = check_refused(desk, "sign photo --pin-file ../pin", 3, why);
  CHECK(says(refusal, "hint", "--format cades"));
  check_refused(desk, "sign photo -o - --pin-file ../pin", 3, why);
  CHECK(desk.logged("C_Login") == 0);
  // Of a pipe it is seen when it is read.
  check_refused(desk, "sign - -o photo.sig --pin-file ../pin", 3, "has the form of the signed attributes", attributes);
  CHECK(desk.logged("C_Sign") == 0);
  // Others of a batch are signed.
  const auto batch = desk.eidtool("sign photo doc --pin-file ../pin");
  CHECK(batch.status == 3);
  CHECK(says(batch, "error", why));
  CHECK(desk.has("doc.sig"));
  CHECK_FALSE(desk.has("photo.sig"));
  // The signature of the contract, which OpenSSL takes for one of the photo, is none for eidtool.
  desk.write("photo.sig", contract.substr(contract.size() - 256));
  const auto openssl =
      desk.run({"openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "photo.sig", "photo"});
  CHECK(openssl.status == 0);
  CHECK(desk.eidtool("verify photo.sig --cert cert.pem").status == 1);
  // With attributes of its own it is a document like any other.
  CHECK(desk.eidtool("sign photo --format cades --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("verify photo.p7s").status == 0);
}

}  // namespace eidtool::tests
