// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/pin.hpp"
#include "pkcs11/card_profiles.hpp"
#include "pkcs11/module.hpp"

namespace eidtool::pkcs11 {

class Session;

struct TokenInfo {
  std::string label;
  std::string manufacturer;
  std::string model;
  std::string serial_number;
  CK_FLAGS flags;
  std::size_t pin_min_length;  // bytes
  std::size_t pin_max_length;
  Version hardware_version;
  Version firmware_version;

  bool has(CK_FLAGS flag) const { return (flags & flag) != 0; }
  PinState pin_state() const;
};

struct Mechanism {
  CK_MECHANISM_TYPE type;
  unsigned long min_key_size;  // bits or bytes, as the mechanism has it
  unsigned long max_key_size;
  CK_FLAGS flags;
};

/// What is in a slot. A value: info() is of the moment the Token was made, refresh() asks again.
class Token {
 public:
  Token(Module module, CK_SLOT_ID slot_id, CK_SLOT_INFO slot_info, CK_TOKEN_INFO raw);

  const Module& module() const { return module_; }
  CK_SLOT_ID slot_id() const { return slot_id_; }
  std::string slot_description() const;
  const CK_TOKEN_INFO& raw_info() const { return raw_; }
  const CK_SLOT_INFO& raw_slot_info() const { return slot_info_; }

  TokenInfo info() const;
  /// Reads the info afresh: retry flags move with every try. Throws token_removed.
  void refresh();
  /// Since it was read.
  std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - read_at_; }
  /// Null where no row of the table matches.
  const CardProfile* profile() const;
  /// Throws what check() makes. Mechanisms that the module lists and then does not know are left out.
  std::vector<Mechanism> mechanisms() const;
  /// RFC 7512, ready to paste.
  std::string uri() const;
  /// `token 'CARTAO DE CIDADAO'`, for messages.
  std::string subject() const;

  /// Sits in the same reader on the same chip: same module, slot description and serial number.
  bool same_card(const Token& other) const;

  enum class Access { read_only, read_write };
  Session open_session(Access access = Access::read_only) const;

 private:
  Module module_;
  CK_SLOT_ID slot_id_;
  CK_SLOT_INFO slot_info_;
  CK_TOKEN_INFO raw_;
  std::chrono::steady_clock::time_point read_at_ = std::chrono::steady_clock::now();
};

struct SlotInfo {
  std::string description;
  std::string manufacturer;
  Version hardware_version;
  Version firmware_version;
  bool removable;
};

/// A reader, or where a module pretends to have one.
class Slot {
 public:
  Slot(Module module, CK_SLOT_ID id);

  CK_SLOT_ID id() const { return id_; }
  const Module& module() const { return module_; }
  /// Read afresh at each call; throws what check() makes.
  SlotInfo info() const;
  /// Nothing where the slot is empty or what is in it is not recognised.
  std::optional<Token> token() const;

 private:
  CK_SLOT_INFO raw_info() const;
  Module module_;
  CK_SLOT_ID id_;
};

}  // namespace eidtool::pkcs11
