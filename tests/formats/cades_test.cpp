// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crypto/asn1.hpp"
#include "crypto/digest.hpp"
#include "formats/cms/file.hpp"
#include "formats/format_tools.hpp"
#include "support/catch.hpp"
#include "support/software_signer.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace eidtool::formats {

using tests::codes;
using tests::Codes;
using tests::error_of;
using tests::Said;
using tests::signed_bytes;
using tests::SoftwareSigner;
using tests::vector_path;
using tests::verified;

namespace {

namespace asn1 = crypto::asn1;

const SignatureAlgorithm& algorithm_of(std::string_view name) {
  return *std::ranges::find(signature_algorithms, name, &SignatureAlgorithm::name);
}

/// A signature of the vectors' document.
Bytes signature_by(const std::string& key, const SignatureAlgorithm& algorithm, const SignRequest& wishes) {
  SoftwareSigner signer(key);
  auto request = wishes;
  return signed_bytes(cades(),
                      {request.document, algorithm, request.properties, request.packaging, request.encoding,
                       request.certificates, request.add_to},
                      signer);
}

Bytes signature_by(const std::string& key, std::string_view algorithm, Packaging packaging = Packaging::detached,
                   Encoding encoding = Encoding::der) {
  Document document{InputFile(vector_path("document"))};
  SoftwareSigner signer(key);
  SignRequest request{document, algorithm_of(algorithm)};
  request.packaging = packaging;
  request.encoding = encoding;
  request.properties.signing_time = Time(std::chrono::seconds(1800000000));
  return signed_bytes(cades(), request, signer);
}

FileReport check(BytesView signature, const Said& said = {}) {
  return verified(cades(), signature, vector_path("document"), said);
}

/// What a hostile or sloppy program wrote.
class HandMade {
 public:
  std::vector<Bytes> signed_attributes;
  std::vector<Bytes> unsigned_attributes;
  std::string content_type = "1.2.840.113549.1.7.1";
  std::vector<Bytes> certificates = {tests::vector_certificate("rsa2048").der()};
  std::optional<Bytes> content;
  bool has_attributes = true;
  std::string digest_oid = "2.16.840.1.101.3.4.2.1";

  static Bytes attribute(std::string_view oid, const std::vector<Bytes>& values) {
    return asn1::sequence({asn1::object_identifier(oid), asn1::set_of(values)});
  }

  /// Content type and the digest of `document`.
  HandMade& usual(BytesView document) {
    signed_attributes.push_back(attribute("1.2.840.113549.1.9.3", {asn1::object_identifier(content_type)}));
    signed_attributes.push_back(
        attribute("1.2.840.113549.1.9.4", {asn1::octet_string(crypto::digest(HashAlgorithm::sha256, document))}));
    return *this;
  }

  /// Signed by rsa2048, PKCS#1 with SHA-256: the attributes, or `bare` where there are none.
  Bytes build(BytesView bare = {}) const {
    auto attributes = asn1::set_of(signed_attributes);
    SoftwareSigner signer("rsa2048");
    BytesContent signed_content(has_attributes ? attributes : Bytes(bare.begin(), bare.end()), "test");
    const auto signature = signer.sign(algorithm_of("rsa_pkcs1_sha256"), signed_content);
    const auto certificate = tests::vector_certificate("rsa2048");
    attributes.front() = 0xa0;
    auto unsigned_set = asn1::set_of(unsigned_attributes);
    unsigned_set.front() = 0xa1;
    const auto digest = asn1::sequence({asn1::object_identifier(digest_oid)});
    const auto info =
        asn1::sequence({asn1::integer(1), asn1::sequence({certificate.issuer_der(), certificate.serial_number_der()}),
                        digest, has_attributes ? attributes : Bytes(),
                        asn1::sequence({asn1::object_identifier("1.2.840.113549.1.1.1"), asn1::null()}),
                        asn1::octet_string(signature), unsigned_attributes.empty() ? Bytes() : unsigned_set});
    auto certificate_set = asn1::set_of(certificates);
    certificate_set.front() = 0xa0;
    const auto document = content ? asn1::context_constructed(0, asn1::octet_string(*content)) : Bytes();
    const auto data = asn1::sequence({asn1::integer(1), asn1::set_of_one(digest),
                                      asn1::sequence({asn1::object_identifier(content_type), document}),
                                      certificates.empty() ? Bytes() : certificate_set, asn1::set_of_one(info)});
    return asn1::sequence({asn1::object_identifier("1.2.840.113549.1.7.2"), asn1::context_constructed(0, data)});
  }
};

Bytes document_bytes() { return tests::vector_bytes("document"); }

std::optional<SubIndication> reason(const SignatureReport& report) {
  for (const auto& finding : report.findings) {
    if (finding.sub_indication) return finding.sub_indication;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("what cades signs, cades verifies: every algorithm, detached and attached, DER and PEM") {
  for (const char* key : {"rsa2048", "p256", "p521", "ed25519"}) {
    for (const auto& algorithm : signature_algorithms) {
      if (algorithm.key_type != SoftwareSigner(key).key_type()) continue;
      for (const auto packaging : {Packaging::detached, Packaging::attached}) {
        for (const auto encoding : {Encoding::der, Encoding::pem}) {
          INFO(key << " " << algorithm.name);
          const auto signature = signature_by(key, algorithm.name, packaging, encoding);
          const auto report = check(signature);
          REQUIRE(report.signatures.size() == 1);
          const auto& one = report.signatures.front();
          CHECK(one.matches);
          CHECK(codes(one).empty());
          CHECK(one.algorithm == &algorithm);
          CHECK(one.signing_time == Time(std::chrono::seconds(1800000000)));
          CHECK(report.packaging == packaging);
          CHECK(one.signer->der() == tests::vector_certificate(key).der());
        }
      }
    }
  }
}

TEST_CASE("the signed attributes are those of a CAdES baseline B-B signature") {
  const auto report = check(signature_by("p256", "ecdsa_sha256")).signatures.front();
  Codes names;
  for (const auto& attribute : report.signed_attributes) names.push_back(attribute.name);
  std::ranges::sort(names);
  CHECK(names == Codes{"contentType", "messageDigest", "signingCertificateV2", "signingTime"});
  CHECK(report.unsigned_attributes.empty());
}

TEST_CASE("what was said in a signature is read from it") {
  Document document{InputFile(vector_path("document"))};
  SignRequest request{document, algorithm_of("ecdsa_sha256")};
  request.properties.policy = "1.3.6.1.4.1.99999.1";
  request.properties.policy_digest = Bytes(32, 7);
  request.properties.commitment = "1.2.840.113549.1.9.16.6.5";
  request.properties.location = "São Brás de Alportel";
  const auto report = check(signature_by("p256", request.algorithm, request)).signatures.front();
  CHECK(report.matches);
  CHECK(report.policy == "1.3.6.1.4.1.99999.1");
  CHECK(report.commitments == Codes{"proof-of-approval"});
  CHECK(report.location == "São Brás de Alportel");
}

TEST_CASE("a changed document fails by its digest, and the signature is told to be intact") {
  tests::TemporaryFolder folder;
  tests::write_file(folder.path() / "other", "eidtool signs this Document\n");
  const auto report =
      verified(cades(), signature_by("rsa2048", "rsa_pkcs1_sha256"), folder.path() / "other").signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"document_changed", "signature_intact"});
  CHECK(reason(report) == SubIndication::hash_failure);
}

TEST_CASE("a document that is named has to be the one inside") {
  tests::TemporaryFolder folder;
  tests::write_file(folder.path() / "other", "another");
  const auto signature = signature_by("p256", "ecdsa_sha256", Packaging::attached);
  Said named;
  named.document_is_named = true;
  CHECK(verified(cades(), signature, vector_path("document"), named).signatures.front().matches);
  const auto report = verified(cades(), signature, folder.path() / "other", named).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"document_differs"});
}

TEST_CASE("every bit of a signature counts, unless it is one of the hulls") {
  for (const auto packaging : {Packaging::detached, Packaging::attached}) {
    const auto signature = signature_by("p256", "ecdsa_sha256", packaging);
    const auto original = cms::read_signed_file(tests::memory_file(signature)).data;
    std::size_t matching = 0;
    for (std::size_t index = 0; index < signature.size(); ++index) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U}) {
        auto damaged = signature;
        damaged[index] = static_cast<std::uint8_t>(damaged[index] ^ mask);
        try {
          const auto report = check(damaged);
          if (!std::ranges::all_of(report.signatures, &SignatureReport::matches) || report.signatures.empty()) continue;
          ++matching;
          // Versions, and the list of digest algorithms that only helps to read in one pass.
          const auto data = cms::read_signed_file(tests::memory_file(damaged)).data;
          CHECK(data.signers.front().signed_attributes_der == original.signers.front().signed_attributes_der);
          CHECK(data.signers.front().signature == original.signers.front().signature);
          CHECK(report.signatures.front().signer->der() == tests::vector_certificate("p256").der());
        } catch (const Error& error) {
          CHECK((error.kind() == ErrorKind::malformed || error.kind() == ErrorKind::unsupported));
        }
      }
    }
    CHECK(matching < 60);
  }
}

TEST_CASE("a signature that is cut off anywhere is malformed") {
  const auto signature = signature_by("p256", "ecdsa_sha256", Packaging::attached);
  for (std::size_t size = 2; size < signature.size(); ++size) {
    INFO(size);
    const auto error = error_of([&] { check(BytesView(signature).first(size)); });
    CHECK(error.kind() == ErrorKind::malformed);
  }
  auto longer = signature;
  longer.push_back(0);
  CHECK(error_of([&] { check(longer); }).kind() == ErrorKind::malformed);
}

TEST_CASE("signed attributes that contradict the content, or are there twice, never match") {
  const auto document = document_bytes();
  CHECK(check(HandMade().usual(document).build()).signatures.front().matches);

  const auto fails = [](const HandMade& made, SubIndication why) {
    const auto report = check(made.build()).signatures.front();
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

TEST_CASE("a signing certificate reference to another certificate never matches") {
  const auto reference = [](const std::string& key) {
    return HandMade::attribute("1.2.840.113549.1.9.16.2.47",
                               {asn1::sequence({asn1::sequence({asn1::sequence(
                                   {asn1::octet_string(tests::vector_certificate(key).fingerprint_sha256())})})})});
  };
  auto right = HandMade().usual(document_bytes());
  right.signed_attributes.push_back(reference("rsa2048"));
  CHECK(check(right.build()).signatures.front().matches);
  auto wrong = HandMade().usual(document_bytes());
  wrong.signed_attributes.push_back(reference("p256"));
  const auto report = check(wrong.build()).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"certificate_contradicts"});
}

TEST_CASE("without signed attributes the signature is over the document itself") {
  HandMade bare;
  bare.has_attributes = false;
  const auto report = check(bare.build(document_bytes())).signatures.front();
  CHECK(report.matches);
  CHECK(codes(report) == Codes{"certificate_not_named"});
  CHECK_FALSE(check(bare.build(tests::hex("00"))).signatures.front().matches);
  bare.content_type = "1.2.840.113549.1.9.16.1.4";
  CHECK(reason(check(bare.build(document_bytes())).signatures.front()) == SubIndication::format_failure);
}

TEST_CASE("someone's signed attributes cannot be passed off as a document signed without attributes") {
  const auto attributes = asn1::set_of(HandMade().usual(document_bytes()).signed_attributes);
  HandMade forged;
  forged.has_attributes = false;
  forged.content = attributes;
  const auto report = check(forged.build(attributes)).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(reason(report) == SubIndication::format_failure);
}

TEST_CASE("a certificate that is missing is named, and can be given") {
  auto made = HandMade().usual(document_bytes());
  made.certificates.clear();
  const auto report = check(made.build()).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(reason(report) == SubIndication::no_signing_certificate_found);
  CHECK_THAT(report.findings.back().message, Catch::Matchers::ContainsSubstring("ff22334455667788"));
  Said given;
  given.certificates = {tests::vector_certificate("rsa2048")};
  CHECK(check(made.build(), given).signatures.front().matches);
  given.certificates = {tests::vector_certificate("p256")};
  CHECK_FALSE(check(made.build(), given).signatures.front().matches);
}

TEST_CASE("unsigned attributes that nobody knows are listed and not fatal") {
  auto made = HandMade().usual(document_bytes());
  made.unsigned_attributes.push_back(HandMade::attribute("1.2.3.4.5", {asn1::utf8_string("hello")}));
  const auto report = check(made.build()).signatures.front();
  CHECK(report.matches);
  REQUIRE(report.unsigned_attributes.size() == 1);
  CHECK(report.unsigned_attributes.front().name == "1.2.3.4.5");
  CHECK(codes(report).front() == "unsigned_attributes");
}

TEST_CASE("floods are refused and cost little") {
  auto made = HandMade().usual(document_bytes());
  for (int count = 0; count < 200000; ++count) {
    made.unsigned_attributes.push_back(HandMade::attribute("1.2.3.4.5", {asn1::null()}));
  }
  CHECK(error_of([&] { check(made.build()); }).kind() == ErrorKind::malformed);

  Bytes nested;
  for (int depth = 0; depth < 100000; ++depth) nested.insert(nested.begin(), {0x30, 0x80});
  CHECK(error_of([&] { check(nested); }).kind() == ErrorKind::malformed);
  auto signature = signature_by("p256", "ecdsa_sha256");
  // The version in 100 000 indefinite hulls.
  const auto version = tests::hex("020101");
  const auto at = std::search(signature.begin(), signature.end(), version.begin(), version.end()) - signature.begin();
  signature.erase(signature.begin() + at, signature.begin() + at + 3);
  for (int depth = 0; depth < 100000; ++depth) {
    signature.push_back(0);
  }
  signature.insert(signature.begin() + at, nested.begin(), nested.end());
  CHECK(error_of([&] { check(signature); }).kind() == ErrorKind::malformed);
}

TEST_CASE("lengths that are not in their shortest form are malformed") {
  const auto signature = signature_by("p256", "ecdsa_sha256");
  REQUIRE(signature[1] == 0x82);
  auto padded = signature;
  padded[1] = 0x83;
  padded.insert(padded.begin() + 2, 0);
  CHECK(error_of([&] { check(padded); }).kind() == ErrorKind::malformed);
}

TEST_CASE("a further signature leaves those before it as they are") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  for (const auto encoding : {Encoding::der, Encoding::pem}) {
    for (const auto packaging : {Packaging::detached, Packaging::attached}) {
      const auto first = signature_by("rsa2048", "rsa_pkcs1_sha256", packaging, encoding);
      tests::write_file(path, std::string(first.begin(), first.end()));
      Document document{InputFile(vector_path("document"))};
      SignRequest request{document, algorithm_of("ecdsa_sha384")};
      request.add_to = path;
      const auto both = signature_by("p256", request.algorithm, request);
      const auto before = cms::read_signed_file(tests::memory_file(first));
      const auto after = cms::read_signed_file(tests::memory_file(both));
      CHECK(after.is_pem == (encoding == Encoding::pem));
      REQUIRE(after.data.signers.size() == 2);
      CHECK(std::ranges::any_of(after.data.signers,
                                [&](const auto& one) { return one.der == before.data.signers.front().der; }));
      const auto report = check(both);
      CHECK(report.packaging == packaging);
      for (const auto& one : report.signatures) CHECK(one.matches);
    }
  }
}

TEST_CASE("to a signature of another document none is added") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  const auto first = signature_by("rsa2048", "rsa_pkcs1_sha256");
  tests::write_file(path, std::string(first.begin(), first.end()));
  tests::write_file(folder.path() / "other", "another");
  Document document{InputFile(folder.path() / "other")};
  SignRequest request{document, algorithm_of("ecdsa_sha384")};
  request.add_to = path;
  const auto error = error_of([&] { signature_by("p256", request.algorithm, request); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK(error.file() == path);
}

TEST_CASE("the format is told by the content") {
  const auto format_name = [](const Bytes& bytes) {
    auto file = tests::memory_file(bytes);
    return std::string(format_of(file).name());
  };
  CHECK(format_name(signature_by("p256", "ecdsa_sha256")) == "cades");
  CHECK(format_name(signature_by("p256", "ecdsa_sha256", Packaging::attached, Encoding::pem)) == "cades");
  CHECK(format_name(tests::vector_bytes("p256.ecdsa_sha256.sig")) == "raw");
  CHECK(format_name(tests::vector_bytes("rsa2048.rsa_pkcs1_sha256.sig")) == "raw");
  CHECK(format_name({}) == "raw");
  const auto mime = as_bytes("MIME-Version: 1.0\nContent-Type: multipart/signed");
  CHECK(error_of([&] { format_name({mime.begin(), mime.end()}); }).kind() == ErrorKind::unsupported);
}

}  // namespace eidtool::formats
