// SPDX-License-Identifier: Apache-2.0
// pkits FOLDER: NIST's Public Key Interoperability Test Suite against trust/, with the suite's folders certs/ and
// crls/. Prints a line for each test, and last the number of those that passed and failed. The suite is not part of
// this tree: https://csrc.nist.gov/projects/pki-testing has it.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <string>

#include "base/error.hpp"
#include "pkits/table.hpp"
#include "trust/trust.hpp"

namespace {

namespace fs = std::filesystem;

using namespace eidtool;

trust::Evidence evidence_in(const fs::path& folder) {
  trust::Evidence evidence;
  evidence.anchors = {crypto::Certificate::read_file(folder / "certs" / "TrustAnchorRootCertificate.crt")};
  for (const auto& entry : fs::directory_iterator(folder / "certs")) {
    try {
      evidence.intermediates.push_back(crypto::Certificate::read_file(entry.path()));
    } catch (const Error& error) {  // some are broken on purpose
      std::printf("%s is not taken: %s\n", entry.path().filename().c_str(), error.what());
    }
  }
  for (const auto& entry : fs::directory_iterator(folder / "crls")) {
    try {
      evidence.revocation_lists.push_back(trust::read_revocation_list(entry.path()));
    } catch (const Error& error) {
      std::printf("%s is not taken: %s\n", entry.path().filename().c_str(), error.what());
    }
  }
  return evidence;
}

/// Empty where the certificate is trusted, else the first reason.
std::string judge(const fs::path& folder, const tests::PkitsTest& test, const trust::Evidence& evidence) {
  trust::Demand demand;
  demand.at = demand.now = now();
  demand.require_revocation = true;
  demand.policies.require_explicit_policy = test.policies.require_explicit_policy;
  demand.policies.inhibit_policy_mapping = test.policies.inhibit_policy_mapping;
  demand.policies.inhibit_any_policy = test.policies.inhibit_any_policy;
  if (!test.policies.acceptable.empty()) demand.policies.acceptable.clear();
  for (const auto number : test.policies.acceptable) {
    demand.policies.acceptable.insert("2.16.840.1.101.3.2.1.48." + std::to_string(number));
  }
  try {
    const auto certificate = crypto::Certificate::read_file(folder / "certs" / (test.certificate + ".crt"));
    const auto report = trust::judge(certificate, evidence, demand);
    for (const auto& finding : report.findings) {
      if (finding.sub_indication) return finding.code + ": " + finding.message;
    }
    return {};
  } catch (const Error& error) {  // a certificate that cannot be read is not trusted
    return error.what();
  }
}

int run(const fs::path& folder) {
  const auto evidence = evidence_in(folder);
  int passed = 0;
  int failed = 0;
  for (const auto& test : tests::pkits_tests()) {
    const auto reason = judge(folder, test, evidence);
    const bool passes = reason.empty() == (test.expected == tests::Expected::valid);
    ++(passes ? passed : failed);
    std::printf("%s %s %s%s%s\n", passes ? "passed" : "FAILED", test.number.c_str(), test.certificate.c_str(),
                reason.empty() ? "" : ": ", reason.c_str());
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: pkits FOLDER, which holds the suite's certs/ and crls/\n");
    return 2;
  }
  try {
    return run(arguments[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pkits: %s\n", error.what());
    return 3;
  }
}
