// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "virtual_card/chip/card_under_test.hpp"
#include "virtual_card/tools.hpp"

namespace eidtool::tests {

namespace {

constexpr unsigned signature_key = 1;
constexpr unsigned authentication_key = 2;

std::string two_digits(std::size_t number) {
  const auto byte = static_cast<std::uint8_t>(number);
  return to_hex(BytesView(&byte, 1));
}

std::string set_environment(const std::string& algorithm, unsigned key) {
  return "002241b6 06 8001" + algorithm + "8401" + two_digits(key);
}

std::string hash_command(BytesView hash) {
  return "002a90a0 " + two_digits(hash.size() + 2) + "90" + two_digits(hash.size()) + to_hex(hash);
}

constexpr const char* compute = "002a9e9a 00";

/// The signature over a digest, or its DigestInfo, however it is handed out.
Bytes signature_of(CardUnderTest& card, const std::string& algorithm, unsigned key, BytesView input) {
  REQUIRE(card.send(set_environment(algorithm, key)) == "9000");
  REQUIRE(card.send(hash_command(input)) == "9000");
  auto answer = card.send(compute);
  REQUIRE(answer.substr(answer.size() - 4) == "9000");
  return from_hex(answer.substr(0, answer.size() - 4)).value();
}

/// What OpenSSL says of a signature over a digest.
bool openssl_verifies(unsigned key, BytesView digest, BytesView signature, const std::vector<std::string>& options) {
  const TemporaryFolder folder;
  write_file(folder.path() / "digest", std::string(digest.begin(), digest.end()));
  write_file(folder.path() / "signature", std::string(signature.begin(), signature.end()));
  const auto der = public_key_under_test(key);
  write_file(folder.path() / "key", std::string(der.begin(), der.end()));
  std::vector<std::string> words = {"openssl",  "pkeyutl", "-verify", "-pubin", "-inkey",   "key",
                                    "-keyform", "DER",     "-in",     "digest", "-sigfile", "signature"};
  for (const auto& option : options) words.insert(words.end(), {"-pkeyopt", option});
  return run_tool(words, folder.path()).status == 0;
}

const Bytes text = {'t', 'e', 'x', 't'};

}  // namespace

TEST_CASE("what the chip signs is what OpenSSL verifies, with every algorithm") {
  struct Row {
    const char* algorithm;
    HashAlgorithm hash;
    const char* name;
    bool pss;
  };
  constexpr Row rows[] = {
      {"12", HashAlgorithm::sha1, "sha1", false},     {"42", HashAlgorithm::sha256, "sha256", false},
      {"52", HashAlgorithm::sha384, "sha384", false}, {"62", HashAlgorithm::sha512, "sha512", false},
      {"45", HashAlgorithm::sha256, "sha256", true},  {"65", HashAlgorithm::sha512, "sha512", true},
  };
  CardUnderTest card;
  REQUIRE(card.send(verify_command(0x81, "1111")) == "9000");
  for (const auto& row : rows) {
    INFO(row.algorithm);
    const auto digest = crypto::digest(row.hash, text);
    const auto signature = signature_of(card, row.algorithm, authentication_key, digest);
    std::vector<std::string> options = {std::string("digest:") + row.name};
    if (row.pss) options.insert(options.begin(), {"rsa_padding_mode:pss", "rsa_pss_saltlen:digest"});
    CHECK(openssl_verifies(authentication_key, digest, signature, options));
    CHECK_FALSE(openssl_verifies(signature_key, digest, signature, options));
  }
}

TEST_CASE("a DigestInfo in free form is signed as it is, and not hashed again") {
  CardUnderTest card;
  REQUIRE(card.send(verify_command(0x81, "1111")) == "9000");
  const auto digest = crypto::digest(HashAlgorithm::sha1, text);
  auto digest_info = from_hex("3021300906052b0e03021a05000414").value();  // RFC 8017 §9.2, note 1
  digest_info.insert(digest_info.end(), digest.begin(), digest.end());
  const auto signature = signature_of(card, "02", authentication_key, digest_info);
  CHECK(openssl_verifies(authentication_key, digest, signature, {"digest:sha1"}));
}

TEST_CASE("the answer goes out in pieces of the size that was asked for") {
  CardUnderTest card;
  REQUIRE(card.send(verify_command(0x81, "1111")) == "9000");
  const auto digest = crypto::digest(HashAlgorithm::sha256, text);
  REQUIRE(card.send(set_environment("42", authentication_key)) == "9000");
  REQUIRE(card.send(hash_command(digest)) == "9000");
  const auto first = card.send("002a9e9a 64");
  REQUIRE(first.size() == 2 * 100 + 4);
  CHECK(first.substr(200) == "619c");
  const auto second = card.send("00c00000 64");
  CHECK(second.substr(200) == "6138");
  const auto third = card.send("00c00000 38");
  CHECK(third.substr(112) == "9000");
  const auto signature = from_hex(first.substr(0, 200) + second.substr(0, 200) + third.substr(0, 112)).value();
  CHECK(openssl_verifies(authentication_key, digest, signature, {"digest:sha256"}));
}

TEST_CASE("one hash makes one signature, and the PIN of the signature key one each") {
  CardUnderTest card;
  const auto digest = crypto::digest(HashAlgorithm::sha256, text);
  REQUIRE(card.send(verify_command(0x82, "22223333")) == "9000");
  const auto signature = signature_of(card, "42", signature_key, digest);
  CHECK(openssl_verifies(signature_key, digest, signature, {"digest:sha256"}));
  CHECK(card.send(compute) == "6985");
  CHECK(card.send("00200082") == "63c3");
  REQUIRE(card.send(hash_command(digest)) == "9000");
  CHECK(card.send(compute) == "6982");
  // That of the other key goes on.
  REQUIRE(card.send(verify_command(0x81, "1111")) == "9000");
  (void)signature_of(card, "42", authentication_key, digest);
  (void)signature_of(card, "42", authentication_key, digest);
}

TEST_CASE("without the key's own PIN, environment or hash there is no signature") {
  CardUnderTest card;
  const auto digest = crypto::digest(HashAlgorithm::sha256, text);
  CHECK(card.send(compute) == "6985");
  CHECK(card.send(hash_command(digest)) == "6985");
  REQUIRE(card.send(set_environment("42", signature_key)) == "9000");
  CHECK(card.send(compute) == "6985");
  REQUIRE(card.send(hash_command(digest)) == "9000");
  CHECK(card.send(compute) == "6982");
  REQUIRE(card.send(verify_command(0x81, "1111")) == "9000");  // that of the other key
  CHECK(card.send(compute) == "6982");
  CHECK(card.send("00227300") == "9000");
  CHECK(card.send(compute) == "6985");
  REQUIRE(card.send(set_environment("42", signature_key)) == "9000");
  card.chip().reset();
  CHECK(card.send(hash_command(digest)) == "6985");
}

TEST_CASE("environments, hashes and operations that the card does not know are refused") {
  CardUnderTest card;
  CHECK(card.send("002241b6 06 800199 840101") == "6a80");
  CHECK(card.send("002241b6 06 800142 840109") == "6a88");
  CHECK(card.send("002241b6 03 800142") == "6a80");
  CHECK(card.send("002241b6 03 840101") == "6a80");
  CHECK(card.send("002241b6 09 800142 840101 810100") == "6a80");
  CHECK(card.send("002241b6 05 800242 42 84") == "6a80");
  CHECK(card.send("002241b6") == "6a80");
  CHECK(card.send("002241b8 06 800142 840101") == "6a86");
  CHECK(card.send("0022f202") == "6a86");
  REQUIRE(card.send(set_environment("42", signature_key)) == "9000");
  CHECK(card.send(hash_command(Bytes(20))) == "6985");
  CHECK(card.send(hash_command(Bytes(51))) == "6985");
  CHECK(card.send("002a90a0 02 9000") == "6985");
  CHECK(card.send("002a90a0 03 800100") == "6a80");
  CHECK(card.send("002a90a0") == "6a80");
  CHECK(card.send("002a9080 01 00") == "6a86");
  CHECK(card.send("002a8084 01 00") == "6a86");
  CHECK(card.send("002a9e9a 01 00") == "6700");
  REQUIRE(card.send(set_environment("02", signature_key)) == "9000");
  CHECK(card.send(hash_command(Bytes(37))) == "6985");
  CHECK(card.send(hash_command(Bytes(36))) == "9000");
}

}  // namespace eidtool::tests
