// SPDX-License-Identifier: Apache-2.0
#include "commands/jobs.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::commands {

namespace {

/// Those that this process may use: std::thread::hardware_concurrency() counts those of the machine.
unsigned long core_count() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned long>(CPU_COUNT(&cores));
}

/// Each job opens up to four files, and keeps two for each of four results that wait for their turn.
std::size_t most_by_descriptors() {
  constexpr rlim_t for_all = 20;
  constexpr rlim_t for_each = 12;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return limit.rlim_cur < for_all + for_each ? 1 : (limit.rlim_cur - for_all) / for_each;
}

}  // namespace

void declare_jobs(cli::OptionSet& options, const std::string& description) {
  options.value("jobs", "NUMBER", description, 'j');
}

std::size_t jobs_from(const cli::Arguments& arguments) {
  constexpr unsigned long most = 256;
  unsigned long number = std::clamp<unsigned long>(core_count(), 1, most);
  const auto text = arguments.value("jobs");
  if (!text || (parse_number(*text, number) && number >= 1 && number <= most)) {
    return std::clamp<unsigned long>(number, 1, most_by_descriptors());
  }
  throw Error(ErrorKind::usage, "--jobs cannot be " + in_quotes(*text),
              "it is a number from 1 to " + std::to_string(most));
}

}  // namespace eidtool::commands
