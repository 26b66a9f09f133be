// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "trust/revocation.hpp"

namespace eidtool::tests {

/// The question whether `leaf` of tests/vectors/pki was revoked, for lists and responses that are made up.
class FuzzQuestion {
 public:
  trust::RevocationQuestion question() {
    checks_ = trust::SignatureChecks();  // an input may stand where another one did
    return {leaf_, sub_, at_, at_, true, pool_, [](const auto&, auto, auto, Time) { return std::nullopt; }, checks_};
  }

 private:
  static crypto::Certificate of(const char* name) {
    return crypto::Certificate::read_file(std::filesystem::path(EIDTOOL_TEST_VECTORS) / "pki" / name);
  }

  crypto::Certificate leaf_ = of("leaf.pem");
  crypto::Certificate sub_ = of("sub.pem");
  std::vector<crypto::Certificate> pool_ = {of("root.pem"), of("sub_other_key.pem")};
  Time at_ = now();
  trust::SignatureChecks checks_;
};

}  // namespace eidtool::tests
