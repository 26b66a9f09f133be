// SPDX-License-Identifier: Apache-2.0
#include "crypto/asn1.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"

namespace eidtool::crypto::asn1 {

namespace tag = der::tag;
using der::encoded;

namespace {

/// Of a number in decimal digits seven bits a byte, the highest bit set in all but the last (X.690 §8.19.2).
void append_base128(Bytes& bytes, std::string number) {
  Bytes groups;
  do {
    unsigned rest = 0;
    for (char& digit : number) {
      rest = rest * 10 + static_cast<unsigned>(digit - '0');
      digit = static_cast<char>('0' + rest / 128);
      rest %= 128;
    }
    groups.insert(groups.begin(), static_cast<std::uint8_t>((groups.empty() ? 0 : 0x80U) | rest));
    number.erase(0, number.find_first_not_of('0'));
  } while (!number.empty());
  bytes.insert(bytes.end(), groups.begin(), groups.end());
}

/// The numbers of an object identifier, the first two made one (§8.19.4); empty where the text is none (X.660 §7.6: the
/// first is 0, 1 or 2, the second below 40 unless the first is 2). A UUID (X.667) is one of up to 39 digits.
std::vector<std::string> numbers_of(std::string_view dotted) {
  constexpr std::size_t most_digits = 39;
  auto numbers = split(dotted, '.');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= most_digits && (text == "0" || text[0] != '0') &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  unsigned long first = 0;
  unsigned long second = 0;
  if (numbers.size() < 2 || !std::ranges::all_of(numbers, is_number) || !parse_number(numbers[0], first) ||
      !parse_number(numbers[1], second) || first > 2 ||
      second > (first < 2 ? 39 : std::numeric_limits<std::uint32_t>::max())) {
    return {};
  }
  std::vector<std::string> joined = {std::to_string(first * 40 + second)};
  joined.insert(joined.end(), numbers.begin() + 2, numbers.end());
  return joined;
}

}  // namespace

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes whole;
  for (const auto& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

Bytes sequence(const std::vector<Bytes>& parts) { return encoded(tag::sequence, joined(parts)); }

Bytes set_of_one(const Bytes& member) { return encoded(tag::set, member); }

Bytes set_of(std::vector<Bytes> members) {
  std::ranges::sort(members);
  return encoded(tag::set, joined(members));
}

bool is_object_identifier(std::string_view text) { return !numbers_of(text).empty(); }

Bytes object_identifier(std::string_view dotted) {
  const auto numbers = numbers_of(dotted);
  if (numbers.empty()) throw Error(ErrorKind::internal, "not an object identifier: " + in_quotes(dotted));
  Bytes content;
  for (const auto& number : numbers) append_base128(content, number);
  return encoded(tag::object_identifier, content);
}

Bytes octet_string(BytesView content) { return encoded(tag::octet_string, content); }

Bytes bit_string(BytesView content) {
  Bytes with_unused_bits = {0};
  with_unused_bits.insert(with_unused_bits.end(), content.begin(), content.end());
  return encoded(tag::bit_string, with_unused_bits);
}

Bytes named_bits(const std::vector<unsigned>& bits) {
  unsigned last = 0;
  for (const auto bit : bits) last = bit > last ? bit : last;
  Bytes content(2 + last / 8, 0);
  content[0] = static_cast<std::uint8_t>(7 - last % 8);
  for (const auto bit : bits) {
    auto& byte = content[1 + bit / 8];
    byte = static_cast<std::uint8_t>(byte | (0x80U >> (bit % 8)));
  }
  return encoded(tag::bit_string, content);
}

Bytes boolean_true() { return {tag::boolean, 1, 0xff}; }

Bytes integer(std::uint8_t number) { return der::encoded_integer(BytesView(&number, 1)); }

Bytes null() { return {tag::null, 0}; }

Bytes utf8_string(std::string_view text) { return encoded(tag::utf8_string, as_bytes(text)); }

Bytes printable_string(std::string_view text) { return encoded(tag::printable_string, as_bytes(text)); }

Bytes context_constructed(unsigned number, BytesView content) {
  return encoded(tag::context_constructed(number), content);
}

Bytes context_primitive(unsigned number, BytesView content) { return encoded(tag::context(number), content); }

Bytes time(Time time) {
  // 2026-11-23T09:30:00Z without its separators is what GeneralizedTime wants.
  std::string text;
  for (const char c : to_rfc3339(time)) {
    if (c != '-' && c != ':' && c != 'T') text += c;
  }
  const bool is_short = text >= "1950" && text < "2050";
  return is_short ? encoded(tag::utc_time, as_bytes(text).subspan(2)) : encoded(tag::generalized_time, as_bytes(text));
}

}  // namespace eidtool::crypto::asn1
