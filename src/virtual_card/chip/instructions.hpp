// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// INS of the commands (ISO/IEC 7816-4:2005 §5.1.2, 7816-8) that the card knows.
namespace eidtool::virtual_card::chip::instruction {

inline constexpr std::uint8_t verify = 0x20;
inline constexpr std::uint8_t manage_security_environment = 0x22;
inline constexpr std::uint8_t change_reference_data = 0x24;
inline constexpr std::uint8_t perform_security_operation = 0x2a;
inline constexpr std::uint8_t reset_retry_counter = 0x2c;
inline constexpr std::uint8_t manage_channel = 0x70;
inline constexpr std::uint8_t get_challenge = 0x84;
inline constexpr std::uint8_t select = 0xa4;
inline constexpr std::uint8_t read_binary = 0xb0;
inline constexpr std::uint8_t get_response = 0xc0;
inline constexpr std::uint8_t get_data = 0xca;
inline constexpr std::uint8_t update_binary = 0xd6;

}  // namespace eidtool::virtual_card::chip::instruction
