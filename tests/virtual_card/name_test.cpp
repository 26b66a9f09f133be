// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/name.hpp"

#include <string>

#include "base/error.hpp"
#include "crypto/certificate.hpp"
#include "support/catch.hpp"

namespace eidtool::tests {

using virtual_card::character_count;
using virtual_card::check_name_attribute;
using virtual_card::name_der;
using virtual_card::NameAttribute;
using virtual_card::NameAttributeType;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
  std::string result;
  for (std::size_t index = 0; index < count; ++index) result += text;
  return result;
}

std::string refusal(NameAttributeType type, const std::string& value) {
  try {
    check_name_attribute({type, value});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a Name has its attributes in the order given") {
  using enum NameAttributeType;
  const auto der = name_der({{country, "PT"},
                             {organization, "Cartão, de Cidadão"},
                             {surname, "DA CONCEIÇÃO"},
                             {given_name, "JOÃO"},
                             {serial_number, "BI1"},
                             {common_name, "JOÃO"}});
  CHECK(crypto::distinguished_name_text(der) ==
        "CN=JOÃO,serialNumber=BI1,GN=JOÃO,SN=DA CONCEIÇÃO,O=Cartão\\, de Cidadão,C=PT");
}

TEST_CASE("names up to the bounds of X.520 are taken, in characters and not in bytes") {
  using enum NameAttributeType;
  CHECK(character_count("JOÃO") == 4);
  CHECK(refusal(common_name, repeated("Ã", 64)).empty());
  CHECK(refusal(surname, repeated("Ã", 32768)).empty());
  CHECK(refusal(serial_number, repeated("1", 64)).empty());
}

TEST_CASE("names beyond the bounds of X.520 are refused by name") {
  using enum NameAttributeType;
  CHECK(refusal(common_name, repeated("Ã", 65)) == "the common name has 65 characters, X.520 allows 64");
  CHECK(refusal(organization, repeated("x", 65)) == "the organization has 65 characters, X.520 allows 64");
  CHECK(refusal(organizational_unit, repeated("x", 65)) ==
        "the organizational unit has 65 characters, X.520 allows 64");
  CHECK(refusal(surname, repeated("x", 32769)) == "the surname has 32769 characters, X.520 allows 32768");
  CHECK(refusal(given_name, repeated("x", 32769)) == "the given name has 32769 characters, X.520 allows 32768");
  CHECK(refusal(serial_number, repeated("1", 65)) == "the civil number has 65 characters, X.520 allows 64");
  CHECK(refusal(country, "PRT") == "the country has 3 characters, X.520 allows 2");
}

TEST_CASE("names that nobody can read are refused") {
  using enum NameAttributeType;
  CHECK(refusal(surname, "") == "the surname is empty");
  CHECK(refusal(surname, "  ") == "the surname is empty");
  CHECK(refusal(surname, "A\x1b[31mB") == "the surname is not UTF-8 text of visible characters: 'A\\u{1b}[31mB'");
  CHECK(refusal(surname, "A\xff") == "the surname is not UTF-8 text of visible characters: 'A\\xff'");
  CHECK(refusal(serial_number, "BI_1") == "the civil number has characters that X.520 does not allow there: 'BI_1'");
}

}  // namespace eidtool::tests
