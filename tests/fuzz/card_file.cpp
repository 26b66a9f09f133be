// SPDX-License-Identifier: Apache-2.0
// Card files of emulated cards: what is taken is written again as it was, and makes a chip.
#include <optional>

#include "fuzz/fuzz.hpp"
#include "virtual_card/card_contents.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  std::optional<virtual_card::Card> card;
  try {
    card = virtual_card::parse_card(std::string(data, data + size), "input");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::malformed) throw;
    return 0;
  }
  const auto text = virtual_card::card_text(*card);
  if (virtual_card::card_text(virtual_card::parse_card(text, "again")) != text) __builtin_trap();
  auto contents = virtual_card::chip_contents(*card);
  virtual_card::take_over(*card, contents);
  if (virtual_card::card_text(*card) != text) __builtin_trap();
  return 0;
}
