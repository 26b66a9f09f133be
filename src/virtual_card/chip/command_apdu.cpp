// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/command_apdu.hpp"

namespace eidtool::virtual_card::chip {

namespace {

constexpr std::size_t most_short = 256;
constexpr std::size_t most_extended = 65536;

std::size_t two_bytes(BytesView bytes) { return static_cast<std::size_t>(bytes[0]) << 8U | bytes[1]; }

/// What follows the header, its length fields one byte long.
bool read_short(BytesView body, CommandApdu& command) {
  const auto expected = [](std::uint8_t le) { return le == 0 ? most_short : std::size_t{le}; };
  if (body.size() == 1) {
    command.expected = expected(body[0]);
    return true;
  }
  const std::size_t size = body[0];
  if (size == 0 || body.size() < 1 + size || body.size() > 2 + size) return false;
  command.data = body.subspan(1, size);
  if (body.size() == 2 + size) command.expected = expected(body.back());
  return true;
}

/// A zero, and length fields of two bytes.
bool read_extended(BytesView body, CommandApdu& command) {
  const auto expected = [](BytesView le) { return two_bytes(le) == 0 ? most_extended : two_bytes(le); };
  command.is_extended = true;
  if (body.size() == 3) {
    command.expected = expected(body.subspan(1));
    return true;
  }
  const auto size = two_bytes(body.subspan(1));
  const auto rest = body.subspan(3);
  if (size == 0 || (rest.size() != size && rest.size() != size + 2)) return false;
  command.data = rest.first(size);
  if (rest.size() == size + 2) command.expected = expected(rest.last(2));
  return true;
}

}  // namespace

std::optional<CommandApdu> parse_command(BytesView bytes) {
  if (bytes.size() < header_size) return std::nullopt;
  CommandApdu command;
  command.cla = bytes[0];
  command.ins = bytes[1];
  command.p1 = bytes[2];
  command.p2 = bytes[3];
  const auto body = bytes.subspan(header_size);
  if (body.empty()) return command;
  const bool is_extended = body[0] == 0 && body.size() >= 3;
  const bool is_sound = is_extended ? read_extended(body, command) : read_short(body, command);
  return is_sound ? std::optional(command) : std::nullopt;
}

std::optional<TlvReader::Element> TlvReader::next() {
  if (rest.size() < 2 || rest[1] > 0x7fU || rest.size() - 2 < rest[1]) return std::nullopt;
  const Element element{rest[0], rest.subspan(2, rest[1])};
  rest = rest.subspan(2 + element.value.size());
  return element;
}

}  // namespace eidtool::virtual_card::chip
