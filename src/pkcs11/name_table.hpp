// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pkcs11/cryptoki.hpp"

namespace eidtool::pkcs11 {

/// A number of the standard and its name: a row of the tables behind names.hpp.
struct NamedValue {
  CK_ULONG value;
  std::string_view name;
};

/// A row whose number is p11-kit's and whose name is the macro's own, so that neither can be mistyped.
#define EIDTOOL_NAMED(constant) \
  ::eidtool::pkcs11::NamedValue { constant, #constant }

/// No number stands twice: the second row would never be found.
consteval bool are_distinct(std::span<const NamedValue> table) {
  // Pointers, because clang counts the calls that an index of a span takes against its limit.
  const NamedValue* const first = table.data();
  for (const NamedValue* row = first; row != first + table.size(); ++row) {
    for (const NamedValue* other = first; other != row; ++other) {
      if (row->value == other->value) return false;
    }
  }
  return true;
}

/// Nothing where no row has the number.
std::optional<std::string_view> name_of(std::span<const NamedValue> table, CK_ULONG value);

/// The name, or `prefix` with the number in hex: `CKM_0x80000001`.
std::string name_or_number(std::span<const NamedValue> table, CK_ULONG value, std::string_view prefix);

}  // namespace eidtool::pkcs11
