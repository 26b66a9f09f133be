// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/algorithms.hpp"

namespace eidtool::virtual_card {

/// Which of the real cards a virtual one is like.
struct Profile {
  std::string_view name;
  std::string_view key_kind;   // of the citizen's keys, unless the options say otherwise
  KeyType authority_key_type;  // of the authorities below the root, which is RSA
  bool holds_ca_certificates;
};

inline constexpr std::array profiles = {
    // To mid-2024: IAS applet, RSA.
    Profile{"card1", "rsa3072", KeyType::rsa, true},
    // From June 2024: EC, and no certificates but the citizen's own. `Cartão de Cidadão 008` signs with ECDSA.
    Profile{"card2", "p256", KeyType::ec, false},
};

/// Null where there is none of that name.
constexpr const Profile* find_profile(std::string_view name) {
  for (const auto& profile : profiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace eidtool::virtual_card
