// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.hpp"

#include "crypto/asn1.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::error_of;
using tests::hex;

TEST_CASE("lengths in any but their shortest definite form are refused") {
  for (const char* broken : {"", "30", "3001", "3080", "30800000", "308100", "30817f", "3082007f", "308501000000",
                             "30ff", "3084ffffffff", "1f0100"}) {
    INFO(broken);
    const auto bytes = hex(broken);
    CHECK(error_of([&] { der::Reader(bytes).next(); }).kind() == ErrorKind::malformed);
    CHECK_FALSE(der::Reader(bytes).next_if(der::tag::sequence));
  }
}

TEST_CASE("values are lent with and without their header") {
  const auto bytes =
      hex("3003020105"
          "0500");
  der::Reader reader(bytes);
  const auto sequence = reader.next(der::tag::sequence);
  CHECK(to_hex(sequence.content) == "020105");
  CHECK(to_hex(sequence.whole) == "3003020105");
  CHECK_FALSE(reader.next_if(der::tag::integer));
  CHECK(reader.next_if(der::tag::null));
  CHECK(reader.at_end());
}

TEST_CASE("a value longer than 127 bytes is encoded with a long length and read back") {
  for (const std::size_t size : {0U, 127U, 128U, 255U, 256U, 70000U}) {
    const Bytes content(size, 7);
    const auto bytes = der::encoded(der::tag::octet_string, content);
    der::Reader reader(bytes);
    CHECK(std::ranges::equal(reader.next(der::tag::octet_string).content, content));
    CHECK(reader.at_end());
  }
}

TEST_CASE("object identifiers are read as dotted numbers") {
  // X.690 §8.19.5 and `openssl asn1parse`.
  CHECK(der::object_identifier_text(hex("883703")) == "2.999.3");
  CHECK(der::object_identifier_text(hex("2a864886f70d010101")) == "1.2.840.113549.1.1.1");
  CHECK(der::object_identifier_text(hex("0992268993f22c640119")) == "0.9.2342.19200300.100.1.25");
  CHECK_FALSE(der::object_identifier_text(hex("")));
  CHECK_FALSE(der::object_identifier_text(hex("2a86")));
  CHECK_FALSE(der::object_identifier_text(hex("2a8003")));
  CHECK_FALSE(der::object_identifier_text(hex("802a03")));
  // A UUID: by openssl asn1parse -genstr OID:2.25.329800735698586629295641978511506172918
  const std::string uuid = "6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776";
  CHECK(der::object_identifier_text(hex(uuid)) == "2.25.329800735698586629295641978511506172918");
  CHECK(asn1::object_identifier("2.25.329800735698586629295641978511506172918") == hex("0614" + uuid));
  CHECK(asn1::object_identifier("2.999.0.128") == hex("06058837008100"));
  CHECK(asn1::is_object_identifier("1.2.0.3"));
  CHECK_FALSE(asn1::is_object_identifier("1.2.03"));
  CHECK_FALSE(asn1::is_object_identifier("2.25.1" + std::string(39, '0')));
  CHECK_FALSE(der::object_identifier_text(hex("2a" + std::string(40, 'f') + "7f")));
  CHECK_FALSE(der::object_identifier_text(hex("ffffffffffffffffff7f")));
}

TEST_CASE("integers are encoded in their shortest positive form") {
  CHECK(to_hex(der::encoded_integer(hex("0000"))) == "020100");
  CHECK(to_hex(der::encoded_integer(hex("007f"))) == "02017f");
  CHECK(to_hex(der::encoded_integer(hex("80"))) == "02020080");
}

}  // namespace eidtool::crypto
