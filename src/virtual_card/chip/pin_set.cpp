// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/pin_set.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "virtual_card/chip/status_word.hpp"

namespace eidtool::virtual_card::chip {

namespace {

constexpr std::uint8_t padding = 0xff;
constexpr std::size_t least_pin_size = 4;

Bytes padded_pin(const std::string& text) {
  Bytes bytes(text.begin(), text.end());
  bytes.resize(pin_size, padding);
  return bytes;
}

/// As long for a wrong one as for a right one.
bool are_equal(BytesView left, BytesView right) {
  unsigned difference = left.size() == right.size() ? 0 : 1;
  for (std::size_t index = 0; index < std::min(left.size(), right.size()); ++index) {
    difference |= static_cast<unsigned>(left[index] ^ right[index]);
  }
  return difference == 0;
}

/// The digits of a new PIN; nothing where it is none: 4 to 8 digits, then padding alone.
std::optional<std::string> digits_of(BytesView block) {
  const auto end = std::find(block.begin(), block.end(), padding);
  const std::string digits(block.begin(), end);
  const bool is_sound = digits.size() >= least_pin_size &&
                        digits.find_first_not_of("0123456789") == std::string::npos &&
                        std::all_of(end, block.end(), [](std::uint8_t byte) { return byte == padding; });
  return is_sound ? std::optional(digits) : std::nullopt;
}

std::uint16_t left(unsigned tries) {
  return tries == 0 ? status::blocked : static_cast<std::uint16_t>(status::tries_left | std::min(tries, 15U));
}

}  // namespace

PinSet::PinSet(std::vector<Pin>& pins, std::function<void()> store) : pins_(pins), store_(std::move(store)) {}

Pin* PinSet::find(std::uint8_t reference) {
  const auto found =
      std::find_if(pins_.begin(), pins_.end(), [&](const Pin& pin) { return pin.reference == reference; });
  return found == pins_.end() ? nullptr : &*found;
}

std::uint16_t PinSet::compare(Pin& pin, BytesView given) {
  forget(pin.reference);
  if (pin.tries_left == 0) return status::blocked;
  if (are_equal(given, padded_pin(pin.value))) {
    if (std::exchange(pin.tries_left, pin_tries) != pin_tries) store_();
    return status::done;
  }
  // Kept before it is told: whoever pulls the card out now has spent the try.
  --pin.tries_left;
  store_();
  return static_cast<std::uint16_t>(status::tries_left | pin.tries_left);
}

std::uint16_t PinSet::verify(const CommandApdu& command) {
  constexpr std::uint8_t drop = 0xff;
  auto* pin = find(command.p2);
  if (command.p1 != 0 && command.p1 != drop) return status::wrong_parameters;
  if (pin == nullptr) return status::no_such_reference;
  if (command.p1 == drop) {
    if (!command.data.empty()) return status::wrong_length;
    forget(pin->reference);
    return status::done;
  }
  if (command.data.empty()) return is_verified(pin->reference) ? status::done : left(pin->tries_left);
  if (command.data.size() != pin_size) return status::wrong_length;
  const auto answer = compare(*pin, command.data);
  if (answer == status::done) verified_.insert(pin->reference);
  return answer;
}

std::uint16_t PinSet::change(const CommandApdu& command) {
  auto* pin = find(command.p2);
  if (command.p1 != 0) return status::wrong_parameters;
  if (pin == nullptr) return status::no_such_reference;
  if (command.data.size() != 2 * pin_size) return status::wrong_length;
  const auto digits = digits_of(command.data.last(pin_size));
  if (!digits) return status::wrong_data;  // before a try is spent on it
  const auto answer = compare(*pin, command.data.first(pin_size));
  if (answer != status::done) return answer;
  pin->value = *digits;
  store_();
  return status::done;
}

std::uint16_t PinSet::unblock(const CommandApdu& command) {
  constexpr std::uint8_t puk_alone = 1;
  auto* pin = find(command.p2);
  if (command.p1 > puk_alone) return status::wrong_parameters;
  if (pin == nullptr) return status::no_such_reference;
  const bool has_new = command.p1 != puk_alone;
  if (command.data.size() != (has_new ? 2 : 1) * pin_size) return status::wrong_length;
  const auto digits = has_new ? digits_of(command.data.last(pin_size)) : std::optional(pin->value);
  if (!digits) return status::wrong_data;
  if (pin->puk_tries_left == 0) return status::blocked;
  forget(pin->reference);
  if (!are_equal(command.data.first(pin_size), padded_pin(pin->puk))) {
    --pin->puk_tries_left;
    store_();
    return static_cast<std::uint16_t>(status::tries_left | pin->puk_tries_left);
  }
  pin->puk_tries_left = puk_tries;
  pin->tries_left = pin_tries;
  pin->value = *digits;
  store_();
  return status::done;
}

}  // namespace eidtool::virtual_card::chip
