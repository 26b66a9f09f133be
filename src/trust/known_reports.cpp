// SPDX-License-Identifier: Apache-2.0
#include "trust/known_reports.hpp"

namespace eidtool::trust {

namespace {

// Bytes, counted by what strangers can make large: certificates, which take three times their DER, and messages.
constexpr std::size_t most_size = 1U << 20U;
constexpr std::size_t most_size_of_one = 64U << 10U;
constexpr std::size_t size_beside = 4096;

std::size_t size_of(const TrustReport& report) {
  std::size_t size = size_beside;
  for (const auto& certificate : report.path) size += 3 * certificate.der().size();
  for (const auto& finding : report.findings) size += finding.message.size();
  return size;
}

}  // namespace

const TrustReport* KnownReports::find(const Bytes& key) const {
  const auto known = reports_.find(key);
  return known == reports_.end() ? nullptr : &known->second;
}

void KnownReports::keep(const Bytes& key, const TrustReport& report) {
  const auto size = size_of(report);
  if (size > most_size_of_one) return;
  if (size_ + size > most_size) {
    reports_.clear();
    size_ = 0;
  }
  if (reports_.emplace(key, report).second) size_ += size;
}

}  // namespace eidtool::trust
