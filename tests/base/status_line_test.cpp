// SPDX-License-Identifier: Apache-2.0
#include "base/status_line.hpp"

#include "support/catch.hpp"

namespace eidtool::status_line {

using std::chrono::milliseconds;

TEST_CASE("of several things the line tells how many are done, how fast, and how long the rest takes") {
  const auto text = [](std::size_t count, std::size_t done, int elapsed) {
    return text_of({"signing", count, done, milliseconds(elapsed)});
  };
  CHECK(text(1000, 0, 700) == "signing: 0 of 1000");
  CHECK(text(1000, 500, 2000) == "signing: 500 of 1000, 250 a second, 2 s left");
  CHECK(text(8, 3, 10000) == "signing: 3 of 8, 0.3 a second, 17 s left");
  CHECK(text(100, 1, 1500) == "signing: 1 of 100, 0.7 a second, 2 min 29 s left");
  CHECK(text(10000, 1, 1000) == "signing: 1 of 10000, 1.0 a second, 2 h 46 min left");
  CHECK(text(8, 8, 1000) == "signing: 8 of 8, 8.0 a second");
  CHECK(text(0, 0, 1000).empty());
  CHECK(text(1, 0, 1000).empty());
}

TEST_CASE("of one thing the line tells the bytes, while it is read") {
  const auto text = [](std::uint64_t done, std::optional<std::uint64_t> size) {
    return text_of({"checking", 1, 0, milliseconds(9000), ReadBytes{done, size, milliseconds(2000)}});
  };
  CHECK(text(0, std::nullopt) == "checking: 0 B");
  CHECK(text(0, 1000) == "checking: 0 B of 1.0 KiB");
  CHECK(text(512U << 20U, 4ULL << 30U) == "checking: 512 MiB of 4.0 GiB, 256 MiB a second, 14 s left");
  CHECK(text(999, std::nullopt) == "checking: 999 B, 500 B a second");
  // A pipe has no size, and a file that grows gets larger than it was.
  CHECK(text(3U << 20U, std::nullopt) == "checking: 3.0 MiB, 1.5 MiB a second");
  CHECK(text(4000, 3000) == "checking: 3.9 KiB of 2.9 KiB, 2.0 KiB a second");
}

TEST_CASE("of a large one among several the line tells the bytes too") {
  const ReadBytes bytes{512U << 20U, 4ULL << 30U, milliseconds(1000)};
  CHECK(text_of({"checking", 9, 3, milliseconds(5000), bytes}) ==
        "checking: 3 of 9; 512 MiB of 4.0 GiB, 512 MiB a second, 7 s left");
}

}  // namespace eidtool::status_line
