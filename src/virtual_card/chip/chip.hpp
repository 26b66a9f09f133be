// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace eidtool::virtual_card::chip {

/// A transparent elementary file (ISO/IEC 7816-4:2005 §7.1).
struct File {
  std::vector<std::uint16_t> path;  // file identifiers below the master file, its own last: {0x5f00, 0xef02}
  Bytes content;
  std::optional<std::uint8_t> read_pin = {};    // reference of the PIN that reading takes; none: free to all
  std::optional<std::uint8_t> update_pin = {};  // of the one that writing takes; none: never
};

/// A PIN, its unblocking code, and the tries that each has left.
struct Pin {
  std::uint8_t reference;  // P2 of VERIFY: 0x81
  std::string value;       // digits; at most pin_size of them, padded with 0xff in commands
  unsigned tries_left;
  std::string puk;
  unsigned puk_tries_left;
};

inline constexpr std::size_t pin_size = 8;  // bytes, with the padding
inline constexpr unsigned pin_tries = 3;    // after a right one
inline constexpr unsigned puk_tries = 3;

struct Key {
  std::uint8_t reference;  // tag 84 of MANAGE SECURITY ENVIRONMENT
  std::uint8_t pin;        // reference of the PIN that signing takes
  bool every_time;         // the PIN counts for one signature only
  Bytes private_key_info;  // RSA, PKCS#8, DER
};

/// What a chip holds; all that sets one card apart from another.
struct Contents {
  Bytes answer_to_reset;
  Bytes application;  // its identifier, as SELECT by DF name has it
  std::vector<File> files;
  std::vector<Pin> pins;
  std::vector<Key> keys;
};

/// The chip of the card, between reset and power off: files, PINs, keys and the state of the application.
/// Nothing that it is sent stops it.
class Chip {
 public:
  /// `store` is called whenever PINs, their counters or files have changed, before the command is answered:
  /// what it throws comes out of answer(), and nothing is answered.
  using Store = std::function<void(const Contents&)>;
  Chip(Contents contents, Store store);
  Chip(const Chip&) = delete;
  Chip& operator=(const Chip&) = delete;
  ~Chip();

  /// The answer to reset (ISO/IEC 7816-3:2006 §8).
  const Bytes& answer_to_reset() const;

  /// Cold or warm reset, or power off: no file but the master file is selected, no PIN counts as given.
  void reset();

  /// Response APDU to a command APDU: data, then SW1 SW2. For what is no command at all, 6700.
  Bytes answer(BytesView command);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace eidtool::virtual_card::chip
