// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.hpp"
#include "base/files.hpp"
#include "virtual_card/chip/chip.hpp"

namespace eidtool::virtual_card {

/// Where the vpcd of Debian waits for a card in its first slot; the second is one above.
inline constexpr std::uint16_t vpcd_port = 35963;

/// A card in a slot of vpcd, the driver of virtual readers (vsmartcard). Its protocol: each message is two
/// bytes of length, big-endian, and that many bytes; those of one byte are about power, all others are
/// command APDUs. The card is in the slot as long as the connection stands.
class VpcdSlot {
 public:
  /// Connects on the loopback. Throws io, with a hint, where no reader waits there.
  explicit VpcdSlot(std::uint16_t port);

  /// What a person, or the reader, does with the card.
  struct Watch {
    /// The reader has powered the card and knows its answer to reset: it is there for programs.
    std::function<void()> on_powered;
    /// Power on, power off or reset: what was selected and verified is forgotten.
    std::function<void()> on_reset;
    /// A command and what the chip answered; before that is sent.
    std::function<void(BytesView command, BytesView response)> on_command;
    /// Whether the card is pulled out now, before it answers this command.
    std::function<bool(BytesView command)> pulled_at;
    int pulled = -1;  // a descriptor: readable once the card is pulled out
  };
  /// Not noticed: pcscd had not yet seen that another card left the slot, and takes this one for it. Whoever leaves
  /// now and comes back is seen.
  enum class End { pulled, reader_gone, not_noticed };
  /// Answers until the card is pulled or the reader goes away.
  End serve(chip::Chip& chip, const Watch& watch);

 private:
  bool wait_for_reader(int pulled) const;
  void acknowledge_at_once() const;
  bool receive(std::uint8_t* bytes, std::size_t size) const;
  bool send(BytesView message) const;

  FileDescriptor socket_;
};

}  // namespace eidtool::virtual_card
