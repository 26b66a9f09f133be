// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>

#include "virtual_card/chip/chip.hpp"

namespace eidtool::tests {

/// A chip with two PINs (81: 1111, 82: 2222), a key behind each, and files: 5f00/ef02 free to all, 5f00/ef05 behind
/// 81, 5f00/ef07 to be written after 81, 4f00/5031, 0003.
class CardUnderTest {
 public:
  CardUnderTest();

  /// A command in hex, blanks allowed; data and status word in hex: `…9000`.
  std::string send(const std::string& command);
  /// The status word alone.
  std::string status(const std::string& command);

  /// The card is pulled out and put in again: what was stored last is what it holds.
  void reinsert();

  virtual_card::chip::Chip& chip() { return *chip_; }
  const virtual_card::chip::Contents& stored() const { return stored_; }
  unsigned stores = 0;
  bool store_fails = false;

 private:
  virtual_card::chip::Contents stored_;
  std::unique_ptr<virtual_card::chip::Chip> chip_;
};

/// The SubjectPublicKeyInfo, DER, of the key with a reference (1: signature, 2: authentication).
Bytes public_key_under_test(unsigned reference);

/// VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER with PINs padded to 8 bytes.
std::string verify_command(unsigned reference, const std::string& pin);
std::string pin_command(unsigned ins, unsigned p1, unsigned reference, std::initializer_list<std::string> pins);

}  // namespace eidtool::tests
