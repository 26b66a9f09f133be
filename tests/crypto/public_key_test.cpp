// SPDX-License-Identifier: Apache-2.0
#include "crypto/public_key.hpp"

#include "crypto/asn1.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::error_of;
using tests::hex;
using tests::vector_bytes;
using tests::vector_public_key;

namespace {

const SignatureAlgorithm& algorithm_of(std::string_view name) {
  for (const auto& row : signature_algorithms) {
    if (row.name == name) return row;
  }
  throw std::logic_error("no such algorithm");
}

/// Whether a signature of tests/vectors is one over `document`, through the shapes of a token.
bool verifies(const std::string& key_name, std::string_view algorithm_name, Bytes signature) {
  const auto key = vector_public_key(key_name);
  const auto& algorithm = algorithm_of(algorithm_name);
  if (key.type() == KeyType::ec) signature = ecdsa_from_der(signature, key.order_size()).value();
  const auto document = vector_bytes("document");
  if (algorithm.hash == HashAlgorithm::none) return key.verify_message(document, signature);
  return key.verify_digest(algorithm, digest(algorithm.hash, document), signature);
}

}  // namespace

TEST_CASE("keys say what they are") {
  const struct {
    const char* name;
    const char* description;
    KeyType type;
    std::size_t size, signature_size, order_size;
  } rows[] = {
      {"rsa2047", "RSA 2047", KeyType::rsa, 2047, 256, 0},
      {"rsa2048", "RSA 2048", KeyType::rsa, 2048, 256, 0},
      {"rsa2049", "RSA 2049", KeyType::rsa, 2049, 257, 0},
      {"p256", "EC P-256", KeyType::ec, 256, 64, 32},
      {"p384", "EC P-384", KeyType::ec, 384, 96, 48},
      {"p521", "EC P-521", KeyType::ec, 521, 132, 66},
      {"brainpool256", "EC brainpoolP256r1", KeyType::ec, 256, 64, 32},
      {"ed25519", "Ed25519", KeyType::ed25519, 255, 64, 0},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    const auto key = vector_public_key(row.name);
    CHECK(key.description() == row.description);
    CHECK(key.type() == row.type);
    CHECK(key.size() == row.size);
    CHECK(key.signature_size() == row.signature_size);
    CHECK(key.order_size() == row.order_size);
    CHECK(key.modulus().size() == (row.type == KeyType::rsa ? row.signature_size : 0));
    const std::size_t point_size = row.type == KeyType::rsa ? 0 : row.type == KeyType::ec ? 1 + 2 * row.order_size : 32;
    CHECK(key.point().size() == point_size);
    if (row.type == KeyType::ec) CHECK(key.point().front() == 0x04);
  }
}

TEST_CASE("RSA exponents are odd, above 2, and no longer than a check is cheap") {
  const auto key_with = [](std::size_t modulus_size, const Bytes& exponent) {
    Bytes modulus(modulus_size, 0xff);
    const auto numbers = asn1::sequence({der::encoded_integer(modulus), der::encoded_integer(exponent)});
    return asn1::sequence(
        {asn1::sequence({asn1::object_identifier("1.2.840.113549.1.1.1"), asn1::null()}), asn1::bit_string(numbers)});
  };
  const auto of_bits = [](std::size_t bits) {  // 2^(bits-1) + 1
    Bytes number((bits + 7) / 8, 0);
    number.front() = static_cast<std::uint8_t>(1U << ((bits - 1) % 8));
    number.back() = static_cast<std::uint8_t>(number.back() | 1U);
    return number;
  };
  for (const auto& exponent : {hex("03"), hex("010001"), of_bits(64), of_bits(256)}) {
    INFO(to_hex(exponent));
    CHECK(PublicKey::from_der(key_with(256, exponent)).size() == 2048);
  }
  CHECK(PublicKey::from_der(key_with(2048, of_bits(64))).size() == 16384);
  for (const auto& exponent : {hex("01"), hex("02"), hex("010000")}) {
    INFO(to_hex(exponent));
    CHECK(error_of([&] { PublicKey::from_der(key_with(256, exponent)); }).kind() == ErrorKind::malformed);
  }
  CHECK(error_of([&] { PublicKey::from_der(key_with(256, of_bits(257))); }).kind() == ErrorKind::unsupported);
  CHECK(error_of([&] { PublicKey::from_der(key_with(512, of_bits(65))); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("what OpenSSL signed verifies, and no longer after one bit changed") {
  const struct {
    const char* key;
    const char* algorithm;
    const char* variant;
  } rows[] = {
      {"rsa2048", "rsa_pkcs1_sha1", ""},
      {"rsa2048", "rsa_pkcs1_sha256", ""},
      {"rsa2048", "rsa_pkcs1_sha384", ""},
      {"rsa2048", "rsa_pkcs1_sha512", ""},
      {"rsa512", "rsa_pkcs1_sha256", ""},
      {"rsa2047", "rsa_pkcs1_sha256", ""},
      {"rsa2049", "rsa_pkcs1_sha256", ""},
      {"rsa2047", "rsa_pss_sha256", ".0"},
      {"rsa2047", "rsa_pss_sha256", ".digest"},
      {"rsa2047", "rsa_pss_sha256", ".max"},
      {"rsa2048", "rsa_pss_sha256", ".0"},
      {"rsa2048", "rsa_pss_sha256", ".digest"},
      {"rsa2048", "rsa_pss_sha256", ".max"},
      {"rsa2049", "rsa_pss_sha256", ".0"},
      {"rsa2049", "rsa_pss_sha256", ".digest"},
      {"rsa2049", "rsa_pss_sha256", ".max"},
      {"rsa2048", "rsa_pss_sha1", ".digest"},
      {"rsa2048", "rsa_pss_sha384", ".digest"},
      {"rsa2048", "rsa_pss_sha512", ".digest"},
      {"p256", "ecdsa_sha1", ""},
      {"p256", "ecdsa_sha256", ""},
      {"p256", "ecdsa_sha384", ""},
      {"p256", "ecdsa_sha512", ""},
      {"p384", "ecdsa_sha1", ""},
      {"p384", "ecdsa_sha256", ""},
      {"p384", "ecdsa_sha384", ""},
      {"p384", "ecdsa_sha512", ""},
      {"p521", "ecdsa_sha1", ""},
      {"p521", "ecdsa_sha256", ""},
      {"p521", "ecdsa_sha384", ""},
      {"p521", "ecdsa_sha512", ""},
      {"brainpool256", "ecdsa_sha256", ""},
      {"ed25519", "ed25519", ""},
  };
  for (const auto& row : rows) {
    const auto name = std::string(row.key) + "." + row.algorithm + row.variant + ".sig";
    INFO(name);
    auto signature = vector_bytes(name);
    CHECK(verifies(row.key, row.algorithm, signature));
    signature.back() ^= 1U;
    CHECK_FALSE(verifies(row.key, row.algorithm, signature));
  }
}

TEST_CASE("a signature of any wrong length is false and nothing worse") {
  const Bytes digest(32, 1);
  for (const char* name : {"rsa512", "rsa2048", "p256", "p521", "ed25519"}) {
    const auto key = vector_public_key(name);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, key.signature_size() - 1, key.signature_size() + 1, std::size_t{100000}}) {
      const Bytes signature(size, 1);
      CHECK_FALSE(key.verify_digest(algorithm_of("rsa_pkcs1_sha256"), digest, signature));
      CHECK_FALSE(key.verify_digest(algorithm_of("rsa_pss_sha256"), digest, signature));
      CHECK_FALSE(key.verify_digest(algorithm_of("ecdsa_sha256"), digest, signature));
      CHECK_FALSE(key.verify_message(digest, signature));
      CHECK_FALSE(key.recover(signature));
    }
  }
}

TEST_CASE("a number out of range is false and nothing worse") {
  for (const char* name : {"rsa512", "rsa2047", "rsa2048", "rsa2049", "p256", "p521", "ed25519"}) {
    const auto key = vector_public_key(name);
    for (const auto byte : Bytes{0x00, 0x01, 0xff}) {
      INFO(name << " " << static_cast<int>(byte));
      const Bytes signature(key.signature_size(), byte);
      for (const auto& algorithm : signature_algorithms) {
        if (algorithm.hash == HashAlgorithm::none) continue;
        CHECK_FALSE(key.verify_digest(algorithm, Bytes(digest_size(algorithm.hash), 1), signature));
      }
      CHECK_FALSE(key.verify_message(Bytes(5), signature));
      if (byte == 0xff) CHECK_FALSE(key.recover(signature));
    }
  }
}

TEST_CASE("an RSA signature increased by the modulus is refused") {
  // The same number modulo n, in a length that still fits: 2047 bits in 256 bytes leave one bit free.
  const auto key = vector_public_key("rsa2047");
  const auto modulus = key.modulus();
  auto signature = vector_bytes("rsa2047.rsa_pkcs1_sha256.sig");
  unsigned carry = 0;
  for (std::size_t index = signature.size(); index-- > 0;) {
    const unsigned sum = signature[index] + modulus[index] + carry;
    signature[index] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  REQUIRE(carry == 0);
  CHECK_FALSE(verifies("rsa2047", "rsa_pkcs1_sha256", signature));
  CHECK_FALSE(key.recover(signature));
}

TEST_CASE("an Ed25519 signature has one form: S is below the order (RFC 8032 §5.1.7)") {
  const auto order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");  // little-endian
  auto signature = vector_bytes("ed25519.ed25519.sig");
  REQUIRE(verifies("ed25519", "ed25519", signature));
  unsigned carry = 0;
  for (std::size_t index = 0; index < order.size(); ++index) {
    const unsigned sum = signature[32 + index] + order[index] + carry;
    signature[32 + index] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  REQUIRE(carry == 0);
  CHECK_FALSE(verifies("ed25519", "ed25519", signature));
}

TEST_CASE("a key checks no signature of another kind") {
  const auto document = vector_bytes("document");
  const auto sha256 = digest(HashAlgorithm::sha256, document);
  const auto signature = vector_bytes("rsa2048.rsa_pkcs1_sha256.sig");
  CHECK_FALSE(vector_public_key("rsa2048").verify_digest(algorithm_of("rsa_pss_sha256"), sha256, signature));
  CHECK_FALSE(vector_public_key("rsa2048").verify_digest(algorithm_of("ecdsa_sha256"), sha256, signature));
  CHECK_FALSE(vector_public_key("rsa2048").verify_message(document, signature));
  CHECK_FALSE(vector_public_key("rsa2047").verify_digest(algorithm_of("rsa_pkcs1_sha256"), sha256, signature));
}

TEST_CASE("a digest of the wrong length is a bug of the caller") {
  const auto check = [](const char* algorithm) {
    vector_public_key("rsa2048").verify_digest(algorithm_of(algorithm), Bytes(31), Bytes(256));
  };
  CHECK(error_of([&] { check("rsa_pkcs1_sha256"); }).kind() == ErrorKind::internal);
  CHECK(error_of([&] { check("ed25519"); }).kind() == ErrorKind::internal);
}

TEST_CASE("a PKCS#1 signature gives back its digest and the hash") {
  const auto document = vector_bytes("document");
  const struct {
    const char* signature;
    const char* oid;
    std::optional<HashAlgorithm> hash;
  } rows[] = {
      {"rsa_pkcs1_sha1", "1.3.14.3.2.26", HashAlgorithm::sha1},
      {"rsa_pkcs1_sha256", "2.16.840.1.101.3.4.2.1", HashAlgorithm::sha256},
      {"rsa_pkcs1_sha384", "2.16.840.1.101.3.4.2.2", HashAlgorithm::sha384},
      {"rsa_pkcs1_sha512", "2.16.840.1.101.3.4.2.3", HashAlgorithm::sha512},
      {"unsupported_md5", "1.2.840.113549.2.5", std::nullopt},
      {"unsupported_sha224", "2.16.840.1.101.3.4.2.4", std::nullopt},
  };
  for (const auto& row : rows) {
    INFO(row.signature);
    const auto block =
        vector_public_key("rsa2048").recover(vector_bytes("rsa2048." + std::string(row.signature) + ".sig"));
    REQUIRE(block);
    CHECK(block->size() == 256);
    const auto info = parse_pkcs1_block(*block);
    REQUIRE(info);
    CHECK(info->oid == row.oid);
    CHECK(info->hash == row.hash);
    CHECK(info->has_null_parameters);
    if (row.hash) CHECK(info->digest == digest(*row.hash, document));
  }
  CHECK_FALSE(vector_public_key("p256").recover(Bytes(64)));
}

TEST_CASE("only exact PKCS#1 blocks are read (RFC 8017 §9.2)") {
  const std::string digest_info =
      "3021300906052b0e03021a05000414"
      "000102030405060708090a0b0c0d0e0f10111213";
  const std::string padding =
      "0001"
      "ffffffffffffffff";
  CHECK(parse_pkcs1_block(hex(padding + "00" + digest_info)));
  for (const auto& broken : {
           std::string(), std::string("0001"), padding, padding + "00",
           "0002ffffffffffffffff00" + digest_info,      // another block type
           "0001ffffffffffffff00" + digest_info,        // seven bytes of padding
           "0001fffffffffffffeff00" + digest_info,      // padding of something else
           padding + digest_info,                       // no zero
           padding + "00" + digest_info + "00",         // bytes follow
           padding + "00" + digest_info.substr(0, 60),  // cut off
           padding + "003020300806052b0e03021a0500"
                     "0414000102030405060708090a0b0c0d0e0f10111213",  // lengths that lie
           padding + "003022300a06052b0e03021a0501000414"
                     "000102030405060708090a0b0c0d0e0f10111213",  // NULL with content
           padding + "003020300906052b0e03021a05000413"
                     "000102030405060708090a0b0c0d0e0f101112",  // a digest too short
           padding + "0030213009060586868686868605000414"
                     "000102030405060708090a0b0c0d0e0f10111213",  // a broken number
       }) {
    INFO(broken);
    CHECK_FALSE(parse_pkcs1_block(hex(broken)));
  }
}

TEST_CASE("a DigestInfo without NULL is recognised as such") {
  const auto info =
      parse_pkcs1_block(hex("0001ffffffffffffffff00"
                            "301f300706052b0e03021a0414"
                            "000102030405060708090a0b0c0d0e0f10111213"));
  REQUIRE(info);
  CHECK(info->hash == HashAlgorithm::sha1);
  CHECK_FALSE(info->has_null_parameters);
}

TEST_CASE("keys that eidtool does not check are unsupported, broken ones malformed") {
  for (const char* name : {"unsupported_p224", "unsupported_explicit", "unsupported_ed448", "unsupported_dsa"}) {
    INFO(name);
    CHECK(error_of([&] { vector_public_key(name); }).kind() == ErrorKind::unsupported);
  }
  const auto malformed = [](const std::string& text) {
    return error_of([&] { PublicKey::from_der(hex(text)); }).kind() == ErrorKind::malformed;
  };
  CHECK(malformed(""));
  CHECK(malformed("3000"));
  CHECK(malformed("302a300506032b6570032100" + std::string(62, '0')));  // Ed25519, a byte short
  CHECK(
      malformed("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                "04" +
                std::string(126, '1') + "22"));  // off the curve
  CHECK(
      malformed("301a300d06092a864886f70d0101010500030900300602010402010"
                "3"));  // RSA with n = 4
  CHECK(error_of([] { PublicKey::from_der(Bytes(10000, 0x30)); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("what is read of an RSA key without Botan is a key to Botan as well") {
  // openssl genrsa 512 | openssl rsa -pubout -outform DER
  const auto key =
      hex("305c300d06092a864886f70d0101010500034b003048024100c7e249135e0bdbbe3cae088431fcb3511c41c3e07253332c1a9de67d15"
          "e51df8"
          "4409042ef5ba7bbf99ee4190430957e21b55beb137199711a4e43b31c5103f930203010001");
  const auto& algorithm = algorithm_of("rsa_pkcs1_sha256");
  const auto zeros = Bytes(digest_size(HashAlgorithm::sha256));
  std::size_t read = 0;
  for (std::size_t bit = 0; bit < 8 * key.size(); ++bit) {
    auto changed = key;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    std::optional<PublicKey> loaded;
    try {
      loaded = PublicKey::from_der(changed);
    } catch (const Error&) {
      continue;
    }
    ++read;
    INFO(bit);
    CHECK_FALSE(loaded->verify_digest(algorithm, zeros, Bytes(loaded->signature_size(), 1)));
  }
  CHECK(read > 400);
}

}  // namespace eidtool::crypto
