// SPDX-License-Identifier: Apache-2.0
#include "base/pin.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

namespace eidtool {

namespace {

Pin pin_of(std::string_view text) {
  Pin pin;
  for (const char c : text) pin.append(c);
  return pin;
}

bool holds(const Pin& pin, std::string_view text) { return std::ranges::equal(pin.bytes(), as_bytes(text)); }

}  // namespace

TEST_CASE("a Pin moves and never copies") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Pin>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Pin>);
  STATIC_REQUIRE_FALSE(std::is_copy_assignable_v<Pin>);
}

TEST_CASE("a moved-from Pin is empty") {
  Pin first = pin_of("1234");
  Pin second = std::move(first);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): what this is about
  CHECK(holds(second, "1234"));
  Pin third = pin_of("9999");
  third = std::move(second);
  CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(holds(third, "1234"));
}

TEST_CASE("a wiped Pin leaves zeros where it was") {
  Pin pin = pin_of("1234");
  const auto* memory = pin.bytes().data();
  pin.wipe();
  CHECK(pin.empty());
  CHECK(std::all_of(memory, memory + 4, [](std::uint8_t byte) { return byte == 0; }));
}

TEST_CASE("a character that was taken back leaves a zero") {
  Pin pin = pin_of("1234");
  const auto* memory = pin.bytes().data();
  pin.remove_last();
  CHECK(holds(pin, "123"));
  CHECK(memory[3] == 0);
  pin.wipe();
  pin.remove_last();
  CHECK(pin.empty());
}

TEST_CASE("a Pin takes what it has room for and no more") {
  Pin pin;
  for (std::size_t size = 0; size < Pin::capacity; ++size) CHECK(pin.append('x'));
  CHECK_FALSE(pin.append('x'));
  CHECK(pin.size() == Pin::capacity);
}

TEST_CASE("a duplicate is a Pin of its own") {
  Pin pin = pin_of("1234");
  const Pin copy = pin.duplicate();
  pin.wipe();
  CHECK(holds(copy, "1234"));
}

}  // namespace eidtool
