// SPDX-License-Identifier: Apache-2.0
#include "base/algorithms.hpp"

#include <set>

#include "support/catch.hpp"

namespace eidtool {

TEST_CASE("every row of the table is found by its parts, and its name is its own") {
  std::set<std::string_view> names;
  for (const auto& row : signature_algorithms) {
    CHECK(find_signature_algorithm(row.key_type, row.padding, row.hash) == &row);
    CHECK(names.insert(row.name).second);
  }
}

TEST_CASE("combinations that do not exist are not found") {
  CHECK(find_signature_algorithm(KeyType::ec, Padding::pss, HashAlgorithm::sha256) == nullptr);
  CHECK(find_signature_algorithm(KeyType::rsa, Padding::pkcs1, HashAlgorithm::none) == nullptr);
  CHECK(find_signature_algorithm(KeyType::ed25519, Padding::none, HashAlgorithm::sha512) == nullptr);
}

TEST_CASE("a hash has one name, in lower case") {
  for (const auto hash : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
    CHECK(hash_by_name(name(hash)) == hash);
  }
  for (const char* nonsense : {"", "none", "SHA256", "sha-256", "sha2566", "md5"}) CHECK_FALSE(hash_by_name(nonsense));
}

}  // namespace eidtool
