// SPDX-License-Identifier: Apache-2.0
#include "trust/known_reports.hpp"

namespace eidtool::trust {

namespace {

constexpr std::size_t most_reports = 256;  // some kB each, the certificates of the path among them

}  // namespace

const TrustReport* KnownReports::find(const Bytes& key) const {
  const auto known = reports_.find(key);
  return known == reports_.end() ? nullptr : &known->second;
}

void KnownReports::keep(const Bytes& key, const TrustReport& report) {
  if (reports_.size() == most_reports) reports_.clear();
  reports_.insert_or_assign(key, report);
}

}  // namespace eidtool::trust
