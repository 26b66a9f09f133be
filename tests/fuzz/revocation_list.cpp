// SPDX-License-Identifier: Apache-2.0
// Revocation lists, and what they answer about a certificate.
#include "fuzz/fuzz.hpp"
#include "fuzz/question.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  static auto& asked = *new tests::FuzzQuestion;  // never ended: keys are loaded later
  tests::expect_answer_or_error([&] {
    const trust::RevocationList list(Bytes(data, data + size), "input");
    (void)list.answer(asked.question());
    (void)list.completes(list);
  });
  return 0;
}
