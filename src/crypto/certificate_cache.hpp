// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "crypto/certificate.hpp"

namespace eidtool::crypto {

/// Certificates that were read already, with the keys that were loaded: of many files most are signed by few persons.
/// Belongs to one thread, as they do. It holds so much and then begins anew.
class CertificateCache {
 public:
  /// As Certificate::from_der().
  Certificate from_der(BytesView der, const std::string& source);

 private:
  std::map<Bytes, Certificate> known_;  // by DER
  std::size_t size_ = 0;                // bytes of that
};

}  // namespace eidtool::crypto
