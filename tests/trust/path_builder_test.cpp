// SPDX-License-Identifier: Apache-2.0
#include "trust/path_builder.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"
#include "trust/pki.hpp"

namespace eidtool::trust {

using tests::authority;
using tests::in_days;
using tests::Order;

namespace {

/// Two authorities, each with a key, and certificates by which each certifies the other again and again.
class Mesh : public Pki {
 public:
  explicit Mesh(int count) {
    make("a0", {"a0", authority()});
    make("b0", {"b0", authority()});
    for (int number = 1; number <= count; ++number) {
      add("a", "b0", number);
      add("b", "a0", number);
    }
    make("below", {"a0"});
    make("below_too", {"a0"});
  }

  std::vector<crypto::Certificate> certificates;

 private:
  void add(const std::string& name, const std::string& issuer, int number) {
    Order order{issuer, authority()};
    order.key = name + "0";
    make(name + std::to_string(number), order);
    certificates.push_back(certificate(name + std::to_string(number)));
  }
};

}  // namespace

TEST_CASE("each signature is checked once for a key, however many certificates are for it") {
  const Mesh mesh(4);
  SignatureChecks checks;
  PathBuilder builder({mesh.certificate("root")}, mesh.certificates, checks);
  std::size_t paths = 0;
  const auto count_path = [&](const Path&) {
    ++paths;
    return false;
  };
  builder.for_each_path(mesh.certificate("below"), count_path);
  CHECK(paths == 0);
  CHECK(checks.count() == 1 + mesh.certificates.size());
  // Nor for the end of the chain that is told of, nor once more for the next signer of the file.
  CHECK(builder.path_without_anchor(mesh.certificate("below")).size() == 1 + mesh.certificates.size());
  builder.for_each_path(mesh.certificate("below_too"), count_path);
  CHECK(checks.count() == 2 + mesh.certificates.size());
  CHECK_FALSE(checks.is_exhausted());
}

TEST_CASE("looking for ways ends where somebody made too many of them, and says so") {
  const Mesh mesh(6);
  SignatureChecks checks;
  PathBuilder builder({mesh.certificate("root")}, mesh.certificates, checks);
  builder.for_each_path(mesh.certificate("below"), [](const Path&) { return false; });
  CHECK(builder.gave_up());
  const auto report =
      judged(mesh, mesh.evidence({}, {}, {"a1", "a2", "a3", "a4", "a5", "a6", "b1", "b2", "b3", "b4", "b5", "b6"}),
             in_days(0), false, "below");
  CHECK(failures(report) == Names{"no_chain"});
  CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring("given up"));
}

TEST_CASE("a chain of more than twenty certificates is told not to have been followed") {
  Pki pki;
  Names intermediates;
  std::string issuer = "root";
  for (int number = 1; number <= 19; ++number) {
    const auto name = "step" + std::to_string(number);
    pki.make(name, {issuer, authority()});
    intermediates.push_back(name);
    issuer = name;
  }
  pki.make("at_18", {"step18"});
  pki.make("at_19", {"step19"});
  const auto evidence = pki.evidence({}, {}, intermediates);
  CHECK(judged(pki, evidence, in_days(0), false, "at_18").trust == Trust::trusted);
  const auto report = judged(pki, evidence, in_days(0), false, "at_19");
  CHECK(failures(report) == Names{"no_chain"});
  CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring("given up"));
}

TEST_CASE("a certificate has no more extensions and policies than any honest one") {
  Pki pki;
  const auto make = [&](const std::string& name, int extension_count, int policy_count) {
    std::string lines = "keyUsage=critical,digitalSignature\n";  // the first of them
    for (int number = 2; number < extension_count; ++number)
      lines += "1.2.3." + std::to_string(number) + "=ASN1:NULL\n";
    lines += "certificatePolicies=1.2.4.1";
    for (int number = 2; number <= policy_count; ++number) lines += ",1.2.4." + std::to_string(number);
    pki.make(name, {"sub", lines + "\n"});
  };
  make("many", 98, 100);  // OpenSSL adds two
  CHECK(judged(pki, pki.evidence({}), in_days(0), false, "many").trust == Trust::trusted);
  make("policies", 2, 101);
  CHECK(failures(judged(pki, pki.evidence({}), in_days(0), false, "policies")) == Names{"chain_malformed"});
  make("extensions", 101, 1);
  CHECK_THROWS_AS(pki.certificate("extensions"), Error);
}

TEST_CASE("a long certificate of a stranger that is every signer's uses up what one file may cost") {
  Pki pki;
  pki.make("stranger", {"stranger", "1.2.3.4=DER:04820fff" + std::string(2 * 0xfff, '0') + "\n"});
  const auto answer_after = [&](int signer_count) {
    const auto stranger = pki.certificate("stranger");
    Judge judge(pki.evidence({}), Demand{.at = in_days(0), .now = now()});
    for (int signer = 0; signer < signer_count; ++signer) judge.report(stranger, std::nullopt);
    return failures(judge.report(pki.certificate("leaf"), std::nullopt));
  };
  CHECK(answer_after(1).empty());
  CHECK(answer_after(8000) == Names{"gave_up"});
}

TEST_CASE("slow keys and long lists use up sooner what one file may cost") {
  Pki pki;
  Order slow{"root", authority()};
  slow.key_options = {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"};
  pki.make("slow", slow);
  pki.make("below", {"slow"});
  pki.make("below_too", {"slow"});
  SignatureChecks checks;
  const auto cost_of = [&](const std::string& name, const std::string& issuer) {
    const auto before = checks.cost();
    CHECK(checks.made_by(pki.certificate(name), pki.certificate(issuer)) == SignatureChecks::Answer::made);
    return checks.cost() - before;
  };
  const auto usual = cost_of("leaf", "sub");
  CHECK(cost_of("below", "slow") > 2 * usual);
  CHECK(cost_of("leaf", "sub") == 0);
  // Loading such a key is what takes long.
  const auto issuer = pki.certificate("slow");
  const auto before = checks.cost();
  CHECK(checks.made_by(pki.certificate("below_too"), issuer) == SignatureChecks::Answer::made);
  const auto first = checks.cost() - before;
  CHECK(checks.made_by(pki.certificate("slow"), pki.certificate("root")) == SignatureChecks::Answer::made);
  crypto::SignedObject large = pki.certificate("leaf").signed_object();
  large.content.resize(10U << 20U);
  const auto before_large = checks.cost();
  CHECK(checks.made_by(large, issuer) == SignatureChecks::Answer::not_made);
  CHECK(checks.cost() - before_large > first);
  CHECK(checks.count() == 5);
}

TEST_CASE("certificates that lead another way hide no revocation") {
  Pki pki;
  // The authority has a new key, with which it revoked what it issued with the old one.
  Order renewed{"root", authority()};
  renewed.common_name = "sub";
  pki.make("renewed", renewed);
  pki.make("evil", {"root", authority()});
  Names intermediates = {"sub", "renewed", "evil"};
  constexpr int count = 50;
  for (int number = 0; number < count; ++number) {
    Order cross{"evil", authority()};
    cross.key = "sub";
    cross.not_after = in_days(2000);  // such are looked at first
    intermediates.push_back("cross" + std::to_string(number));
    pki.make(intermediates.back(), cross);
  }
  pki.revoke("leaf", in_days(-20), "keyCompromise");
  pki.write_list_by("renewed", "sub", "renewed.crl");
  CHECK(failures(judged(pki, pki.evidence({"renewed.crl"}, {}, intermediates), in_days(0), false)) == Names{"gave_up"});
  intermediates.pop_back();
  CHECK(failures(judged(pki, pki.evidence({"renewed.crl"}, {}, intermediates), in_days(0), false)) == Names{"revoked"});
}

TEST_CASE("looks for the signers of lists and responses end where there are too many") {
  Pki pki;
  pki.make("other", {"other", authority(), in_days(-100), in_days(1000), "sub"});
  pki.write_list("other", "other.crl");
  pki.make("responder", {"other"});
  pki.write_response("leaf", "sub", "responder", "other.ocsp");
  const std::vector<crypto::Certificate> pool(4, pki.certificate("sub"));
  const auto list = read_revocation_list(pki.path("other.crl").string());
  const auto response = read_ocsp_response(pki.path("other.ocsp").string());
  const auto leaf = pki.certificate("leaf");
  const auto issuer = pki.certificate("sub");
  const auto is_exhausted = [&](const auto& source, std::size_t most_looks) {
    SignatureChecks checks(crypto::Work(), most_looks);
    const auto nobody = [](const auto&, auto, auto, Time) { return "nobody"; };
    (void)source.answer({leaf, issuer, in_days(0), in_days(0), false, pool, nobody, checks});
    return checks.is_exhausted();
  };
  CHECK_FALSE(is_exhausted(*list, pool.size()));
  CHECK(is_exhausted(*list, pool.size() - 1));
  CHECK_FALSE(is_exhausted(*response, pool.size() + 2));  // what it says, and the one in it
  CHECK(is_exhausted(*response, pool.size() + 1));
}

TEST_CASE("distribution points without names are counted with the names that a list has") {
  Pki pki;
  std::string points = "3078";
  for (int number = 0; number < 20; ++number) points += "3004a002a000";
  pki.make("pointed", {"sub", "keyUsage=digitalSignature\ncrlDistributionPoints=DER:" + points + "\n"});
  pki.write_list("sub", "part.crl",
                 "issuingDistributionPoint=critical,@point\n[point]\nfullname=URI:http://a.pt,URI:http://b.pt\n");
  const auto list = read_revocation_list(pki.path("part.crl").string());
  const auto certificate = pki.certificate("pointed");
  const auto issuer = pki.certificate("sub");
  const std::vector<crypto::Certificate> pool;
  SignatureChecks checks;
  const auto nobody = [](const auto&, auto, auto, Time) { return "nobody"; };
  CHECK(list->answer({certificate, issuer, in_days(0), in_days(0), false, pool, nobody, checks}).status ==
        RevocationAnswer::Status::unusable);
  CHECK(checks.look_count() >= 40);
}

TEST_CASE("signatures beyond the limit count as not made") {
  const Pki pki;
  SignatureChecks checks(crypto::Work(300));  // one on P-256
  CHECK(checks.made_by(pki.certificate("leaf"), pki.certificate("sub")) == SignatureChecks::Answer::made);
  CHECK(checks.made_by(pki.certificate("sub"), pki.certificate("root")) == SignatureChecks::Answer::not_made);
  CHECK(checks.is_exhausted());
  CHECK(checks.made_by(pki.certificate("leaf"), pki.certificate("sub")) == SignatureChecks::Answer::made);
}

}  // namespace eidtool::trust
