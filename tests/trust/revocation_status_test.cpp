// SPDX-License-Identifier: Apache-2.0
// What several lists and responses say together. All are made by OpenSSL; responses that it does not make are put
// together of its own parts and signed by it.
#include "trust/revocation_status.hpp"

#include <algorithm>

#include "crypto/der.hpp"
#include "support/catch.hpp"
#include "trust/pki.hpp"

namespace eidtool::trust {

using tests::authority;
using tests::in_days;
using tests::Order;

namespace {

/// The same for every order of the lists.
Names failures_in_any_order(const Pki& pki, Names lists, Time at = in_days(0), bool required = true) {
  std::ranges::sort(lists);
  const auto first = failures(judged(pki, pki.evidence(lists), at, required));
  while (std::ranges::next_permutation(lists).found) {
    INFO(lists.front());
    CHECK(failures(judged(pki, pki.evidence(lists), at, required)) == first);
  }
  return first;
}

}  // namespace

TEST_CASE("what revokes for good weighs more than what releases, in any order") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.revoke("leaf", in_days(-20), "certificateHold");
  pki.write_numbered_list("sub", "b4.crl", 4, -20);
  pki.revoke("leaf", in_days(-15), "removeFromCRL");
  pki.write_numbered_list("sub", "d5.crl", 5, -15, 4);
  pki.revoke("leaf", in_days(-10), "keyCompromise");
  pki.write_numbered_list("sub", "d6.crl", 6, -10, 4);
  CHECK(failures_in_any_order(pki, {"root.crl", "b4.crl", "d5.crl", "d6.crl"}) == Names{"revoked"});
  CHECK(failures_in_any_order(pki, {"root.crl", "b4.crl", "d5.crl"}).empty());
  CHECK(failures_in_any_order(pki, {"root.crl", "b4.crl"}) == Names{"certificate_on_hold"});
  // What a delta list revokes is revoked, with or without the list that it completes.
  CHECK(failures_in_any_order(pki, {"root.crl", "d6.crl"}) == Names{"revoked"});
  CHECK(failures_in_any_order(pki, {"root.crl", "d5.crl"}) == Names{"revocation_unknown"});
}

// [work]: for seconds nothing but checks of signatures, until they are too many.
TEST_CASE("where not everything could be looked at nobody is trusted", "[work]") {
  Pki pki;
  pki.revoke("leaf", in_days(-20), "keyCompromise");
  pki.write_list("sub", "true.crl");
  // Whoever makes the file can put so much into it that the true list is never reached: each list may be by any of
  // those.
  pki.make("other", {"other", authority(), in_days(-100), in_days(1000), "sub"});
  pki.write_list("other", "false.crl");
  constexpr int count = 110;
  Names many = {"sub"};
  for (int number = 0; number < count; ++number) {
    many.push_back("sub" + std::to_string(number));
    pki.make(many.back(), {many.back(), authority(), in_days(-100), in_days(1000), "sub"});
  }
  const Names lists(count, "false.crl");
  auto evidence = pki.evidence(lists, {}, many);
  CHECK(failures(judged(pki, evidence, in_days(0), false)) == Names{"gave_up"});
  evidence.revocation_lists.insert(evidence.revocation_lists.begin(),
                                   pki.evidence({"true.crl"}).revocation_lists.front());
  CHECK(failures(judged(pki, evidence, in_days(0), false)) == Names{"revoked"});
  evidence.revocation_lists.resize(2);
  evidence.revocation_lists.erase(evidence.revocation_lists.begin());
  CHECK(failures(judged(pki, evidence, in_days(0), false)).empty());
}

TEST_CASE("of several dates the earliest counts, and a hold until something ends it") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.revoke("leaf", in_days(-10));
  pki.write_numbered_list("sub", "late.crl", 8, -5);
  pki.revoke("leaf", in_days(-60));
  pki.write_numbered_list("sub", "early.crl", 9, -4);
  CHECK(failures_in_any_order(pki, {"late.crl", "early.crl"}, in_days(-50), false) == Names{"revoked"});
  pki.revoke("leaf", in_days(-60), "certificateHold");
  pki.write_numbered_list("sub", "hold.crl", 7, -50);
  CHECK(failures_in_any_order(pki, {"late.crl", "hold.crl"}, in_days(-40), false) == Names{"certificate_on_hold"});
  CHECK(failures_in_any_order(pki, {"late.crl", "hold.crl"}, in_days(-9), false) == Names{"revoked"});
  CHECK(failures_in_any_order(pki, {"late.crl", "hold.crl"}, in_days(-70), false).empty());
}

TEST_CASE("a hold ends with a later list of the same scope by the same key, and no other") {
  Pki pki;
  Order second{"root", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  second.common_name = "sub";
  pki.make("second", second);
  pki.write_list("root", "root.crl");
  pki.write_numbered_list("sub", "newer.crl", 7, -3);
  pki.write_numbered_list("sub", "older.crl", 3, -30);
  pki.write_numbered_list("sub", "misnumbered.crl", 3, -3);
  pki.write_numbered_list("sub", "misdated.crl", 7, -30);
  pki.write_numbered_list("sub", "scoped.crl", 7, -3, 0,
                          "issuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE\n");
  pki.write_numbered_list("second", "second.crl", 7, -3);
  pki.revoke("leaf", in_days(-20), "certificateHold");
  pki.write_numbered_list("sub", "hold.crl", 4, -20);
  const auto with = [&](const std::string& list) {
    auto lists = Names{"hold.crl", "root.crl", list};
    const auto first = failures(judged(pki, pki.evidence(lists, {}, {"sub", "second"})));
    std::ranges::reverse(lists);
    CHECK(failures(judged(pki, pki.evidence(lists, {}, {"sub", "second"}))) == first);
    return first;
  };
  CHECK(with("newer.crl").empty());
  for (const std::string list : {"older.crl", "misnumbered.crl", "misdated.crl", "scoped.crl", "second.crl"}) {
    INFO(list);
    CHECK(with(list) == Names{"certificate_on_hold"});
  }
  // Before the later list was made it was there.
  CHECK(failures(judged(pki, pki.evidence({"hold.crl", "newer.crl"}), in_days(-10), false)) ==
        Names{"certificate_on_hold"});
}

TEST_CASE("a delta list makes one that is out of date a newer one") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "base.crl", "2.5.29.20=DER:020104\n", in_days(-20), in_days(-10));
  pki.write_numbered_list("sub", "delta.crl", 5, -1, 4);
  CHECK(failures_in_any_order(pki, {"root.crl", "base.crl", "delta.crl"}).empty());
  CHECK(failures_in_any_order(pki, {"root.crl", "base.crl"}) == Names{"revocation_unknown"});
  pki.write_numbered_list("sub", "other.crl", 6, -1, 5);  // from a later one on
  CHECK(failures_in_any_order(pki, {"root.crl", "base.crl", "other.crl"}) == Names{"revocation_unknown"});
}

TEST_CASE("a name alone makes nobody a signer of lists") {
  Pki pki;
  pki.write_list("root", "root.crl");
  // Below another authority somebody makes an authority of the same name, and a signer of its lists.
  pki.make("evil", {"root", authority()});
  Order twin{"evil", authority()};
  twin.common_name = "sub";
  pki.make("twin", twin);
  Order lister{"twin", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  lister.common_name = "sub";
  pki.make("lister", lister);
  pki.write_list("evil", "evil.crl");
  pki.write_numbered_list("twin", "twin.crl", 5, -1);
  pki.write_numbered_list("lister", "clean.crl", 5, -1);
  pki.revoke("leaf", in_days(-20), "certificateHold");
  pki.write_numbered_list("sub", "hold.crl", 4, -1);
  const auto with = [&](const Names& lists) {
    return failures(judged(pki, pki.evidence(lists, {}, {"sub", "evil", "twin", "lister"})));
  };
  CHECK(with({"root.crl", "evil.crl", "twin.crl", "clean.crl", "hold.crl"}) == Names{"certificate_on_hold"});
  CHECK(with({"root.crl", "evil.crl", "twin.crl", "clean.crl"}) == Names{"revocation_unknown"});
  // Nor one that the certificate names as the signer of its lists.
  Order named{"root", authority()};
  named.common_name = "named";
  pki.make("named", named);
  Order false_named{"evil", authority()};
  false_named.common_name = "named";
  pki.make("false_named", false_named);
  pki.make("listed", {"sub",
                      "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\ncrlDistributionPoints=point\n"
                      "[point]\nCRLissuer=dirName:named\n[named]\nC=PT\nO=Testes\nCN=named\n"});
  const std::string indirect = "issuingDistributionPoint=critical,@point\n[point]\nindirectCRL=TRUE\n";
  pki.write_list("named", "named.crl", indirect);
  pki.write_list("false_named", "false_named.crl", indirect);
  const auto listed = [&](const std::string& list) {
    return failures(judged(pki,
                           pki.evidence({"root.crl", "evil.crl", list}, {}, {"sub", "evil", "named", "false_named"}),
                           in_days(0), true, "listed"));
  };
  CHECK(listed("named.crl").empty());
  CHECK(listed("false_named.crl") == Names{"revocation_unknown"});
}

TEST_CASE("whoever certifies an authority across cannot make a signer of its lists") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.make("evil", {"root", authority()});
  Order cross{"evil", authority()};
  cross.key = "sub";
  pki.make("cross", cross);
  Order lister{"evil", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  lister.common_name = "sub";
  pki.make("lister", lister);
  // Nor by a key that bears the name and certifies the old one: that would be a renewal.
  Order twin{"evil", authority()};
  twin.common_name = "sub";
  pki.make("twin", twin);
  Order renewed{"twin", authority()};
  renewed.key = "sub";
  pki.make("renewed", renewed);
  pki.write_list("evil", "evil.crl");
  pki.write_numbered_list("lister", "clean.crl", 5, -1);
  pki.write_numbered_list("twin", "twin.crl", 5, -1);
  const auto with = [&](const std::string& list, bool required) {
    return failures(judged(
        pki, pki.evidence({"root.crl", "evil.crl", list}, {}, {"sub", "evil", "cross", "lister", "twin", "renewed"}),
        in_days(0), required));
  };
  CHECK(with("clean.crl", true) == Names{"revocation_unknown"});
  CHECK(with("twin.crl", true) == Names{"revocation_unknown"});
  // Where it speaks against somebody, it may have been in the right.
  pki.revoke("leaf", in_days(-5), "keyCompromise");
  pki.write_list_by("lister", "sub", "revoked.crl");
  CHECK(with("revoked.crl", true) == Names{"revoked"});
  CHECK(with("revoked.crl", false) == Names{"revoked"});
}

TEST_CASE("a list where an entry has a critical extension that is unknown clears nobody") {
  Pki pki;
  pki.make("other", {"sub"});
  pki.write_list("root", "root.crl");
  const Bytes critical = {0x30, 0x0c, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x01, 0x01, 0xff, 0x04, 0x02, 0x05, 0x00};
  const auto extensions = crypto::der::encoded(crypto::der::tag::sequence, critical);
  const auto with = [&](const std::vector<Bytes>& entries) {
    pki.write_made_list("sub", "made.crl", entries);
    return failures(judged(pki, pki.evidence({"root.crl", "made.crl"})));
  };
  CHECK(with({pki.entry("other", in_days(-5))}).empty());
  CHECK(with({pki.entry("other", in_days(-5), extensions)}) == Names{"revocation_unknown"});
  CHECK(with({pki.entry("other", in_days(-5), extensions), pki.entry("leaf", in_days(-5))}) == Names{"revoked"});
}

TEST_CASE("what the issuer's key revoked counts in a list for other certificates, too") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "clean.crl");
  pki.make("other", {"sub"});
  pki.revoke("other", in_days(-5), "keyCompromise");
  const std::string points[] = {"onlyCA=TRUE\n", "fullname=URI:http://example.pt/a.crl\n"};
  for (const auto& point : points) {
    INFO(point);
    pki.write_list("sub", "part.crl", "issuingDistributionPoint=critical,@point\n[point]\n" + point);
    const auto evidence = pki.evidence({"root.crl", "clean.crl", "part.crl"});
    CHECK(failures(judged(pki, evidence, in_days(0), true, "other")) == Names{"revoked"});
    CHECK(failures(judged(pki, evidence)).empty());
  }
}

TEST_CASE("of two entries about one certificate a hold stays beside a revocation that comes later") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto because = [](std::uint8_t reason) {
    const Bytes extension = {0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, reason};
    return crypto::der::encoded(crypto::der::tag::sequence, extension);
  };
  const auto hold = pki.entry("leaf", in_days(-30), because(6));
  const auto later = pki.entry("leaf", in_days(20), because(1));
  const auto with = [&](const std::vector<Bytes>& entries, bool required) {
    pki.write_made_list("sub", "made.crl", entries);
    return failures(judged(pki, pki.evidence({"root.crl", "made.crl"}), in_days(0), required));
  };
  for (const bool required : {true, false}) {
    CHECK(with({hold, later}, required) == Names{"certificate_on_hold"});
    CHECK(with({later, hold}, required) == Names{"certificate_on_hold"});
    CHECK(with({later}, required).empty());
  }
}

TEST_CASE("that one is revoked later clears it only in a list that was fresh or made later") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto with = [&](Time at) { return failures(judged(pki, pki.evidence({"root.crl", "sub.crl"}), at)); };
  pki.revoke("leaf", in_days(20), "certificateHold");
  pki.write_list("sub", "sub.crl", {}, in_days(-30), in_days(-20));
  CHECK(with(in_days(0)) == Names{"revocation_unknown"});
  CHECK(with(in_days(-25)).empty());
  pki.revoke("leaf", in_days(20), "keyCompromise");
  pki.write_list("sub", "sub.crl", {}, in_days(-30), in_days(-20));
  CHECK(with(in_days(0)) == Names{"revocation_unknown"});
  CHECK(with(in_days(-40)).empty());
}

TEST_CASE("what the issuer's key revoked is not dropped because of another certificate for it, or of SHA-1") {
  Pki pki;
  Order again{"root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"};
  again.key = "sub";
  again.not_after = in_days(2000);
  pki.make("sub_again", again);
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "clean.crl");
  pki.revoke("leaf", in_days(-5), "keyCompromise");
  pki.write_list("sub", "sub.crl");
  for (const Names& intermediates : {Names{"sub", "sub_again"}, Names{"sub_again", "sub"}, Names{"sub_again"}}) {
    CHECK(failures(judged(pki, pki.evidence({"sub.crl"}, {}, intermediates), in_days(0), false)) == Names{"revoked"});
  }
  // And it tells that nothing was revoked where one of them may sign lists.
  CHECK(failures(judged(pki, pki.evidence({"root.crl", "clean.crl"}, {}, {"sub", "sub_again"}))).empty());
  CHECK(failures(judged(pki, pki.evidence({"root.crl", "clean.crl"}, {}, {"sub_again"}))) ==
        Names{"revocation_unknown"});
  pki.write_sha1_list("sub", "sha1.crl");
  CHECK(failures(judged(pki, pki.evidence({"sha1.crl"}), in_days(0), false)) == Names{"revoked"});
}

TEST_CASE("what a signer of lists revoked counts though its own status is not known") {
  Pki pki;
  Order lists{"sub", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,cRLSign\n"};
  lists.common_name = "sub";
  pki.make("lists", lists);
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  pki.revoke("leaf", in_days(-1), "keyCompromise");
  pki.write_list_by("lists", "sub", "lists.crl");
  for (const bool required : {true, false}) {
    CHECK(failures(judged(pki, pki.evidence({"root.crl", "lists.crl"}, {"good.ocsp"}, {"sub", "lists"}), in_days(0),
                          required)) == Names{"revoked"});
  }
}

TEST_CASE("an unknown answer says what was given and why it does not do") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto says = [&](const std::string& words) {
    const auto report = judged(pki, pki.evidence({"root.crl", "part.crl"}));
    CHECK(failures(report) == Names{"revocation_unknown"});
    CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring(words));
  };
  const auto part = [&](const std::string& point) {
    pki.write_list("sub", "part.crl", "issuingDistributionPoint=critical,@point\n[point]\n" + point);
  };
  part("onlysomereasons=keyCompromise\n");
  says("some reasons alone");
  part("onlyCA=TRUE\n");
  says("for those of authorities alone");
  part("onlyAA=TRUE\n");
  says("for attribute certificates alone");
  part("fullname=URI:http://example.pt/a.crl\n");
  says("other distribution points");
  pki.write_numbered_list("sub", "part.crl", 5, -1, 4);
  says("which is missing");
}

TEST_CASE("one that has expired is told from one that was revoked as well, and from one that was not") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.make("old", {"sub", {}, in_days(-90), in_days(-2)});
  // Made while it was valid, and still good.
  pki.write_list("sub", "clean.crl", {}, in_days(-3));
  const auto sub_indication = [&](const std::string& list) {
    const auto report = judged(pki, pki.evidence({"root.crl", list}), in_days(0), false, "old");
    const auto first =
        std::ranges::find_if(report.findings, [](const auto& finding) { return finding.sub_indication.has_value(); });
    REQUIRE(first != report.findings.end());
    return *first->sub_indication;
  };
  CHECK(sub_indication("clean.crl") == SubIndication::out_of_bounds_not_revoked);
  CHECK(sub_indication("root.crl") == SubIndication::out_of_bounds_no_poe);
  pki.revoke("old", in_days(-5));
  pki.write_list("sub", "revoked.crl");
  CHECK(sub_indication("revoked.crl") == SubIndication::revoked_no_poe);
}

}  // namespace eidtool::trust
