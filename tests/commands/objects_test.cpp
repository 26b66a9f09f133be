// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

std::set<std::string> labels_of(const std::string& output, const std::string& object_class) {
  std::set<std::string> labels;
  for (const auto& line : json_lines(output)) {
    if (line.type() == "object" && line.text("/class") == object_class) labels.insert(line.text("/label"));
  }
  return labels;
}

std::size_t lines_with(const std::string& output, const std::string& one, const std::string& other) {
  const auto lines = lines_of(output);
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return contains(line, one) && contains(line, other);
  }));
}

const std::set<std::string> citizen_certificates = {"CITIZEN AUTHENTICATION CERTIFICATE",
                                                    "CITIZEN SIGNATURE CERTIFICATE"};
const std::set<std::string> citizen_keys = {"CITIZEN AUTHENTICATION KEY", "CITIZEN SIGNATURE KEY"};

}  // namespace

TEST_CASE("objects lists the certificates of the citizen and of the CAs without a login") {
  Desk desk;
  desk.filter("");
  const auto listing = desk.eidtool("objects --json");
  CHECK(listing.status == 0);
  auto expected = citizen_certificates;
  expected.insert({"AUTHENTICATION SUB CA", "SIGNATURE SUB CA", "ROOT CA"});
  CHECK(labels_of(listing.output, "certificate") == expected);
  CHECK(labels_of(listing.output, "private_key").empty());
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("objects --login lists the keys too, at the price of one login") {
  Desk desk;
  desk.filter("");
  const auto listing = desk.eidtool("objects --login --pin-file ../pin --json");
  CHECK(listing.status == 0);
  CHECK(labels_of(listing.output, "private_key") == citizen_keys);
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.logged("C_Login CKU_USER") == 1);
}

TEST_CASE("objects tells purpose, names and validity of certificates") {
  Desk desk;
  std::size_t seen = 0;
  for (const auto& object : json_lines(desk.eidtool("objects --json").output)) {
    const auto label = object.text("/label");
    if (label == "CITIZEN AUTHENTICATION CERTIFICATE") {
      CHECK(object.text("/purpose") == "authentication");
      CHECK(object.text("/id") == "45");
      CHECK(contains(object.text("/issuer"), "VIRTUAL"));
      CHECK(object.text("/key_type") == "rsa");
      CHECK(object.number("/key_size") == 2048);
      CHECK(object.texts("/key_usage") == std::vector<std::string>{"digitalSignature", "keyAgreement"});
      ++seen;
    }
    if (label == "CITIZEN SIGNATURE CERTIFICATE") {
      CHECK(object.text("/purpose") == "signature");
      CHECK(object.text("/id") == "46");
      CHECK(object.texts("/key_usage") == std::vector<std::string>{"nonRepudiation"});
      ++seen;
    }
    if (label == "ROOT CA") {
      CHECK(object.is_null("/purpose"));
      CHECK(contains(object.text("/issuer"), "ECRaizEstado VIRTUAL"));
      ++seen;
    }
  }
  CHECK(seen == 3);
}

TEST_CASE("objects as text is for people: label, subject, validity, URI") {
  Desk desk;
  const auto listing = desk.eidtool("objects");
  CHECK(listing.status == 0);
  for (const auto& part :
       {"CITIZEN AUTHENTICATION CERTIFICATE", "subject", "issuer", "not after", "purpose", "pkcs11:"}) {
    INFO(part);
    CHECK(contains(listing.output, part));
  }
}

TEST_CASE("every URI that objects prints finds that object again") {
  Desk desk;
  for (const auto& object : json_lines(desk.eidtool("objects --json").output)) {
    const auto again = json_lines(desk.eidtool("objects --json --uri '" + object.text("/uri") + "'").output);
    INFO(object.text("/uri"));
    REQUIRE(again.size() == 1);
    CHECK(again[0].text("/label") == object.text("/label"));
  }
}

TEST_CASE("objects --class, --id and --label narrow the list down") {
  Desk desk;
  CHECK(json_lines(desk.eidtool("objects --json --class certificate").output).size() == 5);
  CHECK(json_lines(desk.eidtool("objects --json --id 46 --class certificate").output).size() == 1);
  CHECK(json_lines(desk.eidtool("objects --json --label 'ROOT CA'").output).size() == 1);
  check_refused(desk, "objects --class nonsense", 2, "nonsense");
}

TEST_CASE("objects --attributes decodes every attribute and says which are absent or sensitive") {
  Desk desk;
  const auto listing = desk.eidtool("objects --attributes --login --pin-file ../pin --id 45");
  CHECK(listing.status == 0);
  for (const auto& part : {"CKA", "CKO_PRIVATE_KEY", "CKK_RSA", "(absent)", "true", "false"}) {
    INFO(part);
    CHECK(contains(listing.output, part));
  }
  CHECK(lines_with(listing.output, "CKA_PRIVATE_EXPONENT", "(sensitive)") == 1);
  const auto lines = json_lines(desk.eidtool("objects --attributes --json --id 45 --class certificate").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/attributes/CKA_CLASS") == "CKO_CERTIFICATE");
}

TEST_CASE("objects --attributes reads no secret, even of a key that the token would hand over") {
  Desk desk;
  // PKCS #11 2.40 §4.9: with CKA_SENSITIVE false its parts can be read by whoever asks.
  desk.filter("lend-secrets\n");
  const auto listing = desk.eidtool("objects --attributes --login --pin-file ../pin --id 45 --class private_key");
  CHECK(listing.status == 0);
  CHECK(lines_with(listing.output, "CKA_PRIVATE_EXPONENT", "(128 secret bytes, not read)") == 1);
  CHECK(lines_with(listing.output, "CKA_PRIME_1", "(sensitive)") == 1);
  CHECK(desk.logged("secret read") == 0);
}

TEST_CASE("the 33rd object is not lost") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("data", "x");
  for (int number = 0; number < 40; ++number) {
    const auto made = desk.run({"pkcs11-tool", "--module", softhsm_module(), "--token-label", "CARTAO DE CIDADAO",
                                "--login", "--pin", token_pin, "--write-object", desk.path("data"), "--type", "data",
                                "--label", "data " + std::to_string(number)});
    if (made.status != 0) WARN(made.output + made.errors);
    REQUIRE(made.status == 0);
  }
  CHECK(labels_of(desk.eidtool("objects --json").output, "data").size() == 40);
}

TEST_CASE("objects that finds nothing is no failure, but gives a hint") {
  Desk desk;
  for (const auto& line : {"objects --label nobody", "objects --token nobody"}) {
    const auto listing = desk.eidtool(line);
    INFO(line);
    CHECK(listing.status == 0);
    CHECK(listing.output == "");
    CHECK(!said(listing, "hint").empty());
  }
}

TEST_CASE("objects --login sends no PIN where it cannot tell which token is meant") {
  Desk desk({TokenKind{"rsa2048", "card1"}, TokenKind{"p256", "card2", "SECOND"}});
  desk.filter("");
  const auto refusal = check_refused(desk, "objects --login --pin-file ../pin", 4, "choose one");
  CHECK(desk.logged("C_Login") == 0);
  CHECK(contains(refusal.errors, "pkcs11:"));
  CHECK(desk.eidtool("objects --login --pin-file ../pin --token SECOND").status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

}  // namespace eidtool::tests
