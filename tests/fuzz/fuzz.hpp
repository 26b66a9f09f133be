// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/error.hpp"

/// What libFuzzer calls with every input that it thinks of.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace eidtool::tests {

/// Runs `parse`, to which an Error is an answer; anything else that is thrown is a bug, and so is an Error of kind
/// internal.
template <typename Parse>
void expect_answer_or_error(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) throw;
  }
}

}  // namespace eidtool::tests
