// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa_signature.hpp"

#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::hex;

TEST_CASE("leading zeros vanish in DER and come back") {
  const struct {
    const char* r_and_s;
    const char* der;
  } rows[] = {
      {"01020304",
       "3008020201020202"
       "0304"},
      {"00020304",
       "3007020102"
       "02020304"},  // r is short
      {"01020004",
       "300702020102"
       "020104"},  // s is short
      {"80020304",
       "30090203008002"
       "02020304"},  // r needs a zero to stay positive
      {"00800001",
       "300702020080"
       "020101"},  // and does where it is short, too
  };
  for (const auto& row : rows) {
    INFO(row.r_and_s);
    CHECK(to_hex(ecdsa_to_der(hex(row.r_and_s))) == row.der);
    CHECK(ecdsa_from_der(hex(row.der), 2) == hex(row.r_and_s));
  }
}

TEST_CASE("OpenSSL's signatures survive the way to r‖s and back") {
  for (const auto& [name, order_size] :
       {std::pair{"p256.ecdsa_sha256.sig", 32U}, {"p384.ecdsa_sha384.sig", 48U}, {"p521.ecdsa_sha512.sig", 66U}}) {
    const auto der = tests::vector_bytes(name);
    const auto r_and_s = ecdsa_from_der(der, order_size);
    REQUIRE(r_and_s);
    CHECK(r_and_s->size() == 2 * order_size);
    CHECK(ecdsa_to_der(*r_and_s) == der);
  }
}

TEST_CASE("what is not strict DER of two positive numbers that fit is no signature") {
  for (const char* broken : {
           "",                  // nothing
           "3008020201020202",  // cut off
           "30080202010202020304"
           "00",  // bytes follow
           "30810802020102"
           "02020304",                // length in the long form
           "3009020300010202020304",  // a leading zero that is not needed
           "300702020080"
           "020180",              // s is negative
           "300702010002020304",  // r is zero
           "30090203010203"
           "02020304",      // r does not fit into two bytes
           "300402020102",  // one number
           "300b02020102020203040201"
           "05",                    // three numbers
           "31080202010202020304",  // a SET
       }) {
    INFO(broken);
    CHECK_FALSE(ecdsa_from_der(hex(broken), 2));
  }
}

TEST_CASE("an odd or empty r‖s is malformed") {
  CHECK(tests::error_of([] { ecdsa_to_der(hex("")); }).kind() == ErrorKind::malformed);
  CHECK(tests::error_of([] { ecdsa_to_der(hex("010203")); }).kind() == ErrorKind::malformed);
}

}  // namespace eidtool::crypto
