// SPDX-License-Identifier: Apache-2.0
#include "commands/jobs.hpp"

#include <algorithm>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::commands {

void declare_jobs(cli::OptionSet& options, const std::string& description) {
  options.value("jobs", "NUMBER", description, 'j');
}

std::size_t jobs_from(const cli::Arguments& arguments) {
  const auto text = arguments.value("jobs");
  if (!text) return std::max(1U, std::thread::hardware_concurrency());
  constexpr unsigned long most = 256;
  unsigned long number = 0;
  if (parse_number(*text, number) && number >= 1 && number <= most) return number;
  throw Error(ErrorKind::usage, "--jobs cannot be " + in_quotes(*text),
              "it is a number from 1 to " + std::to_string(most));
}

}  // namespace eidtool::commands
