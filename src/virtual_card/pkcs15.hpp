// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

/// The files by which a card says what it holds (PKCS #15 v1.1; ISO/IEC 7816-15): each function gives the
/// content of one, or one entry of it, in DER.
namespace eidtool::virtual_card::pkcs15 {

/// File identifiers from the master file on: {0x3f00, 0x5f00, 0xef09}.
using Path = std::vector<std::uint16_t>;

/// EF.TokenInfo (§6.9).
Bytes token_info(BytesView serial_number, std::string_view manufacturer, std::string_view label);

/// EF.ODF (§6.2): where the directories of private keys, public keys, certificates and PINs are.
Bytes object_directory(const Path& private_keys, const Path& public_keys, const Path& certificates, const Path& pins);

struct PinEntry {
  std::string_view label;
  std::uint8_t id;
  std::uint8_t reference;  // P2 of VERIFY
  std::uint8_t least_size;
  std::uint8_t most_size;  // and what it is padded to, with 0xff
};
/// An entry of EF.AODF (§6.8).
Bytes pin_entry(const PinEntry& pin);

struct KeyEntry {
  std::string_view label;
  std::uint8_t id;
  std::uint8_t pin_id;
  std::uint8_t reference;
  unsigned usage;              // the bit of KeyUsageFlags (§6.4.3): sign 2, verify 6, nonRepudiation 9
  bool user_consent;           // the PIN before each use
  std::uint16_t modulus_size;  // bits
};
inline constexpr unsigned usage_sign = 2;
inline constexpr unsigned usage_verify = 6;
inline constexpr unsigned usage_non_repudiation = 9;
/// Entries of EF.PrKDF (§6.3) and EF.PuKDF (§6.4).
Bytes private_key_entry(const KeyEntry& key);
Bytes public_key_entry(const KeyEntry& key);

/// An entry of EF.CDF (§6.6).
Bytes certificate_entry(std::string_view label, std::uint8_t id, bool authority, const Path& path);

}  // namespace eidtool::virtual_card::pkcs15
