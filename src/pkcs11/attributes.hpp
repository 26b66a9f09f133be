// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "pkcs11/cryptoki.hpp"

namespace eidtool::pkcs11 {

/// Every attribute that `objects --attributes` asks an object of a class for, in the order of the
/// standard: those common to all objects, then those of the class and key type.
std::span<const CK_ATTRIBUTE_TYPE> attributes_of(CK_OBJECT_CLASS object_class);

/// The secret parts of keys of a class: what a software token with extractable keys would hand over. They are
/// measured, and never read.
std::span<const CK_ATTRIBUTE_TYPE> secret_attributes_of(CK_OBJECT_CLASS object_class);

/// The value for people: `true`, `CKK_RSA`, `2026-11-23`, text in quotes, lists of mechanisms, numbers,
/// everything else (and what has not the size its type demands) as hex; `(empty)` for no bytes.
std::string attribute_text(CK_ATTRIBUTE_TYPE attribute, BytesView value);

/// Bits of the curve of a CKA_EC_PARAMS; nothing for one that is not named or not known.
std::optional<std::size_t> curve_size(BytesView parameters);

}  // namespace eidtool::pkcs11
