// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace eidtool::virtual_card::chip {

/// CLA, INS, P1 and P2, in bytes.
inline constexpr std::size_t header_size = 4;

/// A command as ISO/IEC 7816-4:2005 §5.1 has it, in any of its four cases, short or extended.
struct CommandApdu {
  std::uint8_t cla = 0;
  std::uint8_t ins = 0;
  std::uint8_t p1 = 0;
  std::uint8_t p2 = 0;
  BytesView data;            // lent from what was parsed
  std::size_t expected = 0;  // Le: the most bytes that are wanted back; 0: none
  bool is_extended = false;

  std::uint16_t p1p2() const { return static_cast<std::uint16_t>(p1 << 8U | p2); }
};

/// Nothing where the lengths do not add up.
std::optional<CommandApdu> parse_command(BytesView bytes);

/// A value in simple TLV: a byte of tag, a byte of length (up to 127).
struct TlvReader {
  BytesView rest;

  struct Element {
    std::uint8_t tag;
    BytesView value;
  };
  bool at_end() const { return rest.empty(); }
  /// Nothing where it is broken.
  std::optional<Element> next();
};

}  // namespace eidtool::virtual_card::chip
