// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "crypto/der.hpp"

namespace eidtool::crypto {

/// The text of a string value of any of ASN.1's kinds in UTF-8 (RFC 5280 §4.1.2.4); nothing for what is no string
/// or not well-formed.
std::optional<std::string> directory_string_text(const der::Element& value);

}  // namespace eidtool::crypto
