// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace eidtool {

/// A PIN in memory that is locked, left out of core dumps, and wiped when the Pin ends or is moved
/// from. It moves and never copies; there is no way to print it.
class Pin {
 public:
  static constexpr std::size_t capacity = 256;  // bytes, more than any token takes

  Pin() noexcept = default;
  Pin(Pin&& other) noexcept;
  Pin& operator=(Pin&& other) noexcept;
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin();

  /// False where the Pin is full.
  bool append(char byte);
  void remove_last() noexcept;
  void wipe() noexcept;

  /// A second copy of an accepted PIN, made knowingly.
  Pin duplicate() const;

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Valid while the Pin is; not terminated by a zero.
  BytesView bytes() const noexcept { return {memory_, size_}; }

 private:
  std::uint8_t* memory_ = nullptr;  // one page of its own, so that locking it locks nothing else
  std::size_t size_ = 0;
};

/// What a token tells of its PIN's tries. Advice: some cards never set the flags (OpenSC#871).
enum class PinState { ok, count_low, final_try, locked, to_be_changed, not_initialized, unknown };

/// `ok`, `count_low`, …
std::string_view name(PinState state);

/// What a PIN is wanted for; a prompt is made of it.
struct PinRequest {
  std::string card;      // the profile's name or empty
  std::string token;     // label
  std::string key;       // label; empty where no key is meant
  std::string pin_name;  // "authentication PIN"
  PinState state = PinState::unknown;
  std::size_t min_length = 0;  // bytes; 0: not told
  std::size_t max_length = 0;
  bool for_signature = false;  // the context-specific login of an always-authenticate key
};

/// Where PINs come from: a terminal, a file, a descriptor, a variable. Tests lend their own.
class PinSource {
 public:
  virtual ~PinSource() = default;

  /// Throws pin_required where there is nothing to ask, cancelled where the person does not want to.
  virtual Pin get(const PinRequest& request) = 0;

  /// True where get() costs the person nothing the second time (a file, a variable).
  virtual bool repeats() const = 0;

  /// True where the person may be asked at all: false with --no-input.
  virtual bool may_ask() const = 0;

  /// The PIN is about to be entered on the reader's keypad, or in the module's own dialogue: says so.
  virtual void announce(const PinRequest& request, std::string_view where) = 0;
};

}  // namespace eidtool
