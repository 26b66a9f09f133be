// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include "support/catch.hpp"

namespace eidtool {

TEST_CASE("times are written as RFC 3339 has them, in UTC") {
  using namespace std::chrono;
  CHECK(to_rfc3339(Time(seconds(0))) == "1970-01-01T00:00:00Z");
  // date -u -d 2026-11-23T09:30:00Z +%s
  CHECK(to_rfc3339(Time(seconds(1795426200))) == "2026-11-23T09:30:00Z");
  CHECK(to_rfc3339(Time(seconds(253402300799))) == "9999-12-31T23:59:59Z");
  CHECK(to_rfc3339(Time(seconds(-1))) == "1969-12-31T23:59:59Z");
}

}  // namespace eidtool
