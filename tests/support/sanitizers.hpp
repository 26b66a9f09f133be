// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <type_traits>
#include <vector>

namespace eidtool::tests {

/// Whether the programs that tests run are built with the sanitizers.
#if defined(EIDTOOL_HAS_SANITIZERS)
inline constexpr bool has_sanitizers = true;
#else
inline constexpr bool has_sanitizers = false;
#endif

/// Of many cases that take the same way through the code one of three (or of so many), in their order, under the
/// sanitizers: there a start of eidtool takes four times as long. In the build for use all of them. Of the next three
/// it is another one, so that nine cases that come in threes are met in all kinds.
template <class Cases>
auto sample(const Cases& cases, std::size_t of = 3) {
  std::vector<std::decay_t<decltype(*std::begin(cases))>> chosen;
  std::size_t index = 0;
  for (const auto& one : cases) {
    if (!has_sanitizers || (index + index / of) % of == 0) chosen.push_back(one);
    ++index;
  }
  return chosen;
}

/// Whether Valgrind watches, as .ci/run says: everything takes thirty times as long.
inline bool is_under_valgrind() { return std::getenv("EIDTOOL_UNDER_VALGRIND") != nullptr; }

/// From one of thousands of like inputs to the next: each, under the sanitizers each third, and under Valgrind each
/// twentieth.
inline std::size_t step() { return is_under_valgrind() ? 20 : has_sanitizers ? 3 : 1; }

}  // namespace eidtool::tests
