// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "virtual_card/tools.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

Outcome create(const Desk& desk, const std::string& line) {
  auto words = words_of("create " + line);
  // Keys that are made quickly, unless it is about their size.
  if (!contains(line, "--key-size")) words.insert(words.begin() + 1, {"--key-size", "2048"});
  words.insert(words.begin(), from_meson("EIDTOOL_VIRTUAL_CARD"));
  return desk.run(words);
}

/// Refused, with nothing left of it.
void check_not_created(const Desk& desk, const std::string& line, int status, const std::string& message) {
  INFO(line);
  const auto before = desk.files();
  const auto outcome = create(desk, line);
  INFO(outcome.errors);
  CHECK(outcome.status == status);
  CHECK(contains(outcome.errors, message));
  CHECK(desk.files() == before);
}

/// What `openssl verify` says of a citizen's certificate with all revocation lists of the authorities.
Outcome openssl_verify(const Desk& desk, const std::string& purpose) {
  std::string chain;
  std::string lists;
  for (const auto* name : {"citizen-card", "authentication-sub-ca", "signature-sub-ca"}) {
    chain += desk.read("ca/" + std::string(name) + ".pem");
  }
  for (const auto* name : {"root", "citizen-card", "authentication-sub-ca", "signature-sub-ca"}) {
    lists += desk.run({"openssl", "crl", "-inform", "DER", "-in", "ca/" + std::string(name) + ".crl"}).output;
  }
  desk.write("chain.pem", chain);
  desk.write("lists.pem", lists);
  auto json = desk.read("card.json");
  json = json.substr(json.find("\n  \"" + purpose + "\": {"));
  json = json.substr(json.find("-----BEGIN CERTIFICATE-----"));
  json = json.substr(0, json.find(']'));
  std::string pem;
  for (const char c : json) {
    if (c != '"' && c != ',' && c != ' ') pem += c;
  }
  // A PEM's frame has blanks of its own.
  for (const auto& [from, to] : {std::pair{"-----BEGINCERTIFICATE-----", "-----BEGIN CERTIFICATE-----"},
                                 {"-----ENDCERTIFICATE-----", "-----END CERTIFICATE-----"}}) {
    pem.replace(pem.find(from), std::string(from).size(), to);
  }
  desk.write("leaf.pem", pem);
  return desk.run({"openssl", "verify", "-x509_strict", "-crl_check_all", "-CAfile", "ca/root.pem", "-untrusted",
                   "chain.pem", "-CRLfile", "lists.pem", "leaf.pem"});
}

}  // namespace

TEST_CASE("create makes a card, its authorities and their lists, on which OpenSSL finds nothing to complain of") {
  Desk desk(no_tokens);
  const auto making = create(desk, "--json --authorities ca card.json");
  INFO(making.errors);
  REQUIRE(making.status == 0);
  const auto line = json_lines(making.output).at(0);
  CHECK(line.text("/file") == "card.json");
  CHECK(line.count("/certificates") == 2);
  CHECK(contains(making.errors, "the signature PIN is 2222"));
  for (const auto* purpose : {"authentication", "signature"}) {
    const auto checking = openssl_verify(desk, purpose);
    INFO(checking.output << checking.errors);
    CHECK(checking.status == 0);
  }
  // The keys are those of the certificates.
  for (const auto* name : {"root", "citizen-card", "authentication-sub-ca", "signature-sub-ca"}) {
    INFO(name);
    const std::string file = std::string("ca/") + name;
    CHECK(desk.run({"openssl", "pkey", "-in", file + ".key", "-pubout"}).output ==
          desk.run({"openssl", "x509", "-in", file + ".pem", "-noout", "-pubkey"}).output);
    const auto perms = fs::status(desk.path(file + ".key")).permissions();
    CHECK((perms & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }
}

TEST_CASE("certificates that are revoked, expired or not yet valid are so for OpenSSL, and the others are not") {
  struct Row {
    const char* options;
    const char* purpose;
    const char* complaint;
    const char* sound;
  };
  constexpr Row rows[] = {
      {"--revoked signature", "signature", "certificate revoked", "authentication"},
      {"--revoked both", "authentication", "certificate revoked", nullptr},
      {"--expired authentication", "authentication", "certificate has expired", "signature"},
      {"--not-yet-valid signature", "signature", "certificate is not yet valid", "authentication"},
  };
  for (const auto& row : rows) {
    INFO(row.options);
    Desk desk(no_tokens);
    REQUIRE(create(desk, std::string(row.options) + " --authorities ca card.json").status == 0);
    const auto checking = openssl_verify(desk, row.purpose);
    INFO(checking.output << checking.errors);
    CHECK(checking.status != 0);
    CHECK(contains(checking.output + checking.errors, row.complaint));
    if (row.sound != nullptr) CHECK(openssl_verify(desk, row.sound).status == 0);
  }
}

TEST_CASE("GnuTLS reads the revocation lists too") {
  Desk desk(no_tokens);
  if (!is_installed("certtool")) return skip("certtool is not installed");
  REQUIRE(create(desk, "--revoked both --authorities ca card.json").status == 0);
  const auto pem = desk.run({"openssl", "crl", "-inform", "DER", "-in", "ca/signature-sub-ca.crl"}).output;
  const auto reading = desk.run({"certtool", "--verify-crl", "--load-ca-certificate", "ca/signature-sub-ca.pem"}, pem);
  INFO(reading.output << reading.errors);
  CHECK(reading.status == 0);
  const auto listing =
      desk.run({"openssl", "crl", "-inform", "DER", "-in", "ca/signature-sub-ca.crl", "-noout", "-text"});
  CHECK(contains(listing.output, "Key Compromise"));
  CHECK(contains(listing.output, "X509v3 CRL Number"));
}

TEST_CASE("the card is of whom the options say") {
  Desk desk(no_tokens);
  REQUIRE(create(desk,
                 "--given-names ANA --surname LIMA --serial-number 00112233aabbccdd --signature-pin 25802580 "
                 "--address 'LARGO DA SÉ 3' --not-after 2030-01-01 card.json")
              .status == 0);
  const auto text = desk.read("card.json");
  for (const auto* part : {"ANA LIMA", "00112233aabbccdd", "25802580", "LARGO DA SÉ 3"}) CHECK(contains(text, part));
  const auto showing = desk.run({from_meson("EIDTOOL_VIRTUAL_CARD"), "status", "--json", "card.json"});
  const auto line = json_lines(showing.output).at(0);
  CHECK(line.text("/serial_number") == "00112233aabbccdd");
  CHECK_FALSE(line.flag("/inserted"));
  CHECK(contains(line.text("/certificates/0/not_after"), "2030-01-01"));
}

TEST_CASE("create refuses what makes no sense, and leaves nothing") {
  Desk desk(no_tokens);
  desk.write("taken", "mine");
  fs::create_directory(desk.path("folder"));
  desk.write("folder/file", "mine");
  check_not_created(desk, "", 2, "FILE is missing");
  check_not_created(desk, "taken", 3, "taken");
  check_not_created(desk, "nowhere/card.json", 3, "nowhere");
  check_not_created(desk, "card.json --authorities folder", 3, "folder");
  check_not_created(desk, "card.json --authorities folder --force", 3, "left alone");
  check_not_created(desk, "card.json --authorities taken", 3, "taken");
  check_not_created(desk, "card.json --authentication-pin 123", 2, "--authentication-pin takes 4 to 8 digits");
  check_not_created(desk, "card.json --signature-pin 123456789", 2, "--signature-pin takes 4 to 8 digits");
  check_not_created(desk, "card.json --address-pin 12a4", 2, "--address-pin takes 4 to 8 digits");
  check_not_created(desk, "card.json --puk 1234", 2, "--puk takes 8 digits");
  check_not_created(desk, "card.json --serial-number 12", 2, "--serial-number");
  check_not_created(desk, "card.json --serial-number zzzzzzzzzzzzzzzz", 2, "--serial-number");
  check_not_created(desk, "card.json --key-size 1024", 2, "1024");
  check_not_created(desk, "card.json --revoked signature", 2, "--revoked needs --authorities");
  check_not_created(desk, "card.json --revoked nobody --authorities ca", 2, "nobody");
  check_not_created(desk, "card.json --expired both --not-yet-valid signature", 2, "both expired and not yet valid");
  check_not_created(desk, "card.json --common-name " + std::string(65, 'x'), 2, "common name");
  check_not_created(desk, "card.json --not-after 1970-01-01", 2, "before they begin");
  check_not_created(desk, "card.json other.json", 2, "other.json");
}

TEST_CASE("--force replaces a card and the authorities made before, and one that is in a reader stays") {
  Desk desk(no_tokens);
  REQUIRE(create(desk, "card.json --authorities ca").status == 0);
  const auto before = desk.read("card.json");
  check_not_created(desk, "card.json --authorities ca", 3, "card.json");
  REQUIRE(create(desk, "card.json --authorities ca --force").status == 0);
  CHECK(desk.read("card.json") != before);
  CHECK(desk.files().size() == 1 + 1 + 13);  // card, folder, its files
}

TEST_CASE("insert, remove and status refuse what is no card, and a reader that is not there") {
  Desk desk(no_tokens);
  desk.write("noise", "no card");
  REQUIRE(create(desk, "card.json").status == 0);
  const auto run = [&](const std::string& line) {
    auto words = words_of(line);
    words.insert(words.begin(), from_meson("EIDTOOL_VIRTUAL_CARD"));
    return desk.run(words);
  };
  struct Row {
    const char* line;
    int status;
    const char* message;
  };
  constexpr Row rows[] = {
      {"insert missing", 3, "missing"},
      {"insert noise", 3, "no card file"},
      {"insert --port 0 card.json", 2, "--port"},
      {"insert --port 1 card.json", 3, "no virtual reader waits"},
      {"insert --background --port 1 card.json", 3, "no virtual reader waits"},
      {"insert --background --trace - card.json", 2, "--trace"},
      {"insert --trace nowhere/trace card.json", 3, "nowhere"},
      {"insert --pull-at lunch card.json", 2, "lunch"},
      {"remove missing", 3, "missing"},
      {"remove card.json", 4, "in no reader"},
      {"status missing", 3, "missing"},
      {"status noise", 3, "no card file"},
  };
  const auto before = desk.files();
  for (const auto& row : rows) {
    INFO(row.line);
    const auto outcome = run(row.line);
    INFO(outcome.errors);
    CHECK(outcome.status == row.status);
    CHECK(contains(outcome.errors, row.message));
    CHECK(desk.files() == before);
  }
}

}  // namespace eidtool::tests
