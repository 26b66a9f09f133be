// SPDX-License-Identifier: Apache-2.0
// Responses by OpenSSL, and such as it does not make: of its parts and signed by it.
#include "crypto/der.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "trust/pki.hpp"

namespace eidtool::trust {

using tests::in_days;
using tests::Order;

namespace {

namespace der = crypto::der;

const std::string responder = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=OCSPSigning\n";

Bytes copy(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

/// The content of tbsResponseData in a response by OpenSSL.
Bytes response_data(const Pki& pki, const std::string& file) {
  const auto text = tests::read_file(pki.path(file));
  const auto bytes = copy(as_bytes(text));
  der::Reader outer(bytes);
  auto fields = outer.enter(der::tag::sequence);
  fields.next();
  der::Reader wrapped(fields.next(der::tag::context_constructed(0)).content);
  auto response = wrapped.enter(der::tag::sequence);
  response.next();
  der::Reader octets(response.next(der::tag::octet_string).content);
  auto basic = octets.enter(der::tag::sequence);
  return copy(basic.next(der::tag::sequence).content);
}

/// responderID and the first SingleResponse's CertID.
struct Parts {
  Bytes responder;
  Bytes identifier;
};

Parts parts_of(const Pki& pki, const std::string& file) {
  const auto bytes = response_data(pki, file);
  der::Reader data(bytes);
  Parts parts{copy(data.next().whole), {}};
  data.next();
  auto list = data.enter(der::tag::sequence);
  parts.identifier = copy(list.enter(der::tag::sequence).next(der::tag::sequence).whole);
  return parts;
}

Bytes single(const Parts& parts, const Bytes& status, Time this_update, std::optional<Time> next_update,
             const Bytes& extensions = {}) {
  std::vector<Bytes> fields = {parts.identifier, status, generalized_time(this_update)};
  if (next_update) {
    fields.push_back(der::encoded(der::tag::context_constructed(0), generalized_time(*next_update)));
  }
  fields.push_back(extensions);
  return der::encoded(der::tag::sequence, joined(fields));
}

Bytes good() { return {0x80, 0x00}; }
Bytes revoked(Time at) { return der::encoded(0xa1, generalized_time(at)); }

/// FILE: a response by `signer`, without certificates.
void write_response(const Pki& pki, const std::string& signer, const std::string& file, const Parts& parts,
                    const std::vector<Bytes>& singles, Time produced_at) {
  const auto data = der::encoded(der::tag::sequence, joined({parts.responder, generalized_time(produced_at),
                                                             der::encoded(der::tag::sequence, joined(singles))}));
  const auto response = pki.signed_by(signer, data);
  const Bytes basic = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
  const auto wrapped =
      der::encoded(der::tag::sequence, joined({basic, der::encoded(der::tag::octet_string, response)}));
  const auto whole = der::encoded(
      der::tag::sequence, joined({{0x0a, 0x01, 0x00}, der::encoded(der::tag::context_constructed(0), wrapped)}));
  tests::write_file(pki.path(file), std::string(whole.begin(), whole.end()));
}

}  // namespace

TEST_CASE("of several answers about one certificate in a response the worst counts, in any order") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  const auto parts = parts_of(pki, "good.ocsp");
  const auto is_good = single(parts, good(), in_days(-1), in_days(3));
  const auto is_revoked = single(parts, revoked(in_days(-5)), in_days(-1), in_days(3));
  const auto with = [&](const std::vector<Bytes>& singles) {
    write_response(pki, "sub", "made.ocsp", parts, singles, in_days(-1));
    return failures(judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"})));
  };
  CHECK(with({is_good}).empty());
  CHECK(with({is_good, is_revoked}) == Names{"revoked"});
  CHECK(with({is_revoked, is_good}) == Names{"revoked"});
  CHECK(with({is_good, single(parts, {0x82, 0x00}, in_days(-1), in_days(3))}) == Names{"revocation_unknown"});
}

TEST_CASE("who signed a response is looked for once, however much it says") {
  Pki pki;
  pki.write_response("leaf", "sub", "sub", "sub.ocsp");
  const auto parts = parts_of(pki, "sub.ocsp");
  const std::vector<crypto::Certificate> pool(30, pki.certificate("sub"));
  const auto leaf = pki.certificate("leaf");
  const auto issuer = pki.certificate("sub");
  const auto nobody = [](const auto&, auto, auto, Time) { return "nobody"; };
  const auto looks_at = [&](std::size_t count) {
    const std::vector<Bytes> singles(count, single(parts, good(), in_days(-1), in_days(3)));
    write_response(pki, "root", "made.ocsp", parts, singles, in_days(-1));  // which is not "sub", as it says
    SignatureChecks checks;
    const auto response = read_ocsp_response(pki.path("made.ocsp").string());
    (void)response->answer({leaf, issuer, in_days(0), in_days(0), false, pool, nobody, checks});
    CHECK(checks.count() == 1);
    return checks.look_count();
  };
  CHECK(looks_at(50) == looks_at(1) + 49);
}

TEST_CASE("a response that was made after a certificate expired need not know it any more") {
  Pki pki;
  pki.make("old", {"sub", {}, in_days(-90), in_days(-10)});
  pki.write_list("root", "root.crl");
  pki.write_response("old", "sub", "sub", "old.ocsp");
  const auto parts = parts_of(pki, "old.ocsp");
  const auto with = [&](const Bytes& made) {
    write_response(pki, "sub", "made.ocsp", parts, {made}, in_days(-1));
    return judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"}), in_days(-20), true, "old");
  };
  const auto late = with(single(parts, good(), in_days(-1), in_days(3)));
  CHECK(failures(late) == Names{"revocation_unknown"});
  CHECK_THAT(text(late), Catch::Matchers::ContainsSubstring("had expired"));
  CHECK(failures(with(single(parts, good(), in_days(-15), in_days(3)))).empty());
  // Unless it says since when it remembers: archiveCutoff, RFC 6960 §4.4.4.
  const auto remembering_since = [](Time time) {
    const Bytes oid = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x06};
    const auto value = der::encoded(der::tag::octet_string, generalized_time(time));
    const auto extension = der::encoded(der::tag::sequence, joined({oid, value}));
    return der::encoded(der::tag::context_constructed(1), der::encoded(der::tag::sequence, extension));
  };
  CHECK(failures(with(single(parts, good(), in_days(-1), in_days(3), remembering_since(in_days(-400))))).empty());
  CHECK(failures(with(single(parts, good(), in_days(-1), in_days(3), remembering_since(in_days(-9))))) ==
        Names{"revocation_unknown"});
  CHECK(failures(with(single(parts, revoked(in_days(-30)), in_days(-1), in_days(3)))) == Names{"revoked"});
}

TEST_CASE("a response without an end holds for a quarter of an hour, and none from the future") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  const auto parts = parts_of(pki, "good.ocsp");
  const auto with = [&](Time this_update, std::optional<Time> next_update, Time produced_at) {
    write_response(pki, "sub", "made.ocsp", parts, {single(parts, good(), this_update, next_update)}, produced_at);
    return failures(judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"})));
  };
  const auto before = [](int minutes) { return in_days(0) - std::chrono::minutes(minutes); };
  CHECK(with(before(14), {}, before(14)).empty());
  CHECK(with(before(16), {}, before(16)) == Names{"revocation_unknown"});
  CHECK(with(before(16), in_days(3), before(16)).empty());
  CHECK(with(in_days(-1), in_days(5), in_days(3)) == Names{"revocation_unknown"});
}

TEST_CASE("a responder is held to what any certificate is") {
  Pki pki;
  pki.write_list("root", "root.crl");
  const auto unless = [&](const Order& order, const std::string& words) {
    pki.make("responder", order);
    pki.write_response("leaf", "sub", "responder", "made.ocsp");
    const auto report = judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"}));
    INFO(text(report));
    CHECK(failures(report) == (words.empty() ? Names{} : Names{"revocation_unknown"}));
    CHECK_THAT(text(report), Catch::Matchers::ContainsSubstring(words));
  };
  unless({"sub", responder + "noCheck=ignored\n"}, "");
  unless({"sub", responder}, "whether its own certificate was revoked is not known");
  Order weak{"sub", responder + "noCheck=ignored\n"};
  weak.key_options = {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"};
  unless(weak, "is weak");
  Order sha1{"sub", responder + "noCheck=ignored\n"};
  sha1.digest = "sha1";
  unless(sha1, "SHA-1");
  unless({"sub", "basicConstraints=CA:FALSE\nkeyUsage=keyEncipherment\nextendedKeyUsage=OCSPSigning\nnoCheck=x\n"},
         "not for signatures");
  unless({"sub", responder + "noCheck=ignored\n1.2.3.4=critical,DER:0500\n"}, "critical extension");
}

TEST_CASE("a responder is looked up like any certificate, unless the issuer says that it need not be") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.make("responder", {"sub", responder});
  pki.write_response("leaf", "sub", "responder", "good.ocsp");
  // Out of date: it tells nothing of the leaf, and all the same who was revoked.
  pki.write_list("sub", "stale.crl", {}, in_days(-20), in_days(-10));
  const auto lax = [&] {
    return judged(pki, pki.evidence({"root.crl", "stale.crl"}, {"good.ocsp"}), in_days(0), false);
  };
  CHECK_THAT(text(lax()), Catch::Matchers::ContainsSubstring("'leaf' was not revoked"));
  pki.revoke("responder", in_days(-30), "keyCompromise");
  pki.write_list("sub", "stale.crl", {}, in_days(-20), in_days(-10));
  CHECK_THAT(text(lax()), Catch::Matchers::ContainsSubstring("its own certificate was revoked"));
  // What a responder that retired called revoked when it could stays so.
  pki.make("retired", {"sub", responder + "noCheck=ignored\n", in_days(-50), in_days(-1)});
  pki.write_response("leaf", "sub", "retired", "template.ocsp");
  const auto parts = parts_of(pki, "template.ocsp");
  const auto told = [&](const Bytes& status, Time produced_at) {
    write_response(pki, "retired", "made.ocsp", parts, {single(parts, status, produced_at, in_days(3))}, produced_at);
    return failures(judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"}, {"sub", "retired"})));
  };
  CHECK(told(revoked(in_days(-30)), in_days(-20)) == Names{"revoked"});
  CHECK(told(revoked(in_days(-30)), in_days(-60)) == Names{"revocation_unknown"});
  CHECK(told(good(), in_days(-20)) == Names{"revocation_unknown"});
}

TEST_CASE("what a responder called revoked counts though its own status is not known, or it was revoked later") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  pki.make("responder", {"sub", responder});
  pki.write_response("leaf", "sub", "responder", "template.ocsp");
  const auto parts = parts_of(pki, "template.ocsp");
  write_response(pki, "responder", "revoked.ocsp", parts,
                 {single(parts, revoked(in_days(-20)), in_days(-2), in_days(3))}, in_days(-2));
  const auto with = [&](const Names& lists, const Names& responses, bool required) {
    return failures(judged(pki, pki.evidence(lists, responses, {"sub", "responder"}), in_days(0), required));
  };
  pki.revoke("responder", in_days(-1), "superseded");
  pki.write_list("sub", "later.crl", {}, in_days(-1));
  pki.revoke("responder", in_days(-3), "superseded");
  pki.write_list("sub", "before.crl", {}, in_days(-1));
  for (const bool required : {true, false}) {
    CHECK(with({"root.crl"}, {"good.ocsp", "revoked.ocsp"}, required) == Names{"revoked"});
    CHECK(with({"root.crl", "later.crl"}, {"revoked.ocsp"}, required) == Names{"revoked"});
    CHECK(with({"root.crl", "before.crl"}, {"revoked.ocsp"}, required).empty());
  }
}

TEST_CASE(
    "a suspension stays beside a revocation that comes later, and one that comes later clears where it is fresh") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.write_response("leaf", "sub", "sub", "good.ocsp");
  const auto parts = parts_of(pki, "good.ocsp");
  const auto held = der::encoded(0xa1, joined({generalized_time(in_days(-30)), {0xa0, 0x03, 0x0a, 0x01, 0x06}}));
  const auto hold = single(parts, held, in_days(-1), in_days(3));
  const auto later = single(parts, revoked(in_days(20)), in_days(-1), in_days(3));
  const auto with = [&](const std::vector<Bytes>& singles, bool required) {
    write_response(pki, "sub", "made.ocsp", parts, singles, in_days(-1));
    return failures(judged(pki, pki.evidence({"root.crl"}, {"made.ocsp"}), in_days(0), required));
  };
  for (const bool required : {true, false}) {
    CHECK(with({hold, later}, required) == Names{"certificate_on_hold"});
    CHECK(with({later, hold}, required) == Names{"certificate_on_hold"});
    CHECK(with({later}, required).empty());
  }
  const auto stale = single(parts, revoked(in_days(20)), in_days(-20), in_days(-10));
  CHECK(with({stale}, true) == Names{"revocation_unknown"});
  CHECK(with({stale}, false).empty());
}

TEST_CASE("a suspension that a response tells ends with a later one by the same responder") {
  Pki pki;
  pki.write_list("root", "root.crl");
  pki.revoke("leaf", in_days(-5), "certificateHold");
  pki.write_response("leaf", "sub", "sub", "hold.ocsp");
  const auto parts = parts_of(pki, "hold.ocsp");
  const Bytes reason = {0xa0, 0x03, 0x0a, 0x01, 0x06};
  const auto held = der::encoded(0xa1, joined({generalized_time(in_days(-5)), reason}));
  write_response(pki, "sub", "hold.ocsp", parts, {single(parts, held, in_days(-3), in_days(3))}, in_days(-3));
  const auto with = [&](int day) {
    write_response(pki, "sub", "good.ocsp", parts, {single(parts, good(), in_days(day), in_days(3))}, in_days(day));
    const auto first = failures(judged(pki, pki.evidence({"root.crl"}, {"hold.ocsp", "good.ocsp"})));
    CHECK(failures(judged(pki, pki.evidence({"root.crl"}, {"good.ocsp", "hold.ocsp"}))) == first);
    return first;
  };
  CHECK(with(-1).empty());
  CHECK(with(-4) == Names{"certificate_on_hold"});
}

}  // namespace eidtool::trust
