// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>

#include "base/bytes.hpp"
#include "base/purpose.hpp"
#include "virtual_card/citizen.hpp"

namespace eidtool::virtual_card {

/// The PINs of a Citizen Card. Each has its own counter.
enum class CardPinName { authentication, signature, address };
inline constexpr std::array card_pin_names = {CardPinName::authentication, CardPinName::signature,
                                              CardPinName::address};
/// `authentication`, …
constexpr const char* name(CardPinName pin) {
  switch (pin) {
    case CardPinName::authentication: return "authentication";
    case CardPinName::signature: return "signature";
    case CardPinName::address: return "address";
  }
  return "";
}

/// What an emulated card holds, in the words of its card file (eidtool-virtual-card(5)).
struct Card {
  struct Pin {
    std::string value;  // 4 to 8 digits
    unsigned tries_left;
    std::string puk;  // 8 digits
    unsigned puk_tries_left;
  };
  struct Pair {
    Bytes private_key_info;  // RSA, PKCS#8, DER
    Bytes certificate;
  };

  Bytes serial_number;  // 8 bytes; the tokens show it in hex
  Citizen citizen;
  std::string address;  // shown for the address PIN alone
  Bytes notepad;        // up to notepad_size; whatever its holder wrote
  std::array<Pin, card_pin_names.size()> pins;
  Pair authentication;
  Pair signature;
  Bytes authentication_authority;  // certificates
  Bytes signature_authority;
  Bytes root_authority;

  Pin& pin(CardPinName name) { return pins[static_cast<std::size_t>(name)]; }
  const Pin& pin(CardPinName name) const { return pins[static_cast<std::size_t>(name)]; }
  Pair& pair(Purpose purpose) { return purpose == Purpose::signature ? signature : authentication; }
  const Pair& pair(Purpose purpose) const { return purpose == Purpose::signature ? signature : authentication; }
};

inline constexpr std::size_t serial_number_size = 8;  // bytes
inline constexpr std::size_t notepad_size = 1000;     // bytes

/// Text of a card file, JSON, ending in a line feed.
std::string card_text(const Card& card);
/// Throws malformed, naming the file and the member that is missing, wrong or unknown.
Card parse_card(const std::string& text, const std::filesystem::path& file);

/// Throws usage: not 4 to 8 digits (a PIN), not 8 (a PUK); `what` begins the message: `--pin`.
void check_card_pin(const std::string& what, const std::string& pin);
void check_card_puk(const std::string& what, const std::string& puk);

}  // namespace eidtool::virtual_card
