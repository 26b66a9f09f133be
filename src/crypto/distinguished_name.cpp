// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/certificate.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"
#include "crypto/directory_string.hpp"

namespace eidtool::crypto {

namespace {

struct AttributeRow {
  std::string_view oid;
  std::string_view name;
};

/// The table of RFC 4514 §3, then names that OpenSSL prints too (X.520, RFC 3739, CA/Browser Forum).
constexpr std::array attribute_rows = {
    AttributeRow{"2.5.4.3", "CN"},
    AttributeRow{"2.5.4.7", "L"},
    AttributeRow{"2.5.4.8", "ST"},
    AttributeRow{"2.5.4.10", "O"},
    AttributeRow{"2.5.4.11", "OU"},
    AttributeRow{"2.5.4.6", "C"},
    AttributeRow{"2.5.4.9", "STREET"},
    AttributeRow{"0.9.2342.19200300.100.1.25", "DC"},
    AttributeRow{"0.9.2342.19200300.100.1.1", "UID"},
    AttributeRow{"2.5.4.4", "SN"},
    AttributeRow{"2.5.4.5", "serialNumber"},
    AttributeRow{"2.5.4.12", "title"},
    AttributeRow{"2.5.4.13", "description"},
    AttributeRow{"2.5.4.15", "businessCategory"},
    AttributeRow{"2.5.4.16", "postalAddress"},
    AttributeRow{"2.5.4.17", "postalCode"},
    AttributeRow{"2.5.4.20", "telephoneNumber"},
    AttributeRow{"2.5.4.41", "name"},
    AttributeRow{"2.5.4.42", "GN"},
    AttributeRow{"2.5.4.43", "initials"},
    AttributeRow{"2.5.4.44", "generationQualifier"},
    AttributeRow{"2.5.4.46", "dnQualifier"},
    AttributeRow{"2.5.4.65", "pseudonym"},
    AttributeRow{"2.5.4.97", "organizationIdentifier"},
    AttributeRow{"1.2.840.113549.1.9.1", "emailAddress"},
    AttributeRow{"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
    AttributeRow{"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
    AttributeRow{"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
};

constexpr std::string_view common_name_oid = "2.5.4.3";

struct Attribute {
  std::string oid;
  der::Element value;
  bool joins_previous;  // of the same multi-valued RDN
};

/// In the order of the encoding (RFC 5280 §4.1.2.4).
std::vector<Attribute> attributes_of(BytesView name_der) {
  std::vector<Attribute> attributes;
  der::Reader outer(name_der);
  auto name = outer.enter(der::tag::sequence);
  outer.end();
  while (!name.at_end()) {
    auto rdn = name.enter(der::tag::set);
    for (bool joins = false; !joins || !rdn.at_end(); joins = true) {
      auto pair = rdn.enter(der::tag::sequence);
      auto oid = pair.next_object_identifier();
      const auto value = pair.next();
      pair.end();
      attributes.push_back({std::move(oid), value, joins});
    }
  }
  return attributes;
}

/// As OpenSSL writes it; RFC 4514 takes either case.
std::string upper_hex(BytesView bytes) {
  auto text = to_hex(bytes);
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

/// RFC 4514 §2.4; control characters as hex pairs too, which it leaves to taste.
std::string escaped(std::string_view text) {
  constexpr std::string_view special = "\"+,;<>\\";
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char c = text[index];
    const auto byte = static_cast<std::uint8_t>(c);
    const bool first = index == 0;
    const bool last = index + 1 == text.size();
    if (byte < 0x20 || byte == 0x7f) {
      result += "\\" + upper_hex({&byte, 1});
    } else {
      if (special.find(c) != std::string_view::npos || (c == '#' && first) || (c == ' ' && (first || last)))
        result += '\\';
      result += c;
    }
  }
  return result;
}

std::string_view short_name(std::string_view oid) {
  const auto* row = std::ranges::find(attribute_rows, oid, &AttributeRow::oid);
  return row == attribute_rows.end() ? std::string_view() : row->name;
}

/// A code point of RFC 4518 §2.2 that stands for a space there.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0x20 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/// One that counts for nothing: control characters, and what nobody sees.
bool is_nothing(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x34f || c == 0x6dd || c == 0x70f || c == 0x1806 ||
         (c >= 0x180b && c <= 0x180e) || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x2063) || (c >= 0x206a && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffc) || (c >= 0x1d173 && c <= 0x1d17a) || c == 0xe0001 ||
         (c >= 0xe0020 && c <= 0xe007f);
}

/// The code point that begins at `index` of good UTF-8, which is moved behind it.
char32_t next_code_point(std::string_view text, std::size_t& index) {
  const auto byte_at = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const auto first = byte_at(index++);
  if (first < 0x80) return first;
  const unsigned following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  char32_t c = first & (0x3fU >> following);
  for (unsigned count = 0; count < following && index < text.size(); ++count)
    c = (c << 6U) | (byte_at(index++) & 0x3fU);
  return c;
}

/// RFC 4518 as far as names have need of it: what is a space in any script as one, without those at the ends and runs
/// of them (§2.6.1), and without what nobody sees; letters small. Letters beyond ASCII keep their case, as with
/// OpenSSL.
std::string prepared(std::string_view text) {
  std::string prepared;
  for (std::size_t index = 0; index < text.size();) {
    const auto begin = index;
    const auto c = next_code_point(text, index);
    if (is_space(c)) {
      if (!prepared.empty() && prepared.back() != ' ') prepared += ' ';
    } else if (!is_nothing(c)) {
      prepared += text.substr(begin, index - begin);
    }
  }
  if (!prepared.empty() && prepared.back() == ' ') prepared.pop_back();
  return to_lower(prepared);
}

bool values_match(const der::Element& left, const der::Element& right) {
  if (std::ranges::equal(left.whole, right.whole)) return true;
  const auto left_text = directory_string_text(left);
  const auto right_text = directory_string_text(right);
  return left_text && right_text && prepared(*left_text) == prepared(*right_text);
}

/// The number of attributes with which both begin alike.
std::size_t common_beginning(const std::vector<Attribute>& left, const std::vector<Attribute>& right) {
  std::size_t count = 0;
  while (count < left.size() && count < right.size() && left[count].oid == right[count].oid &&
         left[count].joins_previous == right[count].joins_previous &&
         values_match(left[count].value, right[count].value)) {
    ++count;
  }
  return count;
}

}  // namespace

bool names_match(BytesView left_der, BytesView right_der) {
  if (std::ranges::equal(left_der, right_der)) return true;
  try {
    const auto left = attributes_of(left_der);
    const auto right = attributes_of(right_der);
    return left.size() == right.size() && common_beginning(left, right) == left.size();
  } catch (const Error&) {  // absent: no Name
    return false;
  }
}

std::string comparable_name(BytesView name_der) {
  std::string comparable;
  try {
    for (const auto& attribute : attributes_of(name_der)) {
      const auto text = directory_string_text(attribute.value);
      const auto value = text ? prepared(*text) : to_hex(attribute.value.whole);
      comparable += attribute.joins_previous ? "+" : ",";
      comparable += attribute.oid + (text ? "=" : "#") + std::to_string(value.size()) + ":" + value;
    }
    // Of a long one its digest is as good: two are the same where their digests are.
    constexpr std::size_t longest = 256;
    return comparable.size() <= longest ? comparable
                                        : "##" + to_hex(digest(HashAlgorithm::sha256, as_bytes(comparable)));
  } catch (const Error&) {  // absent: no Name, and like itself alone
    return "#" + to_hex(digest(HashAlgorithm::sha256, name_der));
  }
}

bool is_name_within(BytesView name_der, BytesView base_der) {
  try {
    const auto name = attributes_of(name_der);
    const auto base = attributes_of(base_der);
    if (common_beginning(name, base) != base.size()) return false;
    // Not in the middle of a multi-valued RDN.
    return name.size() == base.size() || !name[base.size()].joins_previous;
  } catch (const Error&) {  // absent: no Name
    return false;
  }
}

std::string distinguished_name_text(BytesView name_der) {
  const auto attributes = attributes_of(name_der);
  std::string text;
  // RFC 4514 §2.1: from the last RDN to the first. Within an RDN the order is free; OpenSSL turns it
  // round as well.
  for (auto attribute = attributes.rbegin(); attribute != attributes.rend(); ++attribute) {
    if (attribute != attributes.rbegin()) text += std::prev(attribute)->joins_previous ? '+' : ',';
    const auto name = short_name(attribute->oid);
    const auto value = directory_string_text(attribute->value);
    text += name.empty() ? attribute->oid : std::string(name);
    text += '=';
    text += name.empty() || !value ? "#" + upper_hex(attribute->value.whole) : escaped(*value);
  }
  return text;
}

std::string common_name_of(BytesView name_der) {
  std::string common_name;
  for (const auto& attribute : attributes_of(name_der)) {
    if (attribute.oid == common_name_oid) common_name = directory_string_text(attribute.value).value_or(common_name);
  }
  return common_name;
}

}  // namespace eidtool::crypto
