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

/// Seven bits a byte, the highest bit set in all but the last (X.690 §8.19.2).
void append_base128(Bytes& bytes, unsigned long number) {
  Bytes groups = {static_cast<std::uint8_t>(number & 0x7fU)};
  for (number >>= 7U; number > 0; number >>= 7U) {
    groups.insert(groups.begin(), static_cast<std::uint8_t>(0x80U | (number & 0x7fU)));
  }
  bytes.insert(bytes.end(), groups.begin(), groups.end());
}

/// The numbers of an object identifier; empty where the text is none (X.660 §7.6: the first is 0, 1 or 2,
/// the second below 40 unless the first is 2).
std::vector<unsigned long> numbers_of(std::string_view dotted) {
  std::vector<unsigned long> numbers;
  for (const auto& piece : split(dotted, '.')) {
    unsigned long number = 0;
    if (!parse_number(piece, number) || number > std::numeric_limits<std::uint32_t>::max()) return {};
    numbers.push_back(number);
  }
  if (numbers.size() < 2 || numbers[0] > 2 || (numbers[0] < 2 && numbers[1] >= 40)) return {};
  return numbers;
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
  append_base128(content, numbers[0] * 40 + numbers[1]);
  for (std::size_t index = 2; index < numbers.size(); ++index) append_base128(content, numbers[index]);
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
