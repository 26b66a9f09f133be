// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/der.hpp"

namespace eidtool::crypto {

/// The text of a string value of any of ASN.1's kinds in UTF-8 (RFC 5280 §4.1.2.4); nothing for what is no string
/// or not well-formed.
std::optional<std::string> directory_string_text(const der::Element& value);

/// Well-formed, as a UTF8String has to be (RFC 3629 §3).
bool is_utf8(std::string_view text);

}  // namespace eidtool::crypto
