// SPDX-License-Identifier: Apache-2.0
#include "trust/known_reports.hpp"

#include "support/catch.hpp"
#include "trust/pki.hpp"

namespace eidtool::trust {

using tests::in_days;

namespace {

/// Signers, one of them revoked, and Judges of files that share what is known.
class Files {
 public:
  Files() {
    pki.make("other", {"sub"});
    pki.revoke("leaf", in_days(-5));
    pki.write_list("sub", "sub.crl");
    demand.at = demand.now = in_days(0);
  }

  Judge judge_of(const Bytes& key) {
    return Judge(
        [this] {
          ++count;
          return pki.evidence({"sub.crl"});
        },
        demand, key, known);
  }

  Pki pki;
  Demand demand;
  KnownReports known;
  int count = 0;  // of how often evidence was wanted
};

}  // namespace

TEST_CASE("what was found of a signer is not looked up for the next file, whose claim is judged all the same") {
  Files files;
  const auto leaf = files.pki.certificate("leaf");
  for (const auto claimed : {std::optional<Time>(in_days(-10)), std::optional<Time>(in_days(-1)),
                             std::optional<Time>(in_days(3)), std::optional<Time>()}) {
    files.demand.claimed_signing_time = claimed;
    const auto alone = judge(leaf, files.pki.evidence({"sub.crl"}), files.demand);
    auto judge = files.judge_of({1});
    const auto report = judge.report(leaf, claimed);
    CHECK(text(report) == text(alone));
    CHECK(report.trust == alone.trust);
    CHECK(report.path.size() == 3);
  }
  CHECK(files.count == 1);

  auto of_another = files.judge_of({2});
  CHECK(failures(of_another.report(leaf)) == Names{"revoked"});
  CHECK(files.count == 2);
}

TEST_CASE("a report is known of one who was asked about in the same turn") {
  Files files;
  const auto leaf = files.pki.certificate("leaf");
  const auto other = files.pki.certificate("other");
  auto first = files.judge_of({1});
  CHECK(failures(first.report(leaf)) == Names{"revoked"});
  CHECK(first.report(other).trust == Trust::trusted);
  CHECK(files.count == 1);

  auto same = files.judge_of({1});
  CHECK(failures(same.report(leaf)) == Names{"revoked"});
  CHECK(same.report(other).trust == Trust::trusted);
  CHECK(files.count == 1);

  auto turned = files.judge_of({1});
  CHECK(turned.report(other).trust == Trust::trusted);
  CHECK(failures(turned.report(leaf)) == Names{"revoked"});
  CHECK(files.count == 2);

  // The first is known, and counts as if it had been looked up.
  auto longer = files.judge_of({1});
  CHECK(failures(longer.report(leaf)) == Names{"revoked"});
  CHECK(failures(longer.report(leaf)) == Names{"revoked"});
  CHECK(longer.report(other).trust == Trust::trusted);
  CHECK(files.count == 3);
}

TEST_CASE("what a stranger made large is judged, and not kept") {
  Files files;
  tests::Order large{"sub", "1.2.3.4=ASN1:UTF8:" + std::string(50'000, 'x') + "\n"};
  files.pki.make("large", large);
  const auto certificate = files.pki.certificate("large");
  REQUIRE(certificate.der().size() > 50'000);
  for (int number = 1; number <= 2; ++number) {
    auto judge = files.judge_of({1});
    CHECK(judge.report(certificate).trust == Trust::trusted);
    CHECK(files.count == number);
  }
  TrustReport wordy;
  wordy.findings.push_back(information("not_revoked", std::string(100'000, 'x')));
  files.known.keep({1}, wordy);
  CHECK(files.known.find({1}) == nullptr);
}

TEST_CASE("more reports than are kept are as right") {
  Files files;
  const auto leaf = files.pki.certificate("leaf");
  for (unsigned number = 0; number < 300; ++number) {
    auto judge = files.judge_of({static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8U)});
    REQUIRE(failures(judge.report(leaf)) == Names{"revoked"});
  }
  CHECK(files.count == 300);
}

}  // namespace eidtool::trust
