// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/citizen.hpp"

#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/time_option.hpp"
#include "virtual_card/name.hpp"

namespace eidtool::virtual_card {

namespace {

using std::chrono::days;

constexpr days default_validity{3652};
constexpr int last_year = 9900;  // of certificates made here, so that their authorities can outlast them
// Certificates of the authorities begin before and end after these, and a year has four digits.
Time not_after_of(const cli::Arguments& arguments, Time not_before) {
  const auto text = arguments.value("not-after");
  const auto valid_days = arguments.value("valid-days");
  if (text && valid_days) {
    throw Error(ErrorKind::usage, "--not-after and --valid-days exclude each other");
  }
  if (text) return cli::time_option("not-after", *text, cli::OfDay::end);
  if (!valid_days) return not_before + default_validity;
  unsigned long count = 0;
  constexpr unsigned long most = 365UL * 1000;
  if (!parse_number(*valid_days, count) || count == 0 || count > most) {
    throw Error(ErrorKind::usage, "--valid-days cannot be " + in_quotes(*valid_days),
                "it is a number from 1 to " + std::to_string(most));
  }
  return not_before + days(count);
}

}  // namespace

Bytes subject_name(const Citizen& citizen, Purpose purpose) {
  using enum NameAttributeType;
  return name_der({{country, "PT"},
                   {organization, "Cartão de Cidadão"},
                   {organizational_unit, "Cidadão Português"},
                   {organizational_unit,
                    purpose == Purpose::signature ? "Assinatura Qualificada do Cidadão" : "Autenticação do Cidadão"},
                   {surname, citizen.surname},
                   {given_name, citizen.given_names},
                   {serial_number, citizen.civil_number},
                   {common_name, citizen.common_name}});
}

void declare_citizen_options(cli::OptionSet& options) {
  const Citizen standard;
  options.value("given-names", "TEXT", "given names of the citizen (default " + standard.given_names + ")");
  options.value("surname", "TEXT", "surname (default " + standard.surname + ")");
  options.value("common-name", "TEXT", "full name in the certificates (default: given names and surname)");
  options.value("civil-number", "TEXT", "civil identification number (default " + standard.civil_number + ")");
}

Citizen citizen_of(const cli::Arguments& arguments) {
  Citizen citizen;
  citizen.given_names = arguments.value("given-names").value_or(citizen.given_names);
  citizen.surname = arguments.value("surname").value_or(citizen.surname);
  citizen.common_name = arguments.value("common-name").value_or(citizen.given_names + " " + citizen.surname);
  citizen.civil_number = arguments.value("civil-number").value_or(citizen.civil_number);
  (void)subject_name(citizen, Purpose::authentication);  // checks the names
  return citizen;
}

void declare_validity_options(cli::OptionSet& options) {
  options.value("not-before", "TIME", "beginning of the citizen's certificates (default: today), as in RFC 3339");
  options.value("not-after", "TIME", "their end (default: ten years later)");
  options.value("valid-days", "N", "their end, in days after the beginning");
}

Validity validity_of(const cli::Arguments& arguments, Time now) {
  const auto text = arguments.value("not-before");
  const Time today = std::chrono::floor<days>(now);
  const auto not_before = text ? cli::time_option("not-before", *text, cli::OfDay::beginning) : today;
  const auto not_after = not_after_of(arguments, not_before);
  if (not_after <= not_before) {
    throw Error(ErrorKind::usage, "the certificates would end (" + to_rfc3339(not_after) + ") before they begin (" +
                                      to_rfc3339(not_before) + ")");
  }
  constexpr std::chrono::sys_days end_of_time = std::chrono::year(last_year + 1) / 1 / 1;
  if (not_after >= end_of_time) {
    throw Error(ErrorKind::usage, "the certificates would end after the year " + std::to_string(last_year));
  }
  return {not_before, not_after};
}

}  // namespace eidtool::virtual_card
