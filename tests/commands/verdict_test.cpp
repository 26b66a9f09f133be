// SPDX-License-Identifier: Apache-2.0
#include "commands/verdict.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::commands {

namespace {

formats::SignatureReport matching(const std::string& key, HashAlgorithm document_hash) {
  formats::SignatureReport report;
  report.matches = true;
  report.algorithm = find_signature_algorithm(KeyType::ed25519, Padding::none, HashAlgorithm::none);
  report.signer = tests::vector_certificate(key);
  report.document_hash = document_hash;
  return report;
}

}  // namespace

TEST_CASE("SHA-1 that binds the document counts, whatever the key signs") {
  const auto sha1 = judge(matching("ed25519", HashAlgorithm::sha1), std::nullopt, {false, now()});
  CHECK(sha1.answer == Answer::indeterminate);
  CHECK(sha1.sub_indication == SubIndication::crypto_constraints_failure);
  CHECK(sha1.findings.front().code == "sha1");
  CHECK(judge(matching("ed25519", HashAlgorithm::sha1), std::nullopt, {true, now()}).answer == Answer::valid);
  CHECK(judge(matching("ed25519", HashAlgorithm::sha512), std::nullopt, {false, now()}).answer == Answer::valid);
}

TEST_CASE("a signer with a key that eidtool does not check gets a verdict all the same") {
  auto report = matching("unsupported_dsa", HashAlgorithm::sha256);
  report.matches = false;
  report.findings.push_back(failure(SubIndication::crypto_constraints_failure, "unsupported", "DSA"));
  const auto verdict = judge(report, std::nullopt, {false, now()});
  CHECK(verdict.answer == Answer::indeterminate);
  CHECK(verdict.findings.front().code == "unsupported");
}

}  // namespace eidtool::commands
