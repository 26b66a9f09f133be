// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/bytes.hpp"
#include "trust/trust.hpp"

namespace eidtool::trust {

/// What Judges of earlier files found, so that of many files by few signers each is judged once. Belongs to one
/// thread, as certificates do. It holds so many bytes and then begins anew.
class KnownReports {
 public:
  /// Null where there is none.
  const TrustReport* find(const Bytes& key) const;
  /// Not where it is large: a stranger can make a certificate of many MiB.
  void keep(const Bytes& key, const TrustReport& report);

 private:
  std::map<Bytes, TrustReport> reports_;
  std::size_t size_ = 0;  // bytes, about
};

}  // namespace eidtool::trust
