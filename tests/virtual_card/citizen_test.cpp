// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/citizen.hpp"

#include <string>
#include <vector>

#include "base/error.hpp"
#include "crypto/certificate.hpp"
#include "support/catch.hpp"

namespace eidtool::tests {

using virtual_card::Citizen;
using virtual_card::citizen_of;
using virtual_card::subject_name;
using virtual_card::Validity;
using virtual_card::validity_of;

namespace {

const Time noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + std::chrono::hours(12);

cli::Arguments arguments(const std::vector<std::string>& words) {
  cli::OptionSet options;
  virtual_card::declare_citizen_options(options);
  virtual_card::declare_validity_options(options);
  return cli::parse(options, words);
}

std::string validity_text(const std::vector<std::string>& words) {
  const auto validity = validity_of(arguments(words), noon);
  return to_rfc3339(validity.not_before) + " " + to_rfc3339(validity.not_after);
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    (void)citizen_of(arguments(words));
    (void)validity_of(arguments(words), noon);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the subject is as on the real card, the purpose its second organizational unit") {
  CHECK(crypto::distinguished_name_text(subject_name(Citizen(), Purpose::authentication)) ==
        "CN=JOÃO VIRTUAL DA CONCEIÇÃO,serialNumber=BI123456789,GN=JOÃO,SN=VIRTUAL DA CONCEIÇÃO,"
        "OU=Autenticação do Cidadão,OU=Cidadão Português,O=Cartão de Cidadão,C=PT");
  CHECK(crypto::distinguished_name_text(subject_name(Citizen(), Purpose::signature))
            .find(",OU=Assinatura Qualificada do Cidadão,OU=Cidadão Português,") != std::string::npos);
}

TEST_CASE("the common name is made of the other two unless it is given") {
  CHECK(citizen_of(arguments({})).common_name == "JOÃO VIRTUAL DA CONCEIÇÃO");
  CHECK(citizen_of(arguments({"--given-names", "ANA", "--surname", "LIMA"})).common_name == "ANA LIMA");
  CHECK(citizen_of(arguments({"--surname", "LIMA", "--common-name", "J. LIMA"})).common_name == "J. LIMA");
  CHECK(citizen_of(arguments({"--civil-number", "BI1"})).civil_number == "BI1");
  CHECK(refusal({"--given-names", std::string(40, 'A'), "--surname", std::string(24, 'B')}) ==
        "the common name has 65 characters, X.520 allows 64");
}

TEST_CASE("certificates are valid for ten years from today unless the options say otherwise") {
  CHECK(validity_text({}) == "2026-11-23T00:00:00Z 2036-11-22T00:00:00Z");
  CHECK(validity_text({"--valid-days", "1"}) == "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z");
  CHECK(validity_text({"--not-before", "2020-02-29", "--not-after", "2021-01-31"}) ==
        "2020-02-29T00:00:00Z 2021-01-31T23:59:59Z");
  CHECK(validity_text({"--not-before", "2020-02-29T10:00:00+01:30", "--valid-days", "2"}) ==
        "2020-02-29T08:30:00Z 2020-03-02T08:30:00Z");
  CHECK(validity_text({"--not-after", "2027-01-01t00:00:00z"}) == "2026-11-23T00:00:00Z 2027-01-01T00:00:00Z");
}

TEST_CASE("dates that are none are refused") {
  CHECK(refusal({"--not-before", "2025-02-29"}) == "--not-before '2025-02-29' is not in the calendar");
  CHECK(refusal({"--not-after", "tomorrow"}) == "--not-after 'tomorrow' is not a date or a date and time");
  CHECK(refusal({"--not-after", "2027-01-01T24:00:00Z"}) == "--not-after '2027-01-01T24:00:00Z' is not a time of day");
  CHECK(refusal({"--not-after", "1899-01-01"}) == "--not-after '1899-01-01' is not between the years 1960 and 9900");
  CHECK(refusal({"--not-before", "2027-01-02", "--not-after", "2027-01-01"}) ==
        "the certificates would end (2027-01-01T23:59:59Z) before they begin (2027-01-02T00:00:00Z)");
  CHECK(refusal({"--not-before", "9899-01-01"}) == "the certificates would end after the year 9900");
  CHECK(refusal({"--valid-days", "0"}) == "--valid-days cannot be '0'");
  CHECK(refusal({"--valid-days", "-1"}) == "--valid-days cannot be '-1'");
  CHECK(refusal({"--valid-days", "1", "--not-after", "2027-01-01"}) ==
        "--not-after and --valid-days exclude each other");
}

}  // namespace eidtool::tests
