// SPDX-License-Identifier: Apache-2.0
#include "crypto/issuers.hpp"

#include <algorithm>

namespace eidtool::crypto {

namespace {

constexpr std::size_t most_issuers = 20;  // far more than any authority has above it

}  // namespace

std::vector<Certificate> issuers_of(const Certificate& certificate, const std::vector<Certificate>& pile) {
  std::vector<Certificate> issuers;
  auto last = certificate;
  // Authorities that certify each other would go round for ever.
  while (!last.is_self_issued() && issuers.size() < std::min(pile.size(), most_issuers)) {
    const Certificate* best = nullptr;
    for (const auto& candidate : pile) {
      const bool known = std::ranges::any_of(issuers, [&](const auto& one) { return one.der() == candidate.der(); });
      if (known || !candidate.is_ca() || !last.is_issued_by(candidate)) continue;
      if (best == nullptr || candidate.not_after() > best->not_after()) best = &candidate;
    }
    if (best == nullptr) break;
    issuers.push_back(*best);
    last = *best;
  }
  return issuers;
}

}  // namespace eidtool::crypto
