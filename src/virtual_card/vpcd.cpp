// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/vpcd.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <limits>
#include <string>

#include "base/error.hpp"

namespace eidtool::virtual_card {

namespace {

// The messages of one byte.
constexpr std::uint8_t power_off = 0;
constexpr std::uint8_t power_on = 1;
constexpr std::uint8_t reset = 2;
constexpr std::uint8_t answer_to_reset = 4;

FileDescriptor connected(std::uint16_t port) {
  FileDescriptor descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // sockaddr is how the interface takes every kind of address.
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!descriptor || ::connect(descriptor.number(), generic, sizeof address) != 0) {
    const int code = errno;
    const std::string where = "port " + std::to_string(port) + " of the loopback";
    if (code != ECONNREFUSED) throw io_error("cannot reach a virtual reader on", where, code);
    throw Error(ErrorKind::io, "no virtual reader waits for a card on " + where,
                "pcscd has to run with the driver vpcd: dev/reader, in eidtool's sources, starts one of its own");
  }
  return descriptor;
}

}  // namespace

VpcdSlot::VpcdSlot(std::uint16_t port) : socket_(connected(port)) {}

/// False where the card was pulled.
bool VpcdSlot::wait_for_reader(int pulled) const {
  while (true) {
    std::array<pollfd, 2> waited = {pollfd{socket_.number(), POLLIN, 0}, pollfd{pulled, POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw io_error("cannot wait for", "the virtual reader", errno);
    }
    if (waited[1].revents != 0) return false;
    if (waited[0].revents != 0) return true;
  }
}

/// vpcd 0.8 sends the length and the message apart, and its end holds the second back until the first is
/// acknowledged (RFC 896); an acknowledgement that waits for data to go with (RFC 1122 §4.2.3.2) makes 40 ms of
/// each command.
void VpcdSlot::acknowledge_at_once() const {
  const int yes = 1;
  (void)::setsockopt(socket_.number(), IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

/// False at the end of the connection.
bool VpcdSlot::receive(std::uint8_t* bytes, std::size_t size) const {
  while (size > 0) {
    const auto count = ::recv(socket_.number(), bytes, size, MSG_WAITALL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool VpcdSlot::send(BytesView message) const {
  // vpcd can be told of no more; no command here has that much to say.
  if (message.size() > std::numeric_limits<std::uint16_t>::max()) {
    throw Error(ErrorKind::internal, "a response of " + std::to_string(message.size()) + " bytes");
  }
  Bytes bytes = {static_cast<std::uint8_t>(message.size() >> 8U), static_cast<std::uint8_t>(message.size() & 0xffU)};
  bytes.insert(bytes.end(), message.begin(), message.end());
  for (BytesView rest = bytes; !rest.empty();) {
    const auto count = ::send(socket_.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

VpcdSlot::End VpcdSlot::serve(chip::Chip& chip, const Watch& watch) {
  unsigned looks = 0;
  bool was_powered = false;
  bool just_powered = false;
  chip.reset();
  while (wait_for_reader(watch.pulled)) {
    std::array<std::uint8_t, 2> size{};
    if (!receive(size.data(), size.size())) return End::reader_gone;
    acknowledge_at_once();
    Bytes message(static_cast<std::size_t>(size[0]) << 8U | size[1]);
    if (!receive(message.data(), message.size())) return End::reader_gone;

    if (message.size() == 1 && message[0] == answer_to_reset) {
      // A card that was seen to come is looked at twice and powered.
      if (++looks > 2 && !was_powered) return End::not_noticed;
      if (!send(chip.answer_to_reset())) return End::reader_gone;
      // At other times this is how vpcd looks whether the card is still there.
      if (just_powered && watch.on_powered) watch.on_powered();
      just_powered = false;
    } else if (message.size() == 1 && message[0] <= reset) {
      static_assert(power_off < power_on && power_on < reset);
      chip.reset();
      just_powered = message[0] == power_on;
      was_powered = was_powered || just_powered;
      if (watch.on_reset) watch.on_reset();
    } else {
      if (watch.pulled_at && watch.pulled_at(message)) return End::pulled;
      const auto response = chip.answer(message);
      if (watch.on_command) watch.on_command(message, response);
      if (!send(response)) return End::reader_gone;
    }
  }
  return End::pulled;
}

}  // namespace eidtool::virtual_card
