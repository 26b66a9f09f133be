// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "crypto/certificate.hpp"
#include "crypto/der.hpp"

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

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | (c >> 6U)), put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12U)), put(0x80U | ((c >> 6U) & 0x3fU)), put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | (c >> 18U)), put(0x80U | ((c >> 12U) & 0x3fU)), put(0x80U | ((c >> 6U) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

bool is_scalar(char32_t c) { return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

/// Well-formed UTF-8 as it is; nothing for anything else (RFC 3629 §3).
std::optional<std::string> from_utf8(BytesView bytes) {
  static constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};  // by the size in bytes
  for (std::size_t index = 0; index < bytes.size();) {
    const std::uint8_t lead = bytes[index];
    const std::size_t size = lead < 0x80              ? 1
                             : (lead & 0xe0U) == 0xc0 ? 2
                             : (lead & 0xf0U) == 0xe0 ? 3
                             : (lead & 0xf8U) == 0xf0 ? 4
                                                      : 0;
    if (size == 0 || size > bytes.size() - index) return std::nullopt;
    char32_t c = size == 1 ? lead : lead & (0x7fU >> size);
    for (const auto byte : bytes.subspan(index + 1, size - 1)) {
      if ((byte & 0xc0U) != 0x80) return std::nullopt;
      c = (c << 6U) | (byte & 0x3fU);
    }
    if (c < smallest[size] || !is_scalar(c)) return std::nullopt;
    index += size;
  }
  return std::string(bytes.begin(), bytes.end());
}

/// UCS-2 or UTF-16 (`unit_size` 2), or UCS-4 (4), big-endian.
std::optional<std::string> from_wide(BytesView bytes, std::size_t unit_size) {
  if (bytes.size() % unit_size != 0) return std::nullopt;
  std::string text;
  char32_t high = 0;  // a surrogate that waits for its other half
  for (std::size_t index = 0; index < bytes.size(); index += unit_size) {
    char32_t c = 0;
    for (const auto byte : bytes.subspan(index, unit_size)) c = (c << 8U) | byte;
    const bool is_low = c >= 0xdc00 && c <= 0xdfff;
    if (is_low != (high != 0)) return std::nullopt;
    if (unit_size == 2 && c >= 0xd800 && c <= 0xdbff) {
      high = c;
      continue;
    }
    if (is_low) c = 0x10000 + ((high - 0xd800) << 10U) + (c - 0xdc00);
    high = 0;
    if (!is_scalar(c)) return std::nullopt;
    append_utf8(text, c);
  }
  if (high != 0) return std::nullopt;
  return text;
}

/// The text of a value in UTF-8; nothing for what is no string or not well-formed.
std::optional<std::string> text_of(const der::Element& value) {
  switch (value.tag) {
    case der::tag::utf8_string: return from_utf8(value.content);
    case der::tag::bmp_string: return from_wide(value.content, 2);
    case der::tag::universal_string: return from_wide(value.content, 4);
    case der::tag::teletex_string:
    case der::tag::printable_string:
    case der::tag::numeric_string:
    case der::tag::ia5_string:
    case der::tag::visible_string: {
      // T.61 is what it says and Latin-1 what everyone writes; the others are ASCII, which is the same.
      std::string text;
      for (const auto byte : value.content) append_utf8(text, byte);
      return text;
    }
    default: return std::nullopt;
  }
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

}  // namespace

std::string distinguished_name_text(BytesView name_der) {
  const auto attributes = attributes_of(name_der);
  std::string text;
  // RFC 4514 §2.1: from the last RDN to the first. Within an RDN the order is free; OpenSSL turns it
  // round as well.
  for (auto attribute = attributes.rbegin(); attribute != attributes.rend(); ++attribute) {
    if (attribute != attributes.rbegin()) text += std::prev(attribute)->joins_previous ? '+' : ',';
    const auto name = short_name(attribute->oid);
    const auto value = text_of(attribute->value);
    text += name.empty() ? attribute->oid : std::string(name);
    text += '=';
    text += name.empty() || !value ? "#" + upper_hex(attribute->value.whole) : escaped(*value);
  }
  return text;
}

std::string common_name_of(BytesView name_der) {
  std::string common_name;
  for (const auto& attribute : attributes_of(name_der)) {
    if (attribute.oid == common_name_oid) common_name = text_of(attribute.value).value_or(common_name);
  }
  return common_name;
}

}  // namespace eidtool::crypto
