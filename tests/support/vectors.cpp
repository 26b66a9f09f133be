// SPDX-License-Identifier: Apache-2.0
#include "support/vectors.hpp"

#include <map>
#include <stdexcept>

#include "base/files.hpp"

namespace eidtool::tests {

std::filesystem::path vector_path(const std::string& name) {
  return std::filesystem::path(EIDTOOL_TEST_VECTORS) / name;
}

Bytes vector_bytes(const std::string& name) { return read_small_file(vector_path(name), 1U << 20U, "test vector"); }

crypto::Certificate vector_certificate(const std::string& key) {
  return crypto::Certificate::read_file(vector_path(key + ".pem"));
}

crypto::PublicKey vector_public_key(const std::string& key) {
  // Never ended: keys that are loaded later would outlive the memory that Botan keeps for them.
  static auto& certificates = *new std::map<std::string, crypto::Certificate>;
  const auto entry = certificates.find(key);
  return (entry != certificates.end() ? entry : certificates.emplace(key, vector_certificate(key)).first)
      ->second.public_key();
}

Error error_of(const std::function<void()>& deed) {
  try {
    deed();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("no eidtool::Error was thrown");
}

Bytes hex(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes) throw std::logic_error("not hex: " + std::string(text));
  return *bytes;
}

}  // namespace eidtool::tests
