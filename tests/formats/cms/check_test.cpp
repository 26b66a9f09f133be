// SPDX-License-Identifier: Apache-2.0
// What hostile and sloppy programs write, and whose signature it is.
#include "formats/cms/check.hpp"

#include <algorithm>
#include <set>

#include "crypto/asn1.hpp"
#include "formats/cms/build.hpp"
#include "formats/cms/file.hpp"
#include "formats/cms_tools.hpp"
#include "support/catch.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"

namespace eidtool::formats {

using tests::checked;
using tests::codes;
using tests::Codes;
using tests::error_of;
using tests::HandMade;
using tests::reason;
using tests::Said;
using tests::signature_by;

namespace {

namespace asn1 = crypto::asn1;

Bytes document_bytes() { return tests::vector_bytes("document"); }

Bytes written(const cms::SignedData& data) {
  Bytes bytes;
  cms::write_signed_data(data, std::nullopt,
                         [&](BytesView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

}  // namespace

TEST_CASE("signed attributes that contradict the content, or are there twice, never match") {
  const auto document = document_bytes();
  CHECK(checked(HandMade().usual(document).build()).signatures.front().matches);

  const auto fails = [](const HandMade& made, SubIndication why) {
    const auto report = checked(made.build()).signatures.front();
    CHECK_FALSE(report.matches);
    CHECK(reason(report) == why);
  };
  auto other_document = HandMade().usual(tests::hex("00"));
  fails(other_document, SubIndication::hash_failure);

  HandMade no_digest;
  no_digest.signed_attributes.push_back(
      HandMade::attribute("1.2.840.113549.1.9.3", {asn1::object_identifier(no_digest.content_type)}));
  fails(no_digest, SubIndication::format_failure);

  HandMade no_type;
  no_type.signed_attributes.push_back(HandMade::attribute(
      "1.2.840.113549.1.9.4", {asn1::octet_string(crypto::digest(HashAlgorithm::sha256, document))}));
  fails(no_type, SubIndication::format_failure);

  auto two_digests = HandMade().usual(document).usual(tests::hex("00"));
  fails(two_digests, SubIndication::format_failure);

  auto two_values = HandMade().usual(document);
  two_values.signed_attributes.back() = HandMade::attribute(
      "1.2.840.113549.1.9.4",
      {asn1::octet_string(crypto::digest(HashAlgorithm::sha256, document)), asn1::octet_string({})});
  fails(two_values, SubIndication::format_failure);

  auto other_type = HandMade().usual(document);
  other_type.content_type = "1.2.840.113549.1.9.16.1.4";
  fails(other_type, SubIndication::format_failure);

  auto other_digest = HandMade().usual(document);
  other_digest.digest_oid = "2.16.840.1.101.3.4.2.3";
  fails(other_digest, SubIndication::hash_failure);

  auto unknown_digest = HandMade().usual(document);
  unknown_digest.digest_oid = "1.2.840.113549.2.5";
  fails(unknown_digest, SubIndication::crypto_constraints_failure);

  // RFC 6211: SHA-512 and ECDSA are protected, SHA-256 and RSA stand in the file.
  auto protection = HandMade().usual(document);
  protection.signed_attributes.push_back(HandMade::attribute(
      "1.2.840.113549.1.9.52", {tests::hex("3019300b0609608648016503040203a10a06082a8648ce3d040304")}));
  fails(protection, SubIndication::format_failure);
}

TEST_CASE("signed attributes with object identifiers that are not in their shortest form never match") {
  const auto content_type = tests::hex("06092a864886f70d010903");
  const auto data = tests::hex("06092a864886f70d010701");
  const auto padded = [](Bytes identifier) {
    ++identifier[1];
    identifier.insert(identifier.end() - 1, 0x80);
    return identifier;
  };
  const auto with = [](const Bytes& type, const Bytes& value) {
    auto made = HandMade().usual(document_bytes());
    made.signed_attributes.front() = asn1::sequence({type, asn1::set_of_one(value)});
    return checked(made.build()).signatures.front();
  };
  CHECK(with(content_type, data).matches);
  CHECK(reason(with(padded(content_type), data)) == SubIndication::format_failure);
  CHECK(reason(with(content_type, padded(data))) == SubIndication::format_failure);
}

TEST_CASE("a signing certificate reference to another certificate never matches") {
  const auto reference = [](const std::string& key) {
    return HandMade::attribute("1.2.840.113549.1.9.16.2.47",
                               {asn1::sequence({asn1::sequence({asn1::sequence(
                                   {asn1::octet_string(tests::vector_certificate(key).fingerprint_sha256())})})})});
  };
  auto right = HandMade().usual(document_bytes());
  right.signed_attributes.push_back(reference("rsa2048"));
  CHECK(checked(right.build()).signatures.front().matches);
  auto wrong = HandMade().usual(document_bytes());
  wrong.signed_attributes.push_back(reference("p256"));
  const auto report = checked(wrong.build()).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"certificate_contradicts"});
}

TEST_CASE("without signed attributes the signature is over the document itself") {
  HandMade bare;
  bare.has_attributes = false;
  const auto report = checked(bare.build(document_bytes())).signatures.front();
  CHECK(report.matches);
  CHECK(codes(report) == Codes{"certificate_not_named"});
  CHECK_FALSE(checked(bare.build(tests::hex("00"))).signatures.front().matches);
  bare.content_type = "1.2.840.113549.1.9.16.1.4";
  CHECK(reason(checked(bare.build(document_bytes())).signatures.front()) == SubIndication::format_failure);
}

TEST_CASE("someone's signed attributes cannot be passed off as a document signed without attributes") {
  const auto attributes = asn1::set_of(HandMade().usual(document_bytes()).signed_attributes);
  HandMade forged;
  forged.has_attributes = false;
  forged.content = attributes;
  const auto report = checked(forged.build(attributes)).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(reason(report) == SubIndication::format_failure);

  auto many = HandMade().usual(document_bytes()).signed_attributes;
  many.push_back(HandMade::attribute("1.2.3.4.5", {asn1::octet_string(Bytes(2U << 20U))}));
  const auto large = asn1::set_of(many);
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "attributes";
  tests::write_file(path, std::string(large.begin(), large.end()));
  forged.content.reset();
  const auto detached = tests::verified(cades(), forged.build(large), path).signatures.front();
  CHECK_FALSE(detached.matches);
  CHECK(reason(detached) == SubIndication::format_failure);
}

TEST_CASE("a certificate that is missing is named, and can be given") {
  auto made = HandMade().usual(document_bytes());
  made.certificates.clear();
  const auto report = checked(made.build()).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(reason(report) == SubIndication::no_signing_certificate_found);
  CHECK_THAT(report.findings.back().message, Catch::Matchers::ContainsSubstring("ff22334455667788"));
  Said given;
  given.certificates = {tests::vector_certificate("rsa2048")};
  CHECK(checked(made.build(), given).signatures.front().matches);
  given.certificates = {tests::vector_certificate("p256")};
  CHECK_FALSE(checked(made.build(), given).signatures.front().matches);
}

TEST_CASE("unsigned attributes that nobody knows are listed and not fatal") {
  for (const std::string oid : {"1.2.3.4.5", "2.25.329800735698586629295641978511506172918"}) {
    auto made = HandMade().usual(document_bytes());
    made.unsigned_attributes.push_back(HandMade::attribute(oid, {asn1::utf8_string("hello")}));
    const auto report = checked(made.build()).signatures.front();
    CHECK(report.matches);
    REQUIRE(report.unsigned_attributes.size() == 1);
    CHECK(report.unsigned_attributes.front().name == oid);
    CHECK(codes(report).front() == "unsigned_attributes");
  }
}

TEST_CASE("unsigned attributes may be any BER") {
  // Of indefinite length; a tag above 30; both.
  for (const char* value : {"30800201010000", "bf8148020500", "bf81488002010100000500"}) {
    INFO(value);
    auto made = HandMade().usual(document_bytes());
    made.unsigned_attributes.push_back(HandMade::attribute("1.2.3.4.5", {tests::hex(value)}));
    const auto report = checked(made.build()).signatures.front();
    CHECK(report.matches);
    REQUIRE(report.unsigned_attributes.size() == 1);
    CHECK(report.unsigned_attributes.front().name == "1.2.3.4.5");
  }
  auto broken = HandMade().usual(document_bytes());
  broken.unsigned_attributes.push_back(tests::hex("0500"));
  CHECK(reason(checked(broken.build()).signatures.front()) == SubIndication::format_failure);
}

TEST_CASE("what is broken in one signer hides nothing of the others") {
  auto file = cms::read_signed_file(tests::memory_file(signature_by("p256", "ecdsa_sha256")));
  for (const char* broken : {"3000", "3003020101", "30060201013001ff"}) {
    INFO(broken);
    auto data = file.data;
    data.signers.push_back({});
    data.signers.back().der = tests::hex(broken);
    const auto signatures = checked(written(data)).signatures;
    REQUIRE(signatures.size() == 2);
    CHECK(std::ranges::count_if(signatures, &SignatureReport::matches) == 1);
    const auto bad = std::ranges::find_if_not(signatures, &SignatureReport::matches);
    CHECK(reason(*bad) == SubIndication::format_failure);
  }
}

TEST_CASE("what is broken in the list of digest algorithms is nobody's signature, and stays when one is added") {
  const auto file = cms::read_signed_file(tests::memory_file(signature_by("p256", "ecdsa_sha256")));
  for (const char* broken : {"3000", "0500", "3003020101", "308006082a864886f70d02050000", "30060201013001ff"}) {
    INFO(broken);
    auto data = file.data;
    data.digest_algorithms.push_back(tests::hex(broken));
    CHECK(checked(written(data)).signatures.front().matches);
    const auto again = cms::read_signed_file(tests::memory_file(written(data))).data;
    CHECK(again.digest_algorithms.size() == 2);
    data.digest_algorithms.erase(data.digest_algorithms.begin());
    CHECK(checked(written(data)).signatures.front().matches);
  }
}

TEST_CASE("certificates of indefinite length among definite ones are the certificates") {
  const auto file = cms::read_signed_file(tests::memory_file(signature_by("p256", "ecdsa_sha256")));
  const auto indefinite = [](const Bytes& der) {
    crypto::der::Reader reader(der);
    const auto content = reader.next().content;
    Bytes ber = {der.front(), 0x80};
    ber.insert(ber.end(), content.begin(), content.end());
    ber.insert(ber.end(), {0, 0});
    return ber;
  };
  auto data = file.data;
  data.certificates.front() = indefinite(data.certificates.front());
  const auto report = checked(written(data));
  CHECK(report.signatures.front().matches);
  CHECK(report.certificates.front().der() == file.data.certificates.front());
  // And the signature itself.
  data.signers.front().der = indefinite(data.signers.front().der);
  CHECK(checked(written(data)).signatures.front().matches);
  // One that is never closed reaches over what follows: nothing can be told of that.
  data = file.data;
  auto open = indefinite(data.certificates.front());
  open.resize(open.size() - 2);
  data.certificates.front() = open;
  CHECK(error_of([&] { checked(written(data)); }).kind() == ErrorKind::malformed);
}

TEST_CASE("a certificate that cannot be read is left out, and that is told") {
  const auto file = cms::read_signed_file(tests::memory_file(signature_by("p256", "ecdsa_sha256")));
  auto data = file.data;
  data.certificates.push_back(tests::hex("3003020101"));
  const auto report = checked(written(data)).signatures.front();
  CHECK(report.matches);
  CHECK(codes(report) == Codes{"certificate_unreadable"});
  // Of the signer's own there is nothing to check with.
  data.certificates.front()[8] = 0xff;
  const auto without = checked(written(data)).signatures.front();
  CHECK_FALSE(without.matches);
  CHECK(reason(without) == SubIndication::no_signing_certificate_found);
}

TEST_CASE("of certificates that bear the signer's name the one whose key signed is the signer's") {
  auto made = HandMade().usual(document_bytes());
  // All certificates of the vectors have one issuer and serial number.
  made.certificates = {tests::vector_certificate("p256").der(), tests::vector_certificate("unsupported_dsa").der(),
                       tests::vector_certificate("rsa2048").der(), tests::vector_certificate("rsa2049").der()};
  const auto report = checked(made.build()).signatures.front();
  CHECK(report.matches);
  CHECK(report.signer->der() == tests::vector_certificate("rsa2048").der());
  // However many others there are.
  for (const char* key : {"p384", "p521", "ed25519", "rsa2047", "rsa512", "brainpool256"}) {
    made.certificates.push_back(tests::vector_certificate(key).der());
  }
  CHECK(checked(made.build()).signatures.front().signer->der() == tests::vector_certificate("rsa2048").der());
}

TEST_CASE("signatures that would take too long to check are told not to have been checked") {
  const auto bytes = HandMade().usual(document_bytes()).build();
  auto file = cms::read_signed_file(tests::memory_file(bytes));
  BytesContent document(document_bytes(), "document");
  const std::vector<crypto::Certificate> certificates = {tests::vector_certificate("rsa2048")};
  const auto with = [&](crypto::Work work) {
    cms::FoundInContent found;
    return cms::check_signer(file.data.signers.front(),
                             {file.data, document, Packaging::detached, certificates, work, found});
  };
  CHECK(with(crypto::Work()).matches);
  const auto report = with(crypto::Work(10));
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"certificate_not_named", "gave_up"});
  CHECK(reason(report) == SubIndication::certificate_chain_general_failure);
}

TEST_CASE("however many signatures are of a document without attributes, it is not read for each of them") {
  /// Counts how often it is looked at or read, but for its digest.
  class Counted : public BytesContent {
   public:
    using BytesContent::BytesContent;
    Bytes beginning() override { return ++count, BytesContent::beginning(); }
    Bytes whole(std::uint64_t most) override { return ++count, BytesContent::whole(most); }
    void give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) override {
      ++count;
      BytesContent::give(hash, sink);
    }
    int count = 0;
  };
  const auto [key, algorithm, passes] = GENERATE(table<const char*, const char*, int>(
      {{"rsa2048", "rsa_pkcs1_sha256", 1},
       {"ed25519", "ed25519", 2}}));  // for the second: what it looks like, and what is signed
  HandMade bare;
  bare.has_attributes = false;
  bare.key = key;
  bare.algorithm = algorithm;
  bare.certificates = {tests::vector_certificate(key).der()};
  const auto file = cms::read_signed_file(tests::memory_file(bare.build(document_bytes())));
  Counted document(document_bytes(), "document");
  const std::vector<crypto::Certificate> certificates = {tests::vector_certificate(key)};
  crypto::Work work;
  cms::FoundInContent found;
  for (int signature = 0; signature < 100; ++signature) {
    CHECK(cms::check_signer(file.data.signers.front(),
                            {file.data, document, Packaging::attached, certificates, work, found})
              .matches);
  }
  CHECK(document.count == passes);
}

TEST_CASE("certificates for one key that bear the signer's name are all possible, in whatever order they stand") {
  const auto right = tests::vector_certificate("rsa2048");
  // A byte of the signature on it: whoever has the file can make such a one.
  auto twin_der = right.der();
  twin_der.back() ^= 1U;
  auto made = HandMade().usual(document_bytes());
  std::set<Bytes> first;
  for (const bool is_right_first : {true, false}) {
    made.certificates = is_right_first ? std::vector{right.der(), twin_der} : std::vector{twin_der, right.der()};
    made.certificates.push_back(right.der());
    const auto report = checked(made.build()).signatures.front();
    CHECK(report.matches);
    REQUIRE(report.further_signers.size() == 1);
    CHECK(report.further_signers.front().der() != report.signer->der());
    first.insert(report.signer->der());
  }
  CHECK(first.size() == 1);
}

TEST_CASE("the name of an issuer is the same in another string type") {
  auto made = HandMade().usual(document_bytes());
  const auto utf8 = asn1::utf8_string("Assinatura Qualificada");
  const auto at = std::search(made.issuer.begin(), made.issuer.end(), utf8.begin(), utf8.end());
  REQUIRE(at != made.issuer.end());
  *at = 0x13;  // PrintableString
  // Issuer and serial number as ESS has them (RFC 5035 §5).
  const auto certificate = tests::vector_certificate("rsa2048");
  const auto names = asn1::sequence({asn1::context_constructed(4, made.issuer)});
  const auto reference = asn1::sequence(
      {asn1::octet_string(certificate.fingerprint_sha256()), asn1::sequence({names, certificate.serial_number_der()})});
  made.signed_attributes.push_back(
      HandMade::attribute("1.2.840.113549.1.9.16.2.47", {asn1::sequence({asn1::sequence({reference})})}));
  const auto report = checked(made.build()).signatures.front();
  CHECK(report.matches);
  CHECK(codes(report).empty());
}

TEST_CASE("a report says which digest binds the document") {
  CHECK(checked(signature_by("ed25519", "ed25519")).signatures.front().document_hash == HashAlgorithm::sha512);
  HandMade sha1;
  sha1.key = "ed25519";
  sha1.algorithm = "ed25519";
  sha1.certificates = {tests::vector_certificate("ed25519").der()};
  sha1.digest_oid = "1.3.14.3.2.26";
  sha1.usual(document_bytes(), HashAlgorithm::sha1);
  const auto report = checked(sha1.build()).signatures.front();
  CHECK(report.matches);
  CHECK(report.document_hash == HashAlgorithm::sha1);
  CHECK_FALSE(checked(HandMade().usual(tests::hex("00")).build()).signatures.front().document_hash);
}

TEST_CASE("floods are refused and cost little", "[many]") {
  const auto flood = 100000 / tests::step();
  auto made = HandMade().usual(document_bytes());
  for (std::size_t count = 0; count < 2 * flood; ++count) {
    made.unsigned_attributes.push_back(HandMade::attribute("1.2.3.4.5", {asn1::null()}));
  }
  CHECK(reason(checked(made.build()).signatures.front()) == SubIndication::format_failure);

  Bytes nested;
  for (std::size_t depth = 0; depth < flood; ++depth) nested.insert(nested.end(), {0x30, 0x80});
  CHECK(error_of([&] { checked(nested); }).kind() == ErrorKind::malformed);
  auto signature = signature_by("p256", "ecdsa_sha256");
  // The version in as many indefinite hulls.
  const auto version = tests::hex("020101");
  const auto at = std::search(signature.begin(), signature.end(), version.begin(), version.end()) - signature.begin();
  signature.erase(signature.begin() + at, signature.begin() + at + 3);
  signature.insert(signature.end(), flood, 0);
  signature.insert(signature.begin() + at, nested.begin(), nested.end());
  CHECK(error_of([&] { checked(signature); }).kind() == ErrorKind::malformed);
}

}  // namespace eidtool::formats
