// SPDX-License-Identifier: Apache-2.0
// Chains: certificates one after another, the first in question and the last trusted. Signatures are taken for granted,
// since nobody guesses one: what a path is held against has to withstand any certificate.
#include "crypto/der.hpp"
#include "fuzz/fuzz.hpp"
#include "trust/trust.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  tests::expect_answer_or_error([&] {
    trust::Path path;
    for (crypto::der::Reader reader({data, size}); !reader.at_end() && path.size() < 8;) {
      path.push_back(crypto::Certificate::from_der(reader.next().whole, "input"));
    }
    if (path.empty()) return;
    trust::SignatureChecks checks;
    (void)trust::check_path(path, {now(), true, {}}, checks);
    trust::Demand demand;
    demand.at = demand.now = now();
    (void)trust::judge(path.front(), {{path.back()}, path}, demand);
  });
  return 0;
}
