// SPDX-License-Identifier: Apache-2.0
#include "crypto/algorithm_identifier.hpp"

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::error_of;
using tests::hex;

namespace {

AlgorithmIdentifier read(std::string_view text) {
  const auto bytes = hex(text);
  der::Reader reader(bytes);
  auto identifier = AlgorithmIdentifier::read(reader);
  reader.end();
  return identifier;
}

}  // namespace

TEST_CASE("what is written for an algorithm is read as that algorithm") {
  for (const auto& algorithm : signature_algorithms) {
    INFO(algorithm.name);
    const auto scheme = signature_scheme(identifier_of(algorithm), std::nullopt);
    CHECK(scheme.algorithm == &algorithm);
    CHECK(scheme.salt_size.has_value() == (algorithm.padding == Padding::pss));
    if (scheme.salt_size) CHECK(*scheme.salt_size == digest_size(algorithm.hash));
  }
}

TEST_CASE("identifiers are those of the standards") {
  // As `openssl asn1parse` shows them in signatures by OpenSSL 3.0.
  const auto der_of = [](std::string_view name) {
    for (const auto& algorithm : signature_algorithms) {
      if (algorithm.name == name) return to_hex(identifier_of(algorithm).der());
    }
    return std::string();
  };
  CHECK(der_of("rsa_pkcs1_sha256") == "300d06092a864886f70d01010b0500");
  CHECK(der_of("ecdsa_sha384") == "300a06082a8648ce3d040303");
  CHECK(der_of("ed25519") == "300506032b6570");
  CHECK(der_of("rsa_pss_sha256") ==
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d060960864801"
        "6503"
        "0402010500"
        "a203020120");
  CHECK(der_of("rsa_pss_sha1") == "300d06092a864886f70d01010a3000");
  CHECK(to_hex(identifier_of(HashAlgorithm::sha256).der()) == "300b0609608648016503040201");
}

TEST_CASE("an identifier that names only the key takes the digest beside it") {
  const auto rsa = read("300d06092a864886f70d0101010500");
  CHECK(signature_scheme(rsa, HashAlgorithm::sha384).algorithm->name == "rsa_pkcs1_sha384");
  CHECK(error_of([&] { signature_scheme(rsa, std::nullopt); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("a digest that contradicts the signature's own is malformed") {
  const auto sha256_with_rsa = read("300d06092a864886f70d01010b0500");
  CHECK(error_of([&] { signature_scheme(sha256_with_rsa, HashAlgorithm::sha512); }).kind() == ErrorKind::malformed);
}

TEST_CASE("PSS parameters: any salt, MGF1 with any hash function, and the usual trailer") {
  const auto with = [](std::string_view fields) {
    AlgorithmIdentifier identifier{"1.2.840.113549.1.1.10", hex(fields)};
    return signature_scheme(identifier, std::nullopt);
  };
  CHECK(with("3000").algorithm->name == "rsa_pss_sha1");
  CHECK(with("3000").salt_size == 20U);
  CHECK(with("3006a20402020100").salt_size == 256U);
  CHECK(with("3005a203020100").salt_size == 0U);
  const auto other_mask = with("3011a00f300d06096086480165030402010500");
  CHECK(other_mask.algorithm->name == "rsa_pss_sha256");
  CHECK(other_mask.mask_hash == HashAlgorithm::sha1);
  // Another trailer, a salt longer than any key.
  CHECK(error_of([&] { with("3005a303020102"); }).kind() == ErrorKind::unsupported);
  CHECK(error_of([&] { with("3007a20502037fffff"); }).kind() == ErrorKind::malformed);
  CHECK(error_of([&] { with(""); }).kind() == ErrorKind::malformed);
  CHECK(error_of([&] { with("3003a20102"); }).kind() == ErrorKind::malformed);
}

TEST_CASE("what is not checked is called by its name") {
  CHECK(std::string(error_of([&] { signature_scheme(read("300d06092a864886f70d01010e0500"), {}); }).what())
            .find("SHA-224") != std::string::npos);
  CHECK(std::string(error_of([&] { signature_scheme(read("30050603290102"), {}); }).what()).find("1.1.1.2") !=
        std::string::npos);
  CHECK(foreign_hash_name("1.2.840.113549.2.5") == "MD5");
}

TEST_CASE("absent parameters and NULL mean the same, others do not") {
  CHECK(read("300d06096086480165030402010500").means(identifier_of(HashAlgorithm::sha256)));
  CHECK_FALSE(read("300d06096086480165030402020500").means(identifier_of(HashAlgorithm::sha256)));
  CHECK_FALSE(read("300d06096086480165030402010400").means(identifier_of(HashAlgorithm::sha256)));
}

TEST_CASE("parameters stand only where the algorithm has some") {
  CHECK(signature_scheme(read("300a06082a8648ce3d040302"), std::nullopt).algorithm->name == "ecdsa_sha256");
  CHECK(signature_scheme(read("300c06082a8648ce3d0403020500"), std::nullopt).algorithm->name == "ecdsa_sha256");
  for (const char* text :
       {"300d06082a8648ce3d040302020101", "300e06092a864886f70d01010b020101", "300806032b6570020101"}) {
    INFO(text);
    CHECK(error_of([&] { signature_scheme(read(text), std::nullopt); }).kind() == ErrorKind::malformed);
  }
}

}  // namespace eidtool::crypto
