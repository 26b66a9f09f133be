// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace eidtool::tests {

/// A row of the table of signature algorithms, as the command line names it.
struct Row {
  std::string padding;  // empty where there is none to choose
  std::string digest;   // empty for Ed25519

  std::string eidtool_options() const;
  /// What `verify` wants beside.
  std::string permission() const;
  std::string name() const { return padding + " " + digest; }
};

/// Every row for keys of that type: `rsa2048`, `p256`, `ed25519`.
std::vector<Row> rows_for(const std::string& key_type);

/// What `openssl genpkey` takes for a kind of key.
std::vector<std::string> openssl_key(const std::string& key_type);

}  // namespace eidtool::tests
