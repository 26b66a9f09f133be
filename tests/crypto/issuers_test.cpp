// SPDX-License-Identifier: Apache-2.0
#include "crypto/issuers.hpp"

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::vector_path;

namespace {

/// The certificates that tests/vectors/make_pki made, by name.
Certificate of(const std::string& name) { return Certificate::read_file(vector_path("pki/" + name + ".pem")); }

std::vector<std::string> subjects(const std::vector<Certificate>& certificates) {
  std::vector<std::string> subjects;
  for (const auto& certificate : certificates) subjects.push_back(certificate.common_name());
  return subjects;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a chain goes up to the self-signed certificate and ends there, in whatever order the pile is") {
  const auto root = of("root");
  const auto sub = of("sub");
  const auto leaf = of("leaf");
  CHECK(subjects(issuers_of(leaf, {leaf, root, sub})) == Names{"Sub", "Root"});
  CHECK(subjects(issuers_of(leaf, {sub})) == Names{"Sub"});
  CHECK(issuers_of(leaf, {root}).empty());
  CHECK(issuers_of(root, {root, sub}).empty());
}

TEST_CASE("an authority of the same name whose key did not sign is no issuer") {
  CHECK(issuers_of(of("leaf"), {of("sub_other_key")}).empty());
  CHECK(subjects(issuers_of(of("leaf"), {of("sub_other_key"), of("sub")})) == Names{"Sub"});
}

TEST_CASE("of two certificates of one authority the one that is valid longest is taken") {
  const auto issuers = issuers_of(of("leaf"), {of("sub"), of("sub_renewed")});
  REQUIRE(issuers.size() == 1);
  CHECK(issuers.front().der() == of("sub_renewed").der());
}

TEST_CASE("authorities that certify each other do not go round for ever") {
  const auto issuers = issuers_of(of("leaf_of_a"), {of("a_by_b"), of("b_by_a")});
  CHECK(subjects(issuers) == Names{"A", "B"});
}

}  // namespace eidtool::crypto
