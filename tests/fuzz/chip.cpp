// SPDX-License-Identifier: Apache-2.0
// Commands to the chip of an emulated card, one after another: a byte of length each, 0 for a reset.
#include <filesystem>

#include "fuzz/display.hpp"
#include "fuzz/memory_file.hpp"
#include "virtual_card/card_contents.hpp"
#include "virtual_card/chip/trace.hpp"

namespace {

using namespace eidtool;

virtual_card::Card seed_card() {
  const auto path = std::filesystem::path(EIDTOOL_FUZZ_SEEDS) / "card_file" / "card";
  const auto bytes = read_small_file(path, 1U << 20U, "card");
  return virtual_card::parse_card({bytes.begin(), bytes.end()}, path);
}

/// Holds what a chip answers against what it was sent since its last reset.
class Watch {
 public:
  void reset() { pin_was_right_ = false; }

  void look(BytesView command, BytesView response) {
    if (response.size() < 2) __builtin_trap();
    const auto kind = response[response.size() - 2];
    if (kind != 0x90 && (kind < 0x61 || kind > 0x6f)) __builtin_trap();
    tests::expect_fit_for_terminal(virtual_card::chip::trace_line(command, response));
    const bool is_done = kind == 0x90 || kind == 0x61;  // the rest to be asked for
    if (!is_done || command.size() < 4) return;
    constexpr std::uint8_t verify = 0x20, change_reference_data = 0x24, reset_retry_counter = 0x2c;
    const auto instruction = command[1];
    if (instruction == verify || instruction == change_reference_data || instruction == reset_retry_counter) {
      pin_was_right_ = true;
    }
    // No signature, however the commands are made, without a PIN before it.
    if (is_signature(command) && !pin_was_right_) __builtin_trap();
  }

 private:
  static bool is_signature(BytesView command) { return command[1] == 0x2a && command[2] == 0x9e && command[3] == 0x9a; }

  bool pin_was_right_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto card = seed_card();
  static const auto contents = virtual_card::chip_contents(card);
  auto stored = card;
  virtual_card::chip::Chip chip(contents, [&](const auto& changed) {
    for (const auto& pin : changed.pins) {
      if (pin.tries_left > virtual_card::chip::pin_tries) __builtin_trap();
      if (pin.puk_tries_left > virtual_card::chip::puk_tries) __builtin_trap();
    }
    virtual_card::take_over(stored, changed);
  });
  chip.reset();
  Watch watch;
  for (BytesView rest(data, size); !rest.empty();) {
    const auto length = std::min<std::size_t>(rest.front(), rest.size() - 1);
    const auto command = rest.subspan(1, length);
    rest = rest.subspan(1 + length);
    if (command.empty()) {
      chip.reset();
      watch.reset();
    } else {
      watch.look(command, chip.answer(command));
    }
  }
  return 0;
}
