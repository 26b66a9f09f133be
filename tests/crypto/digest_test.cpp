// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.hpp"

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

TEST_CASE("digests are those of FIPS 180-4's example") {
  // "abc", as NIST publishes it and `printf abc | openssl dgst` prints it.
  CHECK(to_hex(digest(HashAlgorithm::sha1, as_bytes("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(to_hex(digest(HashAlgorithm::sha256, as_bytes("abc"))) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(digest(HashAlgorithm::sha384, as_bytes("abc"))) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
  CHECK(to_hex(digest(HashAlgorithm::sha512, as_bytes("abc"))) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST_CASE("a digest does not depend on the pieces, and a moved Hasher goes on") {
  Hasher hasher(HashAlgorithm::sha256);
  hasher.update(as_bytes("a"));
  hasher.update({});
  Hasher moved = std::move(hasher);
  moved.update(as_bytes("bc"));
  CHECK(moved.finish() == digest(HashAlgorithm::sha256, as_bytes("abc")));
}

TEST_CASE("a digest is as long as digest_size() says") {
  for (const auto hash : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512}) {
    CHECK(digest(hash, {}).size() == digest_size(hash));
  }
  CHECK(tests::error_of([] { Hasher hasher(HashAlgorithm::none); }).kind() == ErrorKind::internal);
}

}  // namespace eidtool::crypto
