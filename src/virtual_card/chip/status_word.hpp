// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// SW1 SW2 (ISO/IEC 7816-4:2005 §5.1.3).
namespace eidtool::virtual_card::chip::status {

inline constexpr std::uint16_t done = 0x9000;
inline constexpr std::uint16_t more = 0x6100;         // SW2: how many bytes; 0: 256 or more
inline constexpr std::uint16_t end_of_file = 0x6282;  // before Le bytes
inline constexpr std::uint16_t tries_left = 0x63c0;   // the last digit: how many
inline constexpr std::uint16_t wrong_length = 0x6700;
inline constexpr std::uint16_t no_logical_channels = 0x6881;
inline constexpr std::uint16_t no_secure_messaging = 0x6882;
inline constexpr std::uint16_t no_chaining = 0x6884;
inline constexpr std::uint16_t not_verified = 0x6982;
inline constexpr std::uint16_t blocked = 0x6983;
inline constexpr std::uint16_t conditions_not_satisfied = 0x6985;
inline constexpr std::uint16_t no_file_selected = 0x6986;
inline constexpr std::uint16_t wrong_data = 0x6a80;
inline constexpr std::uint16_t file_not_found = 0x6a82;
inline constexpr std::uint16_t wrong_parameters = 0x6a86;
inline constexpr std::uint16_t no_such_reference = 0x6a88;
inline constexpr std::uint16_t beyond_end = 0x6b00;
inline constexpr std::uint16_t unknown_instruction = 0x6d00;
inline constexpr std::uint16_t unknown_class = 0x6e00;
inline constexpr std::uint16_t no_diagnosis = 0x6f00;

}  // namespace eidtool::virtual_card::chip::status
