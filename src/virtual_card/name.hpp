// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace eidtool::virtual_card {

enum class NameAttributeType {
  country,
  organization,
  organizational_unit,
  common_name,
  surname,
  given_name,
  serial_number,
};

struct NameAttribute {
  NameAttributeType type;
  std::string value;
};

/// Throws usage, naming the attribute: longer than X.520 allows (the upper bounds of RFC 5280
/// Appendix A.1, in characters), empty, not UTF-8, with characters that cannot be seen, or not a
/// PrintableString where it must be one.
void check_name_attribute(const NameAttribute& attribute);

/// A Name (RFC 5280 §4.1.2.4), DER, one attribute an RDN in the order given. Checks each attribute.
Bytes name_der(const std::vector<NameAttribute>& attributes);

/// Characters of UTF-8 text, not bytes.
std::size_t character_count(std::string_view text);

}  // namespace eidtool::virtual_card
