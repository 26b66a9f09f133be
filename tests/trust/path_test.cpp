// SPDX-License-Identifier: Apache-2.0
// Chains made by OpenSSL, and where it has the same rules, its verdict beside ours.
#include "trust/path.hpp"

#include <algorithm>

#include "support/authorities.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "trust/trust.hpp"

namespace eidtool::trust {

using tests::Authorities;
using tests::authority;
using tests::in_days;
using tests::Order;
using tests::TemporaryFolder;

namespace {

using Names = std::vector<std::string>;

class Pki : private TemporaryFolder, public Authorities {
 public:
  Pki() : Authorities(TemporaryFolder::path()) { make("root", {"root", authority()}); }

  crypto::Certificate certificate(const std::string& name) const {
    return crypto::Certificate::read_file(path(name + ".pem"));
  }
  std::vector<crypto::Certificate> certificates(const Names& names) const {
    std::vector<crypto::Certificate> all;
    for (const auto& name : names) all.push_back(certificate(name));
    return all;
  }
  TrustReport judged(const std::string& name, const Names& anchors, const Names& intermediates,
                     Time at = in_days(0)) const {
    Demand demand;
    demand.at = at;
    demand.now = in_days(0);
    return judge(certificate(name), {certificates(anchors), certificates(intermediates)}, demand);
  }

  using Authorities::path;
};

/// The codes of what keeps it from being trusted.
Names failures(const TrustReport& report) {
  Names codes;
  for (const auto& finding : report.findings) {
    if (finding.sub_indication) codes.push_back(finding.code);
  }
  return codes;
}

/// Trusted by OpenSSL and us, or by neither, for that reason.
void check_both(const Pki& pki, const std::string& name, const Names& intermediates, const std::string& reason) {
  INFO(name);
  const auto report = pki.judged(name, {"root"}, intermediates);
  CHECK(failures(report) == (reason.empty() ? Names{} : Names{reason}));
  CHECK((report.trust == Trust::trusted) == reason.empty());
  CHECK(pki.openssl_accepts(name, "root", intermediates, {"-x509_strict", "-policy_check", "-policy", "2.5.29.32.0"}) ==
        reason.empty());
}

}  // namespace

TEST_CASE("a chain leads from the signer over its authorities to the root") {
  Pki pki;
  pki.make("sub", {"root", authority("authorityKeyIdentifier=keyid\n")});
  pki.make("leaf", {"sub"});
  const auto report = pki.judged("leaf", {"root"}, {"sub"});
  CHECK(report.trust == Trust::trusted);
  REQUIRE(report.path.size() == 3);
  CHECK(report.path[1].common_name() == "sub");
  CHECK(report.path[2].common_name() == "root");
  CHECK(pki.openssl_accepts("leaf", "root", {"sub"}));

  const auto missing = pki.judged("leaf", {"root"}, {});
  CHECK(failures(missing) == Names{"no_chain"});
  CHECK(missing.trust == Trust::not_trusted);
  CHECK_THAT(missing.findings.front().message, Catch::Matchers::ContainsSubstring("CN=sub"));
}

TEST_CASE("an anchor need not be self-signed, and can be the signer's own certificate") {
  Pki pki;
  pki.make("sub", {"root", authority()});
  pki.make("leaf", {"sub"});
  CHECK(pki.judged("leaf", {"sub"}, {}).trust == Trust::trusted);
  CHECK(pki.judged("leaf", {"leaf"}, {}).trust == Trust::trusted);
  CHECK(pki.judged("leaf", {"leaf"}, {}).path.size() == 1);
  CHECK(pki.openssl_accepts("leaf", "sub", {}, {"-partial_chain"}));
  // And is held to its time all the same.
  pki.make("old", {"root", {}, in_days(-100), in_days(-1)});
  CHECK(failures(pki.judged("old", {"old"}, {})) == Names{"certificate_expired"});
  pki.make("old_root", {"old_root", authority(), in_days(-100), in_days(-1)});
  pki.make("below", {"old_root"});
  CHECK(failures(pki.judged("below", {"old_root"}, {})) == Names{"certificate_expired"});
  CHECK_FALSE(pki.openssl_accepts("below", "old_root", {}));
}

TEST_CASE("what RFC 5280 §6.1 forbids is refused, by OpenSSL too") {
  Pki pki;
  const std::string key_ids = "authorityKeyIdentifier=keyid\n";
  const std::string leaf =
      "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n" + key_ids;
  pki.make("sub", {"root", authority(key_ids)});
  const auto below_sub = [&](const std::string& name, const std::string& extensions) {
    pki.make(name, {"sub", extensions});
    check_both(pki, name, {"sub"}, "");
  };
  below_sub("fine", leaf);

  pki.make("expired", {"sub", leaf, in_days(-50), in_days(-1)});
  check_both(pki, "expired", {"sub"}, "certificate_expired");
  pki.make("future", {"sub", leaf, in_days(1)});
  check_both(pki, "future", {"sub"}, "certificate_not_yet_valid");

  pki.make("old_sub", {"root", authority(key_ids), in_days(-50), in_days(-1)});
  pki.make("below_old", {"old_sub", leaf});
  check_both(pki, "below_old", {"old_sub"}, "certificate_expired");

  pki.make("no_authority", {"root", leaf});
  pki.make("below_no_authority", {"no_authority", leaf});
  {
    // Both complaints are about the same: it is no CA, and its key may not sign certificates.
    const auto report = pki.judged("below_no_authority", {"root"}, {"no_authority"});
    CHECK(failures(report) == Names{"not_an_authority", "not_an_authority"});
    CHECK_FALSE(pki.openssl_accepts("below_no_authority", "root", {"no_authority"}));
  }

  pki.make(
      "no_usage",
      {"root", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\nsubjectKeyIdentifier=hash\n" + key_ids});
  pki.make("below_no_usage", {"no_usage", leaf});
  check_both(pki, "below_no_usage", {"no_usage"}, "not_an_authority");

  pki.make("short", {"root",
                     "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n"
                     "subjectKeyIdentifier=hash\n" +
                         key_ids});
  pki.make("too_deep", {"short", authority(key_ids)});
  pki.make("below_too_deep", {"too_deep", leaf});
  check_both(pki, "below_too_deep", {"too_deep", "short"}, "path_length");
  pki.make("right_below", {"short", leaf});
  check_both(pki, "right_below", {"short"}, "");

  pki.make("critical", {"sub", leaf + "1.2.3.4=critical,DER:0500\n"});
  check_both(pki, "critical", {"sub"}, "critical_extension");
  below_sub("uncritical", leaf + "1.2.3.4=DER:0500\n");
}

TEST_CASE("name constraints hold for every kind of name, as OpenSSL has them") {
  Pki pki;
  const auto constrained = [&](const std::string& name, const std::string& constraint) {
    pki.make(name, {"root", authority("authorityKeyIdentifier=keyid\nnameConstraints=critical," + constraint + "\n")});
  };
  const auto leaf = [&](const std::string& name, const std::string& issuer, const std::string& alternative,
                        const std::string& reason) {
    pki.make(name, {issuer,
                    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n"
                    "authorityKeyIdentifier=keyid\n" +
                        (alternative.empty() ? "" : "subjectAltName=" + alternative + "\n")});
    check_both(pki, name, {issuer}, reason);
  };
  constrained("mail", "permitted;email:example.pt");
  leaf("mail_in", "mail", "email:joana@example.pt", "");
  leaf("mail_out", "mail", "email:joana@sub.example.pt", "name_constraint");
  leaf("mail_other_kind", "mail", "DNS:anything.org", "");
  constrained("mails_below", "permitted;email:.example.pt");
  leaf("mails_in", "mails_below", "email:joana@sub.example.pt", "");
  leaf("mails_out", "mails_below", "email:joana@example.pt", "name_constraint");
  constrained("host", "permitted;DNS:example.pt");
  leaf("host_in", "host", "DNS:www.Example.pt", "");
  leaf("host_out", "host", "DNS:wwwexample.pt", "name_constraint");
  constrained("not_host", "excluded;DNS:example.pt");
  leaf("host_excluded", "not_host", "DNS:www.example.pt", "name_constraint");
  leaf("host_allowed", "not_host", "DNS:www.example.org", "");
  constrained("address", "permitted;IP:10.0.0.0/255.0.0.0");
  leaf("address_in", "address", "IP:10.1.2.3", "");
  leaf("address_out", "address", "IP:11.1.2.3", "name_constraint");
  constrained("uri", "permitted;URI:.example.pt");
  leaf("uri_in", "uri", "URI:https://www.example.pt/x", "");
  leaf("uri_out", "uri", "URI:https://example.org/", "name_constraint");
  // Of the name itself.
  tests::write_file(pki.path("ignored"), "");
  constrained("name", "permitted;dirName:place\n[place]\nC=PT\nO=testes");
  leaf("name_in", "name", "", "");
  constrained("other_name", "permitted;dirName:place\n[place]\nC=PT\nO=Outros");
  leaf("name_out", "other_name", "", "name_constraint");
}

TEST_CASE("names are compared with constraints as OpenSSL compares them, to the last dot") {
  Pki pki;
  const auto both = [&](const std::string& constraint, const std::string& extension, bool is_right,
                        const std::string& organization = {}) {
    INFO(constraint << " " << extension << organization);
    pki.make("limited",
             {"root", authority("authorityKeyIdentifier=keyid\nnameConstraints=critical," + constraint + "\n")});
    Order order{"limited",
                "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n"
                "authorityKeyIdentifier=keyid\n" +
                    extension + "\n"};
    if (!organization.empty()) order.common_name = "x/OU=" + organization;
    pki.make("named", order);
    check_both(pki, "named", {"limited"}, is_right ? "" : "name_constraint");
  };
  both("excluded;DNS:.evil.com", "subjectAltName=DNS:host.evil.com", false);
  both("excluded;DNS:.evil.com", "subjectAltName=DNS:evil.com", true);
  both("excluded;DNS:.evil.com", "subjectAltName=DNS:hostevil.com", true);
  both("permitted;DNS:.example.pt", "subjectAltName=DNS:host.example.pt", true);
  both("permitted;DNS:.example.pt", "subjectAltName=DNS:example.pt", false);
  both("permitted;email:Foo@example.pt", "subjectAltName=email:foo@example.pt", false);
  both("permitted;email:Foo@example.pt", "subjectAltName=email:Foo@EXAMPLE.pt", true);
  both("excluded;email:Foo@example.pt", "subjectAltName=email:foo@example.pt", true);
  // Addresses of a wrong size could lie anywhere.
  both("excluded;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:11.1.2.3", true);
  both("excluded;IP:10.0.0.0/255.0.0.0", "subjectAltName=IP:2001:db8::1", true);
  both("excluded;IP:10.0.0.0/255.0.0.0", "2.5.29.17=DER:300a87080b01020300000000", false);
  both(
      "DER:300ca10a30088706"
      "0a0000ff0000",
      "subjectAltName=IP:11.1.2.3", false);
  // Kinds that cannot be compared refuse such names, and no others.
  const std::string principal = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:";
  both("permitted;" + principal + "@example.pt", "subjectAltName=DNS:example.pt", true);
  both("permitted;" + principal + "@example.pt", "subjectAltName=" + principal + "ana@example.pt", false);
  both("permitted;" + principal + "@example.pt", "subjectAltName=otherName:1.2.3.4;UTF8:x", true);
  both("excluded;RID:1.2.3", "subjectAltName=email:ana@example.pt", true);
  both("excluded;RID:1.2.3", "subjectAltName=RID:1.2.4", false);
  // Spaces of every kind are one.
  const std::string place = "excluded;dirName:place\n[place]\nC=PT\nO=Testes\nOU=Evil Org";
  both(place, "", false, "Evil\tOrg");
  both(place, "", false, " evil   ORG ");
  both(place, "", true, "EvilOrg");
}

TEST_CASE("a chain with an algorithm that is not checked says so, and not that a certificate is missing") {
  Pki pki;
  for (const std::string digest : {"sha224", "sha3-256"}) {
    INFO(digest);
    Order other{"root", authority()};
    other.digest = digest;
    pki.make("other", other);
    pki.make("leaf", {"other"});
    const auto report = pki.judged("leaf", {"root"}, {"other"});
    CHECK(failures(report) == Names{"unsupported"});
    CHECK(report.path.size() == 3);
    CHECK(report.trust == Trust::not_trusted);
  }
}

TEST_CASE("a certificate of a person that is trusted issues none, as OpenSSL has it") {
  Pki pki;
  pki.make("friend", {"friend", "extendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\n"});
  pki.make("forged", {"friend"});
  CHECK(failures(pki.judged("forged", {"friend"}, {})) == Names{"not_an_authority"});
  CHECK_FALSE(pki.openssl_accepts("forged", "friend", {}));
  CHECK(pki.judged("friend", {"friend"}, {}).trust == Trust::trusted);
  // The key usage alone can say so.
  pki.make("old", {"old", "keyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n"});
  pki.make("below", {"old"});
  CHECK(pki.judged("below", {"old"}, {}).trust == Trust::trusted);
  CHECK(pki.openssl_accepts("below", "old", {}));
}

TEST_CASE("a policy that authorities demand has to be there, as OpenSSL has it") {
  Pki pki;
  const std::string ids = "authorityKeyIdentifier=keyid\n";
  const std::string leaf =
      "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n" + ids;
  pki.make("strict", {"root", authority(ids + "policyConstraints=critical,requireExplicitPolicy:0\n"
                                              "certificatePolicies=1.2.3.1\n")});
  pki.make("with", {"strict", leaf + "certificatePolicies=1.2.3.1\n"});
  pki.make("without", {"strict", leaf});
  pki.make("other", {"strict", leaf + "certificatePolicies=1.2.3.2\n"});
  pki.make("any", {"strict", leaf + "certificatePolicies=2.5.29.32.0\n"});
  check_both(pki, "with", {"strict"}, "");
  check_both(pki, "without", {"strict"}, "policy");
  check_both(pki, "other", {"strict"}, "policy");
  check_both(pki, "any", {"strict"}, "");

  pki.make("mapping", {"root", authority(ids + "policyConstraints=critical,requireExplicitPolicy:0\n"
                                               "certificatePolicies=1.2.3.1\npolicyMappings=1.2.3.1:1.2.3.9\n")});
  pki.make("mapped", {"mapping", leaf + "certificatePolicies=1.2.3.9\n"});
  pki.make("unmapped", {"mapping", leaf + "certificatePolicies=1.2.3.1\n"});
  check_both(pki, "mapped", {"mapping"}, "");
  check_both(pki, "unmapped", {"mapping"}, "policy");
}

TEST_CASE("of several paths one that holds is enough") {
  Pki pki;
  pki.make("other_root", {"other_root", authority()});
  pki.make("sub", {"root", authority(), in_days(-50), in_days(-1)});  // expired, by the root
  Order cross{"other_root", authority()};
  cross.key = "sub";
  pki.make("sub_cross", cross);
  pki.make("leaf", {"sub"});
  CHECK(failures(pki.judged("leaf", {"root"}, {"sub"})) == Names{"certificate_expired"});
  CHECK(pki.judged("leaf", {"root", "other_root"}, {"sub", "sub_cross"}).trust == Trust::trusted);
  CHECK(pki.judged("leaf", {"other_root"}, {"sub_cross"}).trust == Trust::trusted);
}

TEST_CASE("authorities that certify each other cost no more than they have to") {
  Pki pki;
  // Six authorities, each certified by each: hundreds of ways lead nowhere.
  constexpr int count = 6;
  Names all;
  for (int one = 0; one < count; ++one) pki.make("m" + std::to_string(one), {"m" + std::to_string(one), authority()});
  for (int one = 0; one < count; ++one) {
    for (int other = 0; other < count; ++other) {
      if (one == other) continue;
      Order order{"m" + std::to_string(other), authority()};
      order.key = "m" + std::to_string(one);
      const auto name = "m" + std::to_string(one) + "_by_" + std::to_string(other);
      pki.make(name, order);
      all.push_back(name);
    }
  }
  pki.make("leaf", {"m0"});
  CHECK(failures(pki.judged("leaf", {"root"}, all)) == Names{"no_chain"});
}

TEST_CASE("an authority of the same name and another key is no issuer") {
  Pki pki;
  pki.make("sub", {"root", authority()});
  Order forged{"root", authority()};
  forged.common_name = "sub";
  pki.make("forged", forged);
  pki.make("leaf", {"forged"});
  CHECK(pki.judged("leaf", {"root"}, {"forged"}).trust == Trust::trusted);
  CHECK(failures(pki.judged("leaf", {"root"}, {"sub"})) == Names{"no_chain"});
}

TEST_CASE("weak keys and digests are refused, the signer's own key included") {
  Pki pki;
  Order weak{"root"};
  weak.key_options = {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"};
  pki.make("weak", weak);
  CHECK(failures(pki.judged("weak", {"root"}, {})) == Names{"weak_key"});
  Order sha1{"root"};
  sha1.digest = "sha1";
  pki.make("sha1", sha1);
  CHECK(failures(pki.judged("sha1", {"root"}, {})) == Names{"chain_sha1"});
}

TEST_CASE("a certificate for something else signs nothing") {
  Pki pki;
  pki.make("server", {"root", "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n"});
  CHECK(failures(pki.judged("server", {"root"}, {})) == Names{"wrong_usage"});
  pki.make("encryption", {"root", "basicConstraints=CA:FALSE\nkeyUsage=keyEncipherment\n"});
  CHECK(failures(pki.judged("encryption", {"root"}, {})) == Names{"wrong_usage"});
  pki.make("identity", {"root", "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"});
  CHECK(pki.judged("identity", {"root"}, {}).trust == Trust::trusted);
  Demand demand;
  demand.at = demand.now = in_days(0);
  demand.purpose = Purpose::signature;
  const Evidence evidence{pki.certificates({"root"}), {}};
  CHECK(failures(judge(pki.certificate("identity"), evidence, demand)) == Names{"wrong_usage"});
  demand.purpose = Purpose::authentication;
  CHECK(judge(pki.certificate("identity"), evidence, demand).trust == Trust::trusted);
}

TEST_CASE("a claimed time has to lie in the certificate's own") {
  Pki pki;
  pki.make("leaf", {"root"});
  Demand demand;
  demand.at = demand.now = in_days(0);
  const Evidence evidence{pki.certificates({"root"}), {}};
  demand.claimed_signing_time = in_days(-1);
  CHECK(judge(pki.certificate("leaf"), evidence, demand).trust == Trust::trusted);
  demand.claimed_signing_time = in_days(-101);
  const auto report = judge(pki.certificate("leaf"), evidence, demand);
  CHECK(failures(report) == Names{"signing_time_outside"});
  CHECK(report.trust == Trust::indeterminate);
  demand.claimed_signing_time = in_days(1);
  CHECK(failures(judge(pki.certificate("leaf"), evidence, demand)) == Names{"signing_time_in_future"});
  // Nor was there a signature before it claims to have been made.
  demand.at = in_days(-20);
  demand.claimed_signing_time = in_days(-10);
  const auto too_early = judge(pki.certificate("leaf"), evidence, demand);
  CHECK(failures(too_early) == Names{"signing_time_later"});
  CHECK(too_early.trust == Trust::indeterminate);
  demand.claimed_signing_time = in_days(-20);
  CHECK(judge(pki.certificate("leaf"), evidence, demand).trust == Trust::trusted);
}

TEST_CASE("with a time in the past everything is judged as of then") {
  Pki pki;
  pki.make("old", {"root", {}, in_days(-90), in_days(-10)});
  CHECK(failures(pki.judged("old", {"root"}, {})) == Names{"certificate_expired"});
  CHECK(pki.judged("old", {"root"}, {}, in_days(-20)).trust == Trust::trusted);
  CHECK(failures(pki.judged("old", {"root"}, {}, in_days(-95))) == Names{"certificate_not_yet_valid"});
}

}  // namespace eidtool::trust
