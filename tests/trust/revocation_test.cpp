// SPDX-License-Identifier: Apache-2.0
// Revocation lists and OCSP responses made by OpenSSL.
#include "trust/revocation.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "support/catch.hpp"
#include "trust/pki.hpp"

namespace eidtool::trust {

using tests::authority;
using tests::in_days;
using tests::Order;

TEST_CASE("lists of all authorities that name nobody make a chain trusted, where revocation has to be known") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "sub.crl");
  CHECK(judged(pki, pki.evidence({"root.crl", "sub.crl"})).trust == Trust::trusted);
  CHECK(failures(judged(pki, pki.evidence({"sub.crl"}))) == Names{"revocation_unknown"});
  CHECK(failures(judged(pki, pki.evidence({"root.crl"}))) == Names{"revocation_unknown"});
  CHECK(failures(judged(pki, pki.evidence({}))) == Names{"revocation_unknown"});
  const auto lax = judged(pki, pki.evidence({}), in_days(0), false);
  CHECK(lax.trust == Trust::trusted);
  CHECK_THAT(text(lax), Catch::Matchers::ContainsSubstring("not known"));
}

TEST_CASE("who is revoked is not trusted, whether or not revocation has to be known") {
  Pki pki;
  pki.revoke("leaf", in_days(-5), "keyCompromise");
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "sub.crl");
  for (const bool required : {true, false}) {
    const auto report = judged(pki, pki.evidence({"root.crl", "sub.crl"}), in_days(0), required);
    CHECK(report.trust == Trust::not_trusted);
    REQUIRE(failures(report) == Names{"revoked"});
    CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring("keyCompromise"));
  }
  CHECK_FALSE(pki.openssl_accepts("leaf", "root", {"sub"}, {"-crl_check", "-CRLfile", "sub.crl"}));

  // As of an earlier time it was good, and the list tells so.
  const auto before = judged(pki, pki.evidence({"root.crl", "sub.crl"}), in_days(-6));
  CHECK(before.trust == Trust::trusted);
  CHECK_THAT(text(before), Catch::Matchers::ContainsSubstring("after the time in question"));
}

TEST_CASE("the claimed time is told beside a revocation, and believed by nobody") {
  Pki pki;
  pki.revoke("leaf", in_days(-5));
  pki.write_list("sub", "sub.crl");
  Demand demand;
  demand.at = demand.now = in_days(0);
  for (const auto& [claimed, words] :
       {std::pair{in_days(-10), "claims to be older"}, std::pair{in_days(-1), "before the signature claims"}}) {
    demand.claimed_signing_time = claimed;
    const auto report = judge(pki.certificate("leaf"), pki.evidence({"sub.crl"}), demand);
    REQUIRE(failures(report) == Names{"revoked"});
    CHECK(std::ranges::any_of(
        report.findings, [](const auto& finding) { return finding.sub_indication == SubIndication::revoked_no_poe; }));
    CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring(words));
  }
}

TEST_CASE("a suspended certificate is undecided") {
  Pki pki;
  pki.revoke("leaf", in_days(-5), "certificateHold");
  pki.write_list("sub", "sub.crl");
  const auto report = judged(pki, pki.evidence({"sub.crl"}), in_days(0), false);
  CHECK(failures(report) == Names{"certificate_on_hold"});
  CHECK(report.trust == Trust::indeterminate);
}

TEST_CASE("below an authority that was revoked nothing is trusted") {
  Pki pki;
  pki.revoke("sub", in_days(-5));
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "sub.crl");
  CHECK(failures(judged(pki, pki.evidence({"sub.crl", "root.crl"}))) == Names{"revoked_authority"});
}

TEST_CASE("a list that is out of date, from the future, or somebody else's, says nothing") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "stale.crl", {}, in_days(-20), in_days(-1));
  const auto stale = judged(pki, pki.evidence({"root.crl", "stale.crl"}));
  CHECK(failures(stale) == Names{"revocation_unknown"});
  CHECK_THAT(text(stale), Catch::Matchers::ContainsSubstring("out of date"));
  // It was up to date then.
  CHECK(judged(pki, pki.evidence({"root.crl", "stale.crl"}), in_days(-2)).trust == Trust::trusted);

  pki.write_list("sub", "future.crl", {}, in_days(1), in_days(2));
  CHECK_THAT(text(judged(pki, pki.evidence({"root.crl", "future.crl"}))),
             Catch::Matchers::ContainsSubstring("from the future"));

  // The same name, another key.
  Order forged{"root", authority()};
  forged.common_name = "sub";
  pki.make("forged", forged);
  pki.write_list("forged", "forged.crl");
  CHECK_THAT(text(judged(pki, pki.evidence({"root.crl", "forged.crl"}))),
             Catch::Matchers::ContainsSubstring("was not signed by its issuer"));
}

TEST_CASE("a key that may not sign lists signs none") {
  Pki pki;
  pki.make("silent", {"root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"});
  pki.make("below", {"silent"});
  pki.write_list("root", "root.crl");
  pki.write_list("silent", "silent.crl");
  const auto report = judged(pki, pki.evidence({"root.crl", "silent.crl"}, {}, {"silent"}), in_days(0), true, "below");
  CHECK(failures(report) == Names{"revocation_unknown"});
  CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring("must not sign lists"));
}

TEST_CASE("an authority may have a key of its own for lists, certified by the same authority") {
  Pki pki;
  Order lists{"root", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  lists.common_name = "sub";
  pki.make("lists", lists);
  pki.write_list("root", "root.crl");
  pki.write_list("lists", "sub.crl");
  CHECK(judged(pki, pki.evidence({"root.crl", "sub.crl"}, {}, {"sub", "lists"})).trust == Trust::trusted);
  CHECK(failures(judged(pki, pki.evidence({"root.crl", "sub.crl"}))) == Names{"revocation_unknown"});
  // One that nobody vouches for.
  pki.make("stranger", {"stranger", authority()});
  Order false_lists{"stranger", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  false_lists.common_name = "sub";
  pki.make("false_lists", false_lists);
  pki.write_list("false_lists", "false.crl");
  CHECK(failures(judged(pki, pki.evidence({"root.crl", "false.crl"}, {}, {"sub", "false_lists"}))) ==
        Names{"revocation_unknown"});
}

TEST_CASE("a list for a part of the certificates counts for those alone") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto list = [&](const std::string& point) {
    pki.write_list("sub", "part.crl", "issuingDistributionPoint=critical,@point\n[point]\n" + point);
    return judged(pki, pki.evidence({"root.crl", "part.crl"}));
  };
  CHECK(list("onlyuser=TRUE\n").trust == Trust::trusted);
  CHECK(failures(list("onlyCA=TRUE\n")) == Names{"revocation_unknown"});
  CHECK(failures(list("onlyAA=TRUE\n")) == Names{"revocation_unknown"});
  CHECK(failures(list("onlysomereasons=keyCompromise\n")) == Names{"revocation_unknown"});
  CHECK(failures(list("fullname=URI:http://example.pt/a.crl\n")) == Names{"revocation_unknown"});
  // A certificate that names its list.
  pki.make("pointed", {"sub",
                       "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
                       "crlDistributionPoints=URI:http://example.pt/a.crl\n"});
  pki.write_list("sub", "a.crl",
                 "issuingDistributionPoint=critical,@point\n[point]\nfullname=URI:http://example.pt/a.crl\n");
  CHECK(judged(pki, pki.evidence({"root.crl", "a.crl"}), in_days(0), true, "pointed").trust == Trust::trusted);
  pki.write_list("sub", "b.crl",
                 "issuingDistributionPoint=critical,@point\n[point]\nfullname=URI:http://example.pt/b.crl\n");
  CHECK(failures(judged(pki, pki.evidence({"root.crl", "b.crl"}), in_days(0), true, "pointed")) ==
        Names{"revocation_unknown"});
  // And one without a point of its own is for all of its issuer's.
  pki.write_list("sub", "all.crl");
  CHECK(judged(pki, pki.evidence({"root.crl", "all.crl"}), in_days(0), true, "pointed").trust == Trust::trusted);
}

TEST_CASE("what was revoked stays so, however old the list or response is") {
  Pki pki;
  pki.revoke("leaf", in_days(-15));
  pki.write_list("sub", "stale.crl", {}, in_days(-10), in_days(-5));
  CHECK(failures(judged(pki, pki.evidence({"stale.crl"}), in_days(0), false)) == Names{"revoked"});
  pki.write_response("leaf", "sub", "sub", "endless.ocsp", {});
  CHECK(failures(judged(pki, pki.evidence({}, {"endless.ocsp"}), in_days(0) + std::chrono::minutes(50), false)) ==
        Names{"revoked"});
}

TEST_CASE("a list by somebody whom the certificate names counts, by anybody else not") {
  Pki pki;
  pki.make("lister", {"root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"});
  pki.make("listed", {"sub",
                      "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\ncrlDistributionPoints=point\n"
                      "[point]\nCRLissuer=dirName:lister\n[lister]\nC=PT\nO=Testes\nCN=lister\n"});
  pki.write_list("root", "root.crl");
  const std::string indirect = "issuingDistributionPoint=critical,@point\n[point]\nindirectCRL=TRUE\n";
  pki.write_list("lister", "indirect.crl", indirect);
  pki.write_list("lister", "direct.crl");
  const auto with = [&](const std::string& list, const std::string& name) {
    return judged(pki, pki.evidence({"root.crl", list}, {}, {"sub", "lister"}), in_days(0), true, name);
  };
  CHECK(with("indirect.crl", "listed").trust == Trust::trusted);
  CHECK(failures(with("direct.crl", "listed")) == Names{"revocation_unknown"});
  CHECK(failures(with("indirect.crl", "leaf")) == Names{"revocation_unknown"});
}

TEST_CASE("a list that was made after a certificate expired need not name it any more") {
  Pki pki;
  pki.make("old", {"sub", {}, in_days(-90), in_days(-10)});
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "sub.crl");
  const auto report = judged(pki, pki.evidence({"root.crl", "sub.crl"}), in_days(-20), true, "old");
  CHECK(failures(report) == Names{"revocation_unknown"});
  CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring("had expired"));
}

TEST_CASE("an OCSP response by the issuer, or by a responder of its own, is believed") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "direct.ocsp");
  CHECK(judged(pki, pki.evidence({"root.crl"}, {"direct.ocsp"})).trust == Trust::trusted);
  pki.make("responder", {"sub",
                         "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=OCSPSigning\n"
                         "noCheck=ignored\n"});
  pki.write_response("leaf", "sub", "responder", "delegated.ocsp");
  CHECK(judged(pki, pki.evidence({"root.crl"}, {"delegated.ocsp"})).trust == Trust::trusted);
  pki.write_response("leaf", "sub", "responder", "by_key.ocsp", {"-ndays", "3", "-resp_key_id", "-rmd", "sha512"});
  CHECK(judged(pki, pki.evidence({"root.crl"}, {"by_key.ocsp"})).trust == Trust::trusted);

  pki.revoke("leaf", in_days(-5), "keyCompromise");
  pki.write_response("leaf", "sub", "responder", "revoked.ocsp");
  CHECK(failures(judged(pki, pki.evidence({"root.crl"}, {"revoked.ocsp"}))) == Names{"revoked"});
}

TEST_CASE("other OCSP responses are not") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto unknown = [&](const std::string& file, const std::string& words, Time at = in_days(0)) {
    const auto report = judged(pki, pki.evidence({"root.crl"}, {file}), at);
    INFO(text(report));
    CHECK(failures(report) == Names{"revocation_unknown"});
    CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring(words));
  };
  // No responder, a responder of somebody else, about another certificate.
  pki.make("somebody", {"sub"});
  pki.write_response("leaf", "sub", "somebody", "somebody.ocsp");
  unknown("somebody.ocsp", "no responder");
  pki.make("roots_responder", {"root", "basicConstraints=CA:FALSE\nextendedKeyUsage=OCSPSigning\n"});
  pki.write_response("leaf", "sub", "roots_responder", "roots.ocsp");
  unknown("roots.ocsp", "no responder");
  pki.write_response("somebody", "sub", "sub", "other.ocsp");
  unknown("other.ocsp", "no list or response about it");
  // Without an end, it holds for the moment that it was made in.
  pki.write_response("leaf", "sub", "sub", "endless.ocsp", {});
  const auto later = judged(pki, pki.evidence({"root.crl"}, {"endless.ocsp"}), in_days(0) + std::chrono::minutes(50));
  CHECK(failures(later) == Names{"revocation_unknown"});
  // A responder who has retired since says nothing any more.
  const std::string responder = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=OCSPSigning\n";
  pki.make("retired", {"sub", responder, in_days(-50), in_days(-1)});
  pki.write_response("leaf", "sub", "retired", "retired.ocsp");
  unknown("retired.ocsp", "the certificate of 'retired' expired");
  // Damaged in the signature.
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  auto bytes = tests::read_file(pki.path("good.ocsp"));
  const auto at = bytes.find(std::string("\x80\x00", 2));  // certStatus good
  REQUIRE(at != std::string::npos);
  bytes[at] = static_cast<char>(0x82);  // unknown
  tests::write_file(pki.path("damaged.ocsp"), bytes);
  unknown("damaged.ocsp", "was not signed by");
}

TEST_CASE("what is neither list nor response is called so") {
  Pki pki;
  tests::write_file(pki.path("noise"), "noise");
  tests::write_file(pki.path("empty"), "");
  for (const std::string name : {"noise", "empty", "leaf.pem"}) {
    INFO(name);
    const auto kind_of = [&](const auto& read) {
      try {
        (void)read(pki.path(name).string());
      } catch (const Error& error) {
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(name));
        return error.kind();
      }
      return ErrorKind::internal;
    };
    CHECK(kind_of([](const std::string& file) { return read_revocation_list(file); }) == ErrorKind::malformed);
    CHECK(kind_of([](const std::string& file) { return read_ocsp_response(file); }) == ErrorKind::malformed);
  }
  CHECK(judged(pki, pki.evidence({}), in_days(0), false).trust == Trust::trusted);
}

}  // namespace eidtool::trust
