// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "support/catch.hpp"
#include "virtual_card/chip/card_under_test.hpp"
#include "virtual_card/chip/trace.hpp"

namespace eidtool::tests {

namespace {

/// The same commands in every run.
class Noise {
 public:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  Bytes command() {
    static const std::vector<std::string> good = {"00a4040c07604632ff000002",
                                                  "00a40800045f00ef0200",
                                                  "00a40900024f0000",
                                                  "00b0000000",
                                                  "00b0860010",
                                                  "00d600000141",
                                                  "00200081",
                                                  "002000810831313131ffffffff",
                                                  "002241b606800142840102",
                                                  "002a90a0229020" + std::string(64, '7'),
                                                  "002a9e9a80",
                                                  "00c0000000",
                                                  "00cadf3000",
                                                  "8084000008",
                                                  "00a4030000",
                                                  "00b00000000000"};
    auto bytes = from_hex(good[below(good.size())]).value();
    for (auto changes = below(4); changes > 0; --changes) {
      switch (below(4)) {
        case 0: bytes[below(bytes.size())] = static_cast<std::uint8_t>(below(256)); break;
        case 1: bytes.resize(1 + below(bytes.size())); break;
        case 2: bytes.push_back(static_cast<std::uint8_t>(below(256))); break;
        default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())), 0); break;
      }
    }
    return bytes;
  }

 private:
  std::mt19937 random_{2026};
};

}  // namespace

TEST_CASE("nothing that the chip is sent, of any length and in any order, stops it") {
  CardUnderTest card;
  Noise noise;
  std::size_t done = 0;
  for (int count = 0; count < 50000; ++count) {
    const auto command = noise.command();
    const auto response = card.chip().answer(command);
    INFO(to_hex(command) << " -> " << to_hex(response));
    REQUIRE(response.size() >= 2);
    const auto kind = response[response.size() - 2];
    REQUIRE((kind == 0x90 || (kind >= 0x61 && kind <= 0x6f)));
    REQUIRE_FALSE(virtual_card::chip::trace_line(command, response).empty());
    done += kind == 0x90 ? 1 : 0;
    if (noise.below(500) == 0) card.chip().reset();
  }
  CHECK(done > 5000);
  // What it is told in the end it still understands.
  card.chip().reset();
  CHECK(card.status("00a4080c 04 5f00ef02") == "9000");
  CHECK(card.send("00b00000 02") == "00019000");
}

TEST_CASE("random bytes are answered too") {
  CardUnderTest card;
  Noise noise;
  for (int count = 0; count < 20000; ++count) {
    Bytes command(noise.below(300));
    for (auto& byte : command) byte = static_cast<std::uint8_t>(noise.below(256));
    REQUIRE(card.chip().answer(command).size() >= 2);
  }
  CHECK(card.chip().answer(Bytes(70000, 0)).size() == 2);
}

}  // namespace eidtool::tests
