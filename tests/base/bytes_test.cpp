// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include "support/catch.hpp"

namespace eidtool {

TEST_CASE("hex is lower case and comes back in any case, with colons or without") {
  const Bytes bytes = {0x00, 0x45, 0xaf, 0xff};
  CHECK(to_hex(bytes) == "0045afff");
  for (const char* text : {"0045afff", "0045AFFF", "00:45:af:ff", "00:45AF:ff"}) CHECK(from_hex(text) == bytes);
  CHECK(to_hex({}).empty());
  CHECK(from_hex("") == Bytes());
}

TEST_CASE("what is not hex is nothing") {
  for (const char* text : {"0", "0g", "00 45", ":00", "00:", "00::45", "0x45", "é"}) {
    INFO(text);
    CHECK_FALSE(from_hex(text));
  }
}

TEST_CASE("identifiers are equal but for zeros at the end") {
  const Bytes short_one = {0x45};
  const Bytes long_one = {0x45, 0, 0, 0, 0, 0, 0, 0};
  const Bytes other = {0, 0x45};
  CHECK(equal_ignoring_trailing_zeros(short_one, long_one));
  CHECK(equal_ignoring_trailing_zeros({}, Bytes(3)));
  CHECK_FALSE(equal_ignoring_trailing_zeros(short_one, other));
  CHECK_FALSE(equal_ignoring_trailing_zeros(short_one, {}));
}

}  // namespace eidtool
