// SPDX-License-Identifier: Apache-2.0
#include "cli/time_option.hpp"

#include <chrono>
#include <regex>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::cli {

namespace {

constexpr int first_year = 1960;
constexpr int last_year = 9900;

int number_of(const std::string& digits) { return std::stoi(digits); }

}  // namespace

Time time_option(const std::string& option, const std::string& text, OfDay of_day) {
  static const std::regex shape(R"((\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d):(\d\d)(?:[Zz]|([+-])(\d\d):(\d\d)))?)");
  const auto refuse = [&](const std::string& why) {
    return Error(ErrorKind::usage, "--" + option + " " + in_quotes(text) + " " + why,
                 "write it as 2026-11-23 or 2026-11-23T09:30:00Z");
  };
  std::smatch part;
  if (!std::regex_match(text, part, shape)) throw refuse("is not a date or a date and time");
  const std::chrono::year_month_day date(std::chrono::year(number_of(part[1])),
                                         std::chrono::month(static_cast<unsigned>(number_of(part[2]))),
                                         std::chrono::day(static_cast<unsigned>(number_of(part[3]))));
  if (!date.ok()) throw refuse("is not in the calendar");
  if (number_of(part[1]) < first_year || number_of(part[1]) > last_year) {
    throw refuse("is not between the years " + std::to_string(first_year) + " and " + std::to_string(last_year));
  }
  const Time midnight = std::chrono::sys_days(date);
  if (!part[4].matched)
    return of_day == OfDay::beginning ? midnight : midnight + std::chrono::days(1) - std::chrono::seconds(1);
  const int hour = number_of(part[4]);
  const int minute = number_of(part[5]);
  const int second = number_of(part[6]);
  if (hour > 23 || minute > 59 || second > 59) throw refuse("is not a time of day");
  auto time = midnight + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (part[7].matched) {
    const auto offset = std::chrono::hours(number_of(part[8])) + std::chrono::minutes(number_of(part[9]));
    time += part[7] == "+" ? -offset : offset;
  }
  return time;
}

}  // namespace eidtool::cli
