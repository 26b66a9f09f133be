// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/algorithms.hpp"

namespace eidtool::virtual_card {

/// A key that a virtual card can hold.
struct KeyKind {
  std::string_view name;  // as --key-type takes it
  KeyType type;
  std::size_t modulus_size;    // bits; RSA only
  std::string_view curve_oid;  // EC and Ed25519 only
};

inline constexpr std::array key_kinds = {
    KeyKind{"rsa2048", KeyType::rsa, 2048, ""},
    KeyKind{"rsa3072", KeyType::rsa, 3072, ""},
    KeyKind{"rsa4096", KeyType::rsa, 4096, ""},
    KeyKind{"p256", KeyType::ec, 0, "1.2.840.10045.3.1.7"},
    KeyKind{"p384", KeyType::ec, 0, "1.3.132.0.34"},
    KeyKind{"p521", KeyType::ec, 0, "1.3.132.0.35"},
    KeyKind{"ed25519", KeyType::ed25519, 0, "1.3.101.112"},
};

/// Null where there is none of that name.
constexpr const KeyKind* find_key_kind(std::string_view name) {
  for (const auto& kind : key_kinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace eidtool::virtual_card
