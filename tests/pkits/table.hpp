// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace eidtool::tests {

enum class Expected { valid, invalid };

/// The inputs to policy processing (RFC 5280 §6.1.1).
struct PolicySettings {
  std::vector<int> acceptable = {};  // numbers of NIST's test policies; none: any policy
  bool require_explicit_policy = false;
  bool inhibit_policy_mapping = false;
  bool inhibit_any_policy = false;
};

/// One test of the Public Key Interoperability Test Suite, version 1.0.1.
struct PkitsTest {
  std::string number;       // its section in NIST's document; once for each set of settings
  std::string certificate;  // the end entity's, without .crt
  Expected expected;
  PolicySettings policies;
};

/// Every test, as the document lists it.
std::vector<PkitsTest> pkits_tests();

}  // namespace eidtool::tests
