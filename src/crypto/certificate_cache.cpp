// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_cache.hpp"

namespace eidtool::crypto {

namespace {

// With its key a certificate takes some 10 kB.
constexpr std::size_t most_certificates = 256;
constexpr std::size_t most_size = 1U << 20U;  // bytes of DER
constexpr std::size_t most_size_of_one = 64U << 10U;

}  // namespace

Certificate CertificateCache::from_der(BytesView der, const std::string& source) {
  Bytes key(der.begin(), der.end());
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  auto certificate = Certificate::from_der(der, source);
  if (key.size() > most_size_of_one) return certificate;
  if (known_.size() == most_certificates || size_ + key.size() > most_size) {
    known_.clear();
    size_ = 0;
  }
  size_ += key.size();
  known_.emplace(std::move(key), certificate);
  return certificate;
}

}  // namespace eidtool::crypto
