// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crypto/asn1.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "formats/cms_tools.hpp"
#include "formats/format.hpp"
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
using tests::vector_bytes;
using tests::vector_certificate;
using tests::vector_path;
using tests::verified;

namespace {

SignatureReport verify(const std::string& key, const Bytes& signature, const Said& said = {},
                       const std::filesystem::path& path = vector_path("document")) {
  auto with_certificate = said;
  with_certificate.certificates = {vector_certificate(key)};
  return verified(raw(), signature, path, with_certificate).signatures.front();
}

SignatureReport verify_vector(const std::string& key, const std::string& rest, const Said& said = {}) {
  return verify(key, vector_bytes(key + "." + rest + ".sig"), said);
}

/// Another document than the vectors'.
class OtherDocument {
 public:
  OtherDocument() { tests::write_file(path(), "eidtool signs this Document\n"); }
  std::filesystem::path path() const { return folder_.path() / "other"; }

 private:
  tests::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the table holds each format under its name") {
  CHECK(find("raw") == &raw());
  CHECK(find("nonsense") == nullptr);
  CHECK(raw().suffix() == ".sig");
  for (const auto* format : all()) CHECK(find(format->name()) == format);
}

TEST_CASE("verify finds out by itself what OpenSSL signed with") {
  const struct {
    const char* key;
    const char* algorithm;
    const char* variant;
    const char* code;
  } rows[] = {
      {"rsa2048", "rsa_pkcs1_sha1", "", "algorithm_found"},
      {"rsa2048", "rsa_pkcs1_sha256", "", "algorithm_found"},
      {"rsa2048", "rsa_pkcs1_sha384", "", "algorithm_found"},
      {"rsa2048", "rsa_pkcs1_sha512", "", "algorithm_found"},
      {"rsa2047", "rsa_pkcs1_sha256", "", "algorithm_found"},
      {"rsa2049", "rsa_pkcs1_sha256", "", "algorithm_found"},
      {"rsa2048", "rsa_pss_sha1", ".digest", "algorithm_assumed"},
      {"rsa2048", "rsa_pss_sha256", ".digest", "algorithm_assumed"},
      {"rsa2048", "rsa_pss_sha256", ".max", "algorithm_assumed"},
      {"rsa2048", "rsa_pss_sha256", ".0", "algorithm_assumed"},
      {"rsa2048", "rsa_pss_sha384", ".digest", "algorithm_assumed"},
      {"rsa2048", "rsa_pss_sha512", ".digest", "algorithm_assumed"},
      {"rsa2049", "rsa_pss_sha256", ".max", "algorithm_assumed"},
      {"p256", "ecdsa_sha1", "", "algorithm_assumed"},
      {"p256", "ecdsa_sha512", "", "algorithm_assumed"},
      {"p384", "ecdsa_sha384", "", "algorithm_assumed"},
      {"p521", "ecdsa_sha256", "", "algorithm_assumed"},
      {"p521", "ecdsa_sha512", "", "algorithm_assumed"},
      {"brainpool256", "ecdsa_sha256", "", "algorithm_assumed"},
  };
  for (const auto& row : rows) {
    const auto name = std::string(row.algorithm) + row.variant;
    INFO(row.key << " " << name);
    const auto report = verify_vector(row.key, name);
    CHECK(report.matches);
    REQUIRE(report.algorithm != nullptr);
    CHECK(report.algorithm->name == row.algorithm);
    CHECK(codes(report) == Codes{row.code});
    REQUIRE(report.signer);
    CHECK(report.signer->der() == vector_certificate(row.key).der());
  }
  const auto report = verify_vector("ed25519", "ed25519");
  CHECK(report.matches);
  CHECK(report.algorithm->name == "ed25519");
  CHECK(report.findings.empty());
}

TEST_CASE("what was said and is so needs no finding out") {
  CHECK(codes(verify_vector("rsa2048", "rsa_pss_sha256.max", {HashAlgorithm::sha256, Padding::pss})).empty());
  CHECK(codes(verify_vector("p256", "ecdsa_sha384", {HashAlgorithm::sha384, std::nullopt})).empty());
  CHECK(verify_vector("p256", "ecdsa_sha384", {HashAlgorithm::sha384, std::nullopt}).matches);
}

TEST_CASE("what was said and is not so does not match") {
  const auto check = [](const SignatureReport& report, const char* code) {
    CHECK_FALSE(report.matches);
    CHECK(codes(report) == Codes{code});
    CHECK(report.findings.front().severity == Severity::error);
  };
  check(verify_vector("rsa2048", "rsa_pkcs1_sha256", {HashAlgorithm::sha512, std::nullopt}), "digest_mismatch");
  check(verify_vector("rsa2048", "rsa_pkcs1_sha256", {std::nullopt, Padding::pss}), "padding_mismatch");
  check(verify_vector("rsa2048", "rsa_pss_sha256.max", {std::nullopt, Padding::pkcs1}), "signature_mismatch");
  check(verify_vector("rsa2048", "rsa_pss_sha256.max", {HashAlgorithm::sha1, Padding::pss}), "signature_mismatch");
  check(verify_vector("p256", "ecdsa_sha256", {HashAlgorithm::sha512, std::nullopt}), "signature_mismatch");
}

TEST_CASE("what cannot be said of a kind of key is a usage error") {
  CHECK(error_of([] {
          verify_vector("p256", "ecdsa_sha256", {std::nullopt, Padding::pss});
        }).kind() == ErrorKind::usage);
  CHECK(error_of([] {
          verify_vector("ed25519", "ed25519", {HashAlgorithm::sha256, std::nullopt});
        }).kind() == ErrorKind::usage);
}

TEST_CASE("another document is told from another key where the signature says which it is") {
  const OtherDocument other;
  const auto report = verify("rsa2048", vector_bytes("rsa2048.rsa_pkcs1_sha256.sig"), {}, other.path());
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"algorithm_found", "signature_mismatch"});
  CHECK_THAT(report.findings.back().message, Catch::Matchers::ContainsSubstring("the document was changed"));
  CHECK_THAT(report.findings.back().message, Catch::Matchers::ContainsSubstring("the key is right"));

  const auto foreign = verify("rsa2047", vector_bytes("rsa2048.rsa_pkcs1_sha256.sig"));
  CHECK_FALSE(foreign.matches);
  CHECK(codes(foreign) == Codes{"signature_mismatch"});
  CHECK_THAT(foreign.findings.back().message, Catch::Matchers::ContainsSubstring("not made with the key"));

  for (const auto& [key, name] : {std::pair{"rsa2048", "rsa2048.rsa_pss_sha256.max.sig"},
                                  {"p256", "p256.ecdsa_sha256.sig"},
                                  {"ed25519", "ed25519.ed25519.sig"}}) {
    const auto unclear = verify(key, vector_bytes(name), {}, other.path());
    CHECK_FALSE(unclear.matches);
    CHECK(codes(unclear) == Codes{"signature_mismatch"});
  }
}

TEST_CASE("a signature of any wrong length is a report that says so") {
  for (const char* key : {"rsa2048", "p256", "p521", "ed25519"}) {
    for (const std::size_t size : {1U, 63U, 65U, 255U, 257U, 65536U}) {
      INFO(key << " " << size);
      const auto report = verify(key, Bytes(size, 0x5a));
      CHECK_FALSE(report.matches);
      CHECK(codes(report) == Codes{"signature_length"});
    }
  }
}

TEST_CASE("noise of the right length does not match and is no error") {
  for (const auto& [key, size] : {std::pair{"rsa2048", 256U}, {"p256", 64U}, {"p521", 132U}, {"ed25519", 64U}}) {
    for (const auto byte : Bytes{0x00, 0x01, 0x5a, 0xff}) {
      const auto report = verify(key, Bytes(size, byte));
      CHECK_FALSE(report.matches);
      CHECK(codes(report).back() == "signature_mismatch");
    }
  }
}

TEST_CASE("an empty signature, an enormous one, and one without a certificate cannot be judged") {
  CHECK(error_of([] { verify("rsa2048", {}); }).kind() == ErrorKind::malformed);
  CHECK(error_of([] { verify("rsa2048", Bytes(65537)); }).kind() == ErrorKind::malformed);
  Document document{InputFile(vector_path("document"))};
  const Bytes signature(256);
  const auto error = error_of([&] { verified(raw(), signature, vector_path("document")); });
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_THAT(error.hint(), Catch::Matchers::ContainsSubstring("--cert"));
}

TEST_CASE("ECDSA signatures as tokens give them verify, and it is said") {
  const auto r_and_s = crypto::ecdsa_from_der(vector_bytes("p256.ecdsa_sha256.sig"), 32).value();
  const auto report = verify("p256", r_and_s);
  CHECK(report.matches);
  CHECK(codes(report) == Codes{"ecdsa_r_s", "algorithm_assumed"});
}

TEST_CASE("hashes that eidtool does not check are named") {
  for (const auto& [name, hash] :
       {std::pair{"unsupported_md5", "MD5"}, {"unsupported_sha224", "SHA-224"}, {"unsupported_sha3-256", "SHA3-256"}}) {
    const auto error = error_of([name = name] { verify_vector("rsa2048", name); });
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(hash));
  }
}

TEST_CASE("padding around a bare digest does not match, and the reason is told") {
  const auto report = verify_vector("rsa2048", "bare_digest");
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"signature_mismatch"});
  CHECK_THAT(report.findings.back().message, Catch::Matchers::ContainsSubstring("RFC 8017 §9.2"));
}

TEST_CASE("a certificate whose key eidtool does not check is unsupported") {
  CHECK(error_of([] { verify("unsupported_ed448", Bytes(114)); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("what raw signs, raw verifies, whichever way the document goes to the signer") {
  for (const char* key : {"rsa2048", "p256", "p521", "ed25519"}) {
    for (const bool streams : {false, true}) {
      SoftwareSigner signer(key);
      signer.streams = streams;
      for (const auto& algorithm : signature_algorithms) {
        if (algorithm.key_type != signer.key_type()) continue;
        INFO(key << " " << algorithm.name);
        Document document{InputFile(vector_path("document"))};
        const auto signature = signed_bytes(raw(), {document, algorithm}, signer);
        const auto report = verify(key, signature);
        CHECK(report.matches);
        REQUIRE(report.algorithm != nullptr);
        CHECK(report.algorithm->name == algorithm.name);
        if (algorithm.key_type == KeyType::ec) CHECK(signature.front() == 0x30);
      }
    }
  }
}

TEST_CASE("PKCS#1 and Ed25519 signatures are OpenSSL's to the byte") {
  // Both are deterministic (RFC 8017 §8.2.1, RFC 8032 §5.1.6).
  Document document{InputFile(vector_path("document"))};
  SoftwareSigner rsa("rsa2048");
  const auto& pkcs1 = *find_signature_algorithm(KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha256);
  CHECK(signed_bytes(raw(), {document, pkcs1}, rsa) == vector_bytes("rsa2048.rsa_pkcs1_sha256.sig"));
  SoftwareSigner ed25519("ed25519");
  const auto& pure = *find_signature_algorithm(KeyType::ed25519, Padding::none, HashAlgorithm::none);
  CHECK(signed_bytes(raw(), {document, pure}, ed25519) == vector_bytes("ed25519.ed25519.sig"));
}

TEST_CASE("a signature that does not verify with the token's certificate is never handed out") {
  const struct {
    const char* key;
    const char* certificate;
  } rows[] = {
      {"rsa2048", "rsa2049"}, {"rsa2048", "p256"}, {"p256", "brainpool256"}, {"p256", "p521"}, {"ed25519", "rsa2048"}};
  for (const auto& row : rows) {
    SoftwareSigner signer(row.key, row.certificate);
    for (const auto& algorithm : signature_algorithms) {
      if (algorithm.key_type != signer.key_type()) continue;
      INFO(row.key << " " << algorithm.name);
      Document document{InputFile(vector_path("document"))};
      const auto error = error_of([&] { signed_bytes(raw(), {document, algorithm}, signer); });
      CHECK(error.kind() == ErrorKind::bad_module_signature);
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("nothing was written"));
      CHECK_FALSE(error.hint().empty());
    }
  }
}

TEST_CASE("someone's signed attributes are not signed as a document, nor is a signature of them one of a document") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "attributes";
  // Whole revocation lists may be among them.
  const std::size_t filler_size = GENERATE(as<std::size_t>{}, 1, 300'000, 1'000'000, 3'000'000);
  auto all = tests::HandMade().usual(as_bytes("text")).signed_attributes;
  all.push_back(crypto::asn1::sequence({crypto::asn1::object_identifier("1.2.840.113583.1.1.8"),
                                        crypto::asn1::set_of({crypto::asn1::octet_string(Bytes(filler_size))})}));
  const auto attributes = crypto::asn1::set_of(all);
  tests::write_file(path, std::string(attributes.begin(), attributes.end()));
  SoftwareSigner signer("rsa2048");
  Document document{InputFile(path)};
  const auto& algorithm = *find_signature_algorithm(KeyType::rsa, Padding::pkcs1, HashAlgorithm::sha256);
  const auto refusal = error_of([&] { signed_bytes(raw(), {document, algorithm}, signer); });
  CHECK(refusal.kind() == ErrorKind::unsupported);
  CHECK_THAT(refusal.hint(), Catch::Matchers::ContainsSubstring("--format cades"));
  const auto report = verify("rsa2048", signer.sign(algorithm, document), {}, path);
  CHECK_FALSE(report.matches);
  CHECK(tests::reason(report) == SubIndication::format_failure);
  // Anything else that looks alike is a document.
  tests::write_file(path, std::string(attributes.begin(), attributes.end()) + "\n");
  Document text{InputFile(path)};
  CHECK(verify("rsa2048", signed_bytes(raw(), {text, algorithm}, signer), {}, path).matches);
}

TEST_CASE("a token's certificate that is none is named before anything is signed") {
  class NoCertificate : public Signer {
   public:
    KeyType key_type() const override { return KeyType::rsa; }
    const Bytes& certificate() const override { return certificate_; }
    std::size_t max_signature_size() const override { return 0; }
    Bytes sign(const SignatureAlgorithm&, Message&) override { throw std::logic_error("it was asked to sign"); }

   private:
    Bytes certificate_ = {0x30, 0x03, 0x02, 0x01, 0x05};
  } signer;
  Document document{InputFile(vector_path("document"))};
  const auto error = error_of([&] { signed_bytes(raw(), {document, signature_algorithms.front()}, signer); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("the token's certificate"));
}

}  // namespace eidtool::formats
