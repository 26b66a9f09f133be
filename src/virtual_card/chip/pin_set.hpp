// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "base/bytes.hpp"
#include "virtual_card/chip/chip.hpp"
#include "virtual_card/chip/command_apdu.hpp"

namespace eidtool::virtual_card::chip {

/// The PINs of a chip, which it is lent, and which of them count as given.
class PinSet {
 public:
  /// `store` is called whenever a PIN or a counter has changed, before the command is answered.
  PinSet(std::vector<Pin>& pins, std::function<void()> store);

  void forget_all() { verified_.clear(); }
  void forget(std::uint8_t reference) { verified_.erase(reference); }
  bool is_verified(std::uint8_t reference) const { return verified_.contains(reference); }

  /// VERIFY (ISO/IEC 7816-4:2005 §7.5.6): without data it tells the state and costs nothing; what is not 8 bytes is
  /// no PIN and costs nothing either.
  std::uint16_t verify(const CommandApdu& command);
  /// CHANGE REFERENCE DATA (§7.5.7): the PIN that holds, then the new one.
  std::uint16_t change(const CommandApdu& command);
  /// RESET RETRY COUNTER (§7.5.10): the PUK, then, unless P1 is 1, the new PIN.
  std::uint16_t unblock(const CommandApdu& command);

 private:
  Pin* find(std::uint8_t reference);
  std::uint16_t compare(Pin& pin, BytesView given);

  std::vector<Pin>& pins_;
  std::function<void()> store_;
  std::set<std::uint8_t> verified_;
};

}  // namespace eidtool::virtual_card::chip
