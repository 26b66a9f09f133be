// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "support/algorithm_rows.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

/// What the openssl command takes to sign or verify the document, without key and files.
std::vector<std::string> openssl_operation(const Row& row) {
  if (row.digest.empty()) return {"openssl", "pkeyutl", "-rawin"};
  std::vector<std::string> words = {"openssl", "dgst", "-" + row.digest};
  if (row.padding == "pss") {
    words.insert(words.end(), {"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"});
  }
  return words;
}

Outcome openssl_verify(const Desk& desk, const Row& row, const std::string& signature) {
  auto words = openssl_operation(row);
  if (row.digest.empty()) {
    words.insert(words.end(), {"-verify", "-pubin", "-inkey", "public.pem", "-sigfile", signature, "-in", "doc"});
  } else {
    words.insert(words.end(), {"-verify", "public.pem", "-signature", signature, "doc"});
  }
  return desk.run(words);
}

Outcome openssl_sign(const Desk& desk, const Row& row, const std::string& signature) {
  auto words = openssl_operation(row);
  if (row.digest.empty()) {
    words.insert(words.end(), {"-sign", "-inkey", "software.pem", "-in", "doc", "-out", signature});
  } else {
    words.insert(words.end(), {"-sign", "software.pem", "-out", signature, "doc"});
  }
  return desk.run(words);
}

/// By pkeyutl over the digest, as scripts do it for PSS and ECDSA.
Outcome openssl_sign_digest(const Desk& desk, const Row& row, const std::string& signature) {
  REQUIRE(desk.run({"openssl", "dgst", "-" + row.digest, "-binary", "-out", "digest", "doc"}).status == 0);
  std::vector<std::string> words = {"openssl", "pkeyutl", "-sign",   "-inkey",   "software.pem",        "-in",
                                    "digest",  "-out",    signature, "-pkeyopt", "digest:" + row.digest};
  if (row.padding == "pss") {
    words.insert(words.end(), {"-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:digest"});
  }
  return desk.run(words);
}

/// pkcs11-tool hashes nothing for ECDSA, and has a mechanism of its own for each digest with RSA.
Outcome pkcs11_tool_sign(const Desk& desk, const Row& row, bool is_rsa, const std::string& signature,
                         const std::string& shape) {
  std::vector<std::string> words = {"pkcs11-tool", "--module",      softhsm_module(), "--login",
                                    "--pin",       token_pin,       "--sign",         "--id",
                                    "45",          "--output-file", signature};
  if (row.digest.empty()) {
    words.insert(words.end(), {"--mechanism", "EDDSA", "--input-file", "doc"});
  } else if (is_rsa) {
    auto hash = row.digest;
    for (auto& letter : hash) letter = letter == 's' ? 'S' : letter == 'h' ? 'H' : letter == 'a' ? 'A' : letter;
    const auto mechanism = hash + "-RSA-PKCS" + (row.padding == "pss" ? "-PSS" : "");
    words.insert(words.end(), {"--mechanism", mechanism, "--input-file", "doc"});
  } else {
    REQUIRE(desk.run({"openssl", "dgst", "-" + row.digest, "-binary", "-out", "digest", "doc"}).status == 0);
    words.insert(words.end(), {"--mechanism", "ECDSA", "--signature-format", shape, "--input-file", "digest"});
  }
  return desk.run(words);
}

void check_eidtool_verifies(const Desk& desk, const Row& row, const std::string& signature,
                            const std::string& certificate) {
  const auto found_out =
      desk.eidtool("verify " + signature + " --document doc --cert " + certificate + row.permission());
  INFO(found_out.output << found_out.errors);
  CHECK(found_out.status == 0);
  const auto told = desk.eidtool("verify " + signature + " --document doc --cert " + certificate + row.permission() +
                                 row.eidtool_options());
  CHECK(told.status == 0);
  CHECK(desk.eidtool("verify " + signature + " --document other --cert " + certificate + row.permission()).status == 1);
}

void put_documents(const Desk& desk) {
  desk.write("doc", "A document that both sides see.\n");
  desk.write("other", "A document that both sides saw.\n");
}

/// The key on the token: eidtool signs and OpenSSL verifies; pkcs11-tool signs and eidtool verifies.
void check_token(const std::string& key_type) {
  const Desk desk({TokenKind{key_type, "card1"}});
  put_documents(desk);
  REQUIRE(desk.eidtool("export-cert --pem --as authentication -o citizen.pem").status == 0);
  REQUIRE(desk.run({"openssl", "x509", "-in", "citizen.pem", "-pubkey", "-noout", "-out", "public.pem"}).status == 0);
  const bool is_rsa = key_type.rfind("rsa", 0) == 0;
  const bool has_pkcs11_tool = is_installed("pkcs11-tool");
  if (!has_pkcs11_tool) skip("pkcs11-tool is not installed");
  for (const auto& row : sample(rows_for(key_type))) {
    INFO(key_type << " " << row.name());
    const auto signing = desk.eidtool("sign doc --force --pin-file ../pin --as authentication" + row.eidtool_options());
    INFO(signing.errors);
    REQUIRE(signing.status == 0);
    CHECK(openssl_verify(desk, row, "doc.sig").status == 0);
    check_eidtool_verifies(desk, row, "doc.sig", "citizen.pem");
    if (!has_pkcs11_tool) continue;
    for (const std::string shape : {"openssl", "rs"}) {
      const auto other = pkcs11_tool_sign(desk, row, is_rsa, "tool.sig", shape);
      INFO("pkcs11-tool: " << other.output << other.errors);
      REQUIRE(other.status == 0);
      check_eidtool_verifies(desk, row, "tool.sig", "citizen.pem");
      if (is_rsa || row.digest.empty()) break;
    }
  }
}

/// The key in a file: OpenSSL signs and eidtool verifies.
void check_software_key(const std::string& key_type) {
  const Desk desk(no_tokens);
  put_documents(desk);
  std::vector<std::string> words = {"openssl", "genpkey", "-out", "software.pem"};
  const auto key = openssl_key(key_type);
  words.insert(words.end(), key.begin(), key.end());
  REQUIRE(desk.run(words).status == 0);
  REQUIRE(desk.run({"openssl", "req", "-x509", "-new", "-key", "software.pem", "-subj", "/CN=Software", "-out",
                    "software.der", "-outform", "DER", "-days", "30"})
              .status == 0);
  for (const auto& row : sample(rows_for(key_type))) {
    INFO(key_type << " " << row.name());
    REQUIRE(openssl_sign(desk, row, "software.sig").status == 0);
    check_eidtool_verifies(desk, row, "software.sig", "software.der");
    if (row.digest.empty()) continue;
    const auto signing = openssl_sign_digest(desk, row, "digest.sig");
    INFO(signing.errors);
    REQUIRE(signing.status == 0);
    check_eidtool_verifies(desk, row, "digest.sig", "software.der");
  }
}

}  // namespace

TEST_CASE("RSA 2048 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("rsa2048"); }
TEST_CASE("RSA 3072 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("rsa3072"); }
TEST_CASE("RSA 4096 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("rsa4096"); }
TEST_CASE("EC P-256 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("p256"); }
TEST_CASE("EC P-384 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("p384"); }
TEST_CASE("EC P-521 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("p521"); }
TEST_CASE("Ed25519 on a token: OpenSSL verifies eidtool, eidtool verifies pkcs11-tool") { check_token("ed25519"); }

TEST_CASE("RSA 2048 in a file: eidtool verifies OpenSSL") { check_software_key("rsa2048"); }
TEST_CASE("RSA 3072 in a file: eidtool verifies OpenSSL") { check_software_key("rsa3072"); }
TEST_CASE("RSA 4096 in a file: eidtool verifies OpenSSL") { check_software_key("rsa4096"); }
TEST_CASE("EC P-256 in a file: eidtool verifies OpenSSL") { check_software_key("p256"); }
TEST_CASE("EC P-384 in a file: eidtool verifies OpenSSL") { check_software_key("p384"); }
TEST_CASE("EC P-521 in a file: eidtool verifies OpenSSL") { check_software_key("p521"); }
TEST_CASE("Ed25519 in a file: eidtool verifies OpenSSL") { check_software_key("ed25519"); }

TEST_CASE("PSS with the salt that OpenSSL takes by itself verifies too") {
  const Desk desk(no_tokens);
  put_documents(desk);
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "software.pem", "-subj",
                    "/CN=Software", "-out", "software.pem.crt"})
              .status == 0);
  const Row row{"pss", "sha256"};
  REQUIRE(desk.run({"openssl", "dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max",
                    "-sign", "software.pem", "-out", "doc.sig", "doc"})
              .status == 0);
  check_eidtool_verifies(desk, row, "doc.sig", "software.pem.crt");
}

}  // namespace eidtool::tests
