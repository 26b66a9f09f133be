// SPDX-License-Identifier: Apache-2.0
#include "support/algorithm_rows.hpp"

namespace eidtool::tests {

std::string Row::eidtool_options() const {
  return (padding.empty() ? "" : " --padding " + padding) + (digest.empty() ? "" : " --digest " + digest);
}

std::string Row::permission() const { return digest == "sha1" ? " --allow-sha1" : ""; }

std::vector<Row> rows_for(const std::string& key_type) {
  if (key_type == "ed25519") return {Row{}};
  std::vector<Row> rows;
  const bool is_rsa = key_type.rfind("rsa", 0) == 0;
  for (const std::string padding : {"pkcs1", "pss"}) {
    for (const std::string digest : {"sha256", "sha384", "sha512", "sha1"})
      rows.push_back({is_rsa ? padding : "", digest});
    if (!is_rsa) break;
  }
  return rows;
}

std::vector<std::string> openssl_key(const std::string& key_type) {
  if (key_type.rfind("rsa", 0) == 0) return {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + key_type.substr(3)};
  if (key_type == "ed25519") return {"-algorithm", "ED25519"};
  return {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-" + key_type.substr(1)};
}

}  // namespace eidtool::tests
