// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/name.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/asn1.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

enum class StringType { utf8, printable };

struct AttributeRule {
  NameAttributeType type;
  std::string_view name;
  std::string_view oid;
  std::size_t most_characters;  // RFC 5280 Appendix A.1, ub-…
  StringType string_type;
};

constexpr std::array attribute_rules = {
    AttributeRule{NameAttributeType::country, "country", "2.5.4.6", 2, StringType::printable},
    AttributeRule{NameAttributeType::organization, "organization", "2.5.4.10", 64, StringType::utf8},
    AttributeRule{NameAttributeType::organizational_unit, "organizational unit", "2.5.4.11", 64, StringType::utf8},
    AttributeRule{NameAttributeType::common_name, "common name", "2.5.4.3", 64, StringType::utf8},
    AttributeRule{NameAttributeType::surname, "surname", "2.5.4.4", 32768, StringType::utf8},
    AttributeRule{NameAttributeType::given_name, "given name", "2.5.4.42", 32768, StringType::utf8},
    AttributeRule{NameAttributeType::serial_number, "civil number", "2.5.4.5", 64, StringType::printable},
};

const AttributeRule& rule_of(NameAttributeType type) {
  return *std::find_if(attribute_rules.begin(), attribute_rules.end(),
                       [type](const AttributeRule& rule) { return rule.type == type; });
}

/// X.680 §41.4.
bool is_printable_string(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

void check_name_attribute(const NameAttribute& attribute) {
  const auto& rule = rule_of(attribute.type);
  const auto refuse = [&rule](const std::string& why, std::string hint = {}) {
    throw Error(ErrorKind::usage, "the " + std::string(rule.name) + " " + why, std::move(hint));
  };
  if (trimmed(attribute.value).empty()) refuse("is empty");
  const auto count = character_count(attribute.value);
  if (count > rule.most_characters) {
    refuse("has " + std::to_string(count) + " characters, X.520 allows " + std::to_string(rule.most_characters),
           rule.type == NameAttributeType::common_name ? "--common-name gives a long name in a shorter form" : "");
  }
  if (printable(attribute.value) != attribute.value) {
    refuse("is not UTF-8 text of visible characters: " + in_quotes(attribute.value));
  }
  if (rule.string_type == StringType::printable && !is_printable_string(attribute.value)) {
    refuse("has characters that X.520 does not allow there: " + in_quotes(attribute.value),
           "letters and digits of ASCII, space and '()+,-./:=? are allowed");
  }
}

Bytes name_der(const std::vector<NameAttribute>& attributes) {
  std::vector<Bytes> relative_names;
  for (const auto& attribute : attributes) {
    check_name_attribute(attribute);
    const auto& rule = rule_of(attribute.type);
    const auto value = rule.string_type == StringType::utf8 ? asn1::utf8_string(attribute.value)
                                                            : asn1::printable_string(attribute.value);
    relative_names.push_back(asn1::set_of_one(asn1::sequence({asn1::object_identifier(rule.oid), value})));
  }
  return asn1::sequence(relative_names);
}

}  // namespace eidtool::virtual_card
