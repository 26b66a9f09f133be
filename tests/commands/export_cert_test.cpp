// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto found = text.find(part); found != std::string::npos; found = text.find(part, found + part.size())) ++count;
  return count;
}

constexpr const char* pem_begin = "-----BEGIN CERTIFICATE-----\n";

}  // namespace

TEST_CASE("export-cert writes the authentication certificate, says so, and names the other") {
  Desk desk;
  const auto exporting = desk.eidtool("export-cert -o citizen.der");
  CHECK(exporting.status == 0);
  CHECK(says(exporting, "notice", "authentication"));
  CHECK(says(exporting, "notice", "signature"));
  const auto text = desk.run({"openssl", "x509", "-inform", "DER", "-in", "citizen.der", "-noout", "-text"});
  CHECK(text.status == 0);
  CHECK(contains(text.output, "Digital Signature, Key Agreement"));
}

TEST_CASE("export-cert gives the bytes that the token holds") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  REQUIRE(desk.eidtool("export-cert --as signature -o citizen.der").status == 0);
  REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--read-object", "--type", "cert", "--id", "46",
                    "--output-file", "same.der"})
              .status == 0);
  CHECK(desk.read("citizen.der") == desk.read("same.der"));
}

TEST_CASE("export-cert chooses by purpose, id, label and URI") {
  Desk desk;
  const auto signature = desk.eidtool("export-cert --as signature");
  CHECK(signature.status == 0);
  CHECK(said(signature, "notice").empty());
  for (const auto& line : {"export-cert --id 46", "export-cert --label 'CITIZEN SIGNATURE CERTIFICATE'",
                           "export-cert --label 'CITIZEN SIGNATURE KEY'", "export-cert --uri 'pkcs11:id=%46'",
                           "export-cert --uri 'pkcs11:object=CITIZEN%20SIGNATURE%20CERTIFICATE;type=cert'"}) {
    INFO(line);
    const auto exporting = desk.eidtool(line);
    CHECK(exporting.status == 0);
    CHECK(exporting.errors == "");
    CHECK(exporting.output == signature.output);
  }
  CHECK(desk.eidtool("export-cert --label 'ROOT CA'").status == 0);
}

TEST_CASE("export-cert --pem is what openssl reads") {
  Desk desk;
  const auto exporting = desk.eidtool("export-cert --pem --as authentication");
  CHECK(exporting.status == 0);
  CHECK(exporting.output.rfind(pem_begin, 0) == 0);
  const auto der = desk.run({"openssl", "x509", "-outform", "DER"}, exporting.output);
  CHECK(der.output == desk.eidtool("export-cert --der --as authentication").output);
}

TEST_CASE("export-cert --chain adds the CA certificates that the card holds") {
  Desk desk;
  const auto chain = desk.eidtool("export-cert --chain --pem --as signature");
  CHECK(chain.status == 0);
  CHECK(count_of(chain.output, pem_begin) == 3);
  CHECK(says(chain, "notice", "ECRaizEstado VIRTUAL"));  // the root of the state is on no card
  desk.write("chain.pem", chain.output);
  const auto listing = desk.run({"openssl", "storeutl", "-noout", "-certs", "-text", "chain.pem"});
  CHECK(contains(listing.output, "EC de Assinatura Qualificada"));
  check_refused(desk, "export-cert --chain --as signature -o c.der", 2, "--pem");
}

TEST_CASE("export-cert --chain takes the authority that signed, not another of its name") {
  Desk desk;
  REQUIRE(desk.eidtool("export-cert --label 'SIGNATURE SUB CA' -o real.der").status == 0);
  // Renewed, with another key: more of them than chance would pass by.
  for (const auto* name : {"one", "two", "three"}) {
    const auto key = std::string(name) + ".key";
    const auto renewed = std::string(name) + ".der";
    REQUIRE(desk.run({"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key})
                .status == 0);
    REQUIRE(desk.run({"openssl", "x509", "-inform", "DER", "-in", "real.der", "-signkey", key, "-outform", "DER",
                      "-out", renewed})
                .status == 0);
    REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--write-object",
                      renewed, "--type", "cert", "--label", name, "--id", "60"})
                .status == 0);
  }
  const auto chain = desk.eidtool("export-cert --chain --pem --as signature");
  CHECK(chain.status == 0);
  CHECK(count_of(chain.output, pem_begin) == 3);
  const auto real = desk.run({"openssl", "x509", "-inform", "DER", "-in", "real.der"}).output;
  CHECK(contains(chain.output, real));
}

TEST_CASE("export-cert --chain ends at a certificate that its own key signed") {
  Desk desk;
  REQUIRE(desk.eidtool("export-cert --label 'ROOT CA' -o root.der").status == 0);
  REQUIRE(desk.run({"openssl", "genpkey", "-algorithm", "ED25519", "-out", "own.key"}).status == 0);
  REQUIRE(desk.run({"openssl", "x509", "-inform", "DER", "-in", "root.der", "-signkey", "own.key", "-outform", "DER",
                    "-out", "own.der"})
              .status == 0);
  REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--write-object",
                    "own.der", "--type", "cert", "--label", "SELF-SIGNED", "--id", "61"})
              .status == 0);
  const auto chain = desk.eidtool("export-cert --chain --pem --label SELF-SIGNED");
  CHECK(chain.status == 0);
  CHECK(count_of(chain.output, pem_begin) == 1);
  CHECK(said(chain, "notice").empty());
}

TEST_CASE("export-cert --all takes every certificate, so nothing may choose one") {
  Desk desk;
  check_refused(desk, "export-cert --all --output-dir . --id 45", 2, "--all");
  check_refused(desk, "export-cert --all --output-dir . --label x", 2, "--all");
  check_refused(desk, "export-cert --all --output-dir . --as signature", 2, "--all");
  check_refused(desk, "export-cert --all --output-dir . --uri 'pkcs11:object=x'", 2, "--all");
  check_refused(desk, "export-cert --all --output-dir . --token nobody", 4, "nobody");
}

TEST_CASE("export-cert --all says which token holds no certificate") {
  Desk desk;
  for (const auto* label : {"CITIZEN AUTHENTICATION CERTIFICATE", "CITIZEN SIGNATURE CERTIFICATE",
                            "AUTHENTICATION SUB CA", "SIGNATURE SUB CA", "ROOT CA"}) {
    REQUIRE(desk.run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin, "--delete-object",
                      "--type", "cert", "--label", label})
                .status == 0);
  }
  check_refused(desk, "export-cert --all --output-dir . --token 'CARTAO DE CIDADAO'", 4, "CARTAO DE CIDADAO");
  check_refused(desk, "export-cert --all --output-dir .", 4, "no certificate was found");
}

TEST_CASE("export-cert --all writes every certificate into a folder") {
  Desk desk;
  const auto exporting = desk.eidtool("export-cert --all --output-dir .");
  CHECK(exporting.status == 0);
  CHECK(desk.files().size() == 5);
  const auto before = desk.files();
  const auto again = desk.eidtool("export-cert --all --output-dir .");
  CHECK(again.status == 3);
  CHECK(desk.files() == before);
  CHECK(desk.eidtool("export-cert --all --output-dir . --force").status == 0);
  CHECK(desk.files() == before);
}

TEST_CASE("export-cert --json tells what was written") {
  Desk desk;
  const auto lines = json_lines(desk.eidtool("export-cert --json --as signature -o c.der").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].type() == "certificate");
  CHECK(lines[0].text("/file") == "c.der");
  CHECK(lines[0].text("/encoding") == "der");
  CHECK(lines[0].text("/fingerprint_sha256").size() == 64);
}

TEST_CASE("export-cert needs no PIN, no terminal and no login") {
  Desk desk;
  desk.filter("");
  CHECK(desk.eidtool("export-cert -o c.der --no-input").status == 0);
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("export-cert puts no binary on a terminal unless it is told to") {
  Desk desk;
  TerminalSession terminal(desk.eidtool_program("export-cert --as signature"), {});
  const auto refused = terminal.wait();
  CHECK(refused.status == 2);
  CHECK(contains(refused.terminal, "eidtool: error: "));
  TerminalSession pem(desk.eidtool_program("export-cert --as signature --pem"), {});
  CHECK(pem.wait().status == 0);
  TerminalSession forced(desk.eidtool_program("export-cert --as signature -o -"), {});
  CHECK(forced.wait().status == 0);
}

TEST_CASE("export-cert refuses what it cannot do") {
  Desk desk;
  desk.write("taken", "mine");
  check_refused(desk, "export-cert -o taken", 3, "taken");
  check_refused(desk, "export-cert -o nowhere/c.der", 3, "nowhere");
  check_refused(desk, "export-cert -o .", 3, "");
  check_refused(desk, "export-cert --der --pem", 2, "--pem");
  check_refused(desk, "export-cert --as somebody", 2, "somebody");
  check_refused(desk, "export-cert --id xyz", 2, "xyz");
  check_refused(desk, "export-cert --label nobody", 4, "nobody");
  check_refused(desk, "export-cert --id 99", 4, "99");
  check_refused(desk, "export-cert --token nobody", 4, "nobody");
  check_refused(desk, "export-cert something", 2, "something");
  check_refused(desk, "export-cert --id 45 --id 46", 2, "--id");
  CHECK(desk.eidtool("export-cert -o taken --force").status == 0);
  CHECK(desk.read("taken") != "mine");

  const auto to_stdout = desk.eidtool("export-cert --json");
  CHECK(to_stdout.status == 2);
  REQUIRE(json_lines(to_stdout.output).size() == 1);
  CHECK(json_lines(to_stdout.output)[0].text("/kind") == "usage");
}

TEST_CASE("export-cert --all writes nothing where one of the names is taken") {
  Desk desk;
  desk.write("SIGNATURE_SUB_CA.der", "mine");
  check_refused(desk, "export-cert --all --output-dir .", 3, "SIGNATURE_SUB_CA.der");
}

}  // namespace eidtool::tests
