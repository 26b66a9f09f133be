// SPDX-License-Identifier: Apache-2.0
#include "crypto/der.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "base/error.hpp"

namespace eidtool::crypto::der {

namespace {

/// The decimal digits of a number that is given seven bits a byte.
std::string decimal(BytesView groups) {
  std::string digits = "0";  // the last first
  for (const auto byte : groups) {
    unsigned carry = byte & 0x7fU;
    for (char& digit : digits) {
      carry += static_cast<unsigned>(digit - '0') * 128;
      digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  std::ranges::reverse(digits);
  return digits;
}

}  // namespace

std::optional<Element> Reader::peek() const {
  if (rest_.size() < 2) return std::nullopt;
  const std::uint8_t tag = rest_[0];
  if ((tag & 0x1fU) == 0x1f) return std::nullopt;
  std::size_t header_size = 2;
  std::size_t content_size = rest_[1];
  if (content_size >= 0x80) {
    // X.690 §10.1: the long form only where the short one does not do, with no leading zero. 0x80
    // alone would be BER's indefinite length.
    const std::size_t length_size = content_size & 0x7fU;
    if (length_size == 0 || length_size > 4 || rest_.size() < 2 + length_size || rest_[2] == 0) return std::nullopt;
    content_size = 0;
    for (const auto byte : rest_.subspan(2, length_size)) content_size = (content_size << 8U) | byte;
    if (content_size < 0x80) return std::nullopt;
    header_size += length_size;
  }
  if (content_size > rest_.size() - header_size) return std::nullopt;
  return Element{tag, rest_.subspan(header_size, content_size), rest_.first(header_size + content_size)};
}

Element Reader::next() {
  const auto element = peek();
  if (!element) throw malformed("its DER encoding is broken or cut off");
  rest_ = rest_.subspan(element->whole.size());
  return *element;
}

Element Reader::next(std::uint8_t tag) {
  const auto element = next();
  if (element.tag == tag) return element;
  const std::array tags = {tag, element.tag};
  const auto hex = to_hex(tags);
  throw malformed("its DER encoding has tag " + hex.substr(2) + " where " + hex.substr(0, 2) + " belongs");
}

std::optional<Element> Reader::next_if(std::uint8_t tag) {
  const auto element = peek();
  if (!element || element->tag != tag) return std::nullopt;
  rest_ = rest_.subspan(element->whole.size());
  return element;
}

void Reader::end() const {
  if (!at_end()) throw malformed("its DER encoding holds more than belongs there");
}

std::string Reader::next_object_identifier() {
  const auto text = object_identifier_text(next(tag::object_identifier).content);
  if (!text) throw malformed("it has a broken object identifier");
  return *text;
}

Time Reader::next_time() {
  const auto element = next();
  const bool has_century = element.tag == tag::generalized_time;
  const std::size_t year_size = has_century ? 4 : 2;
  const bool has_shape = (has_century || element.tag == tag::utc_time) && element.content.size() == year_size + 11 &&
                         element.content.back() == 'Z' &&
                         std::ranges::all_of(element.content.first(year_size + 10),
                                             [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; });
  if (!has_shape) throw malformed("it holds something that is no time where one belongs");
  const auto number = [&](std::size_t position, std::size_t size) {
    int value = 0;
    for (const auto digit : element.content.subspan(position, size)) value = value * 10 + (digit - '0');
    return value;
  };
  const auto two_digits = [&](std::size_t index) { return number(year_size + 2 * index, 2); };
  int year = number(0, year_size);
  if (!has_century) year += year < 50 ? 2000 : 1900;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(two_digits(0))),
                                         std::chrono::day(static_cast<unsigned>(two_digits(1))));
  if (!date.ok() || two_digits(2) > 23 || two_digits(3) > 59 || two_digits(4) > 59) {
    throw malformed("it holds a time that does not exist");
  }
  return std::chrono::sys_days(date) + std::chrono::hours(two_digits(2)) + std::chrono::minutes(two_digits(3)) +
         std::chrono::seconds(two_digits(4));
}

std::uint32_t named_bits(BytesView content) {
  if (content.empty()) throw malformed("it has a bit string without bits");
  std::uint32_t bits = 0;
  for (std::size_t index = 0; index < 32 && 1 + index / 8 < content.size(); ++index) {
    if ((content[1 + index / 8] & (0x80U >> (index % 8))) != 0) bits |= 1U << index;
  }
  return bits;
}

std::optional<std::string> object_identifier_text(BytesView content) {
  constexpr std::size_t most_first_size = 9;  // bytes: 63 bits, of the first two numbers
  constexpr std::size_t most_size = 20;       // of each further one: a UUID has 128 bits (X.667)
  std::string text;
  while (!content.empty()) {
    const auto last = std::ranges::find_if(content, [](std::uint8_t byte) { return (byte & 0x80U) == 0; });
    if (last == content.end()) return std::nullopt;
    const auto groups = content.first(static_cast<std::size_t>(last - content.begin()) + 1);
    content = content.subspan(groups.size());
    // X.690 §8.19.2: the shortest form. Else two programs see two identifiers.
    if (groups.front() == 0x80) return std::nullopt;
    if (groups.size() > (text.empty() ? most_first_size : most_size)) return std::nullopt;
    if (!text.empty()) {
      text += "." + decimal(groups);
      continue;
    }
    // X.690 §8.19.4: the first two numbers share one.
    std::uint64_t number = 0;
    for (const auto byte : groups) number = (number << 7U) | (byte & 0x7fU);
    const std::uint64_t first = number < 40 ? 0 : number < 80 ? 1 : 2;
    text = std::to_string(first) + "." + std::to_string(number - first * 40);
  }
  if (text.empty()) return std::nullopt;
  return text;
}

Bytes header(std::uint8_t tag, std::uint64_t size) {
  Bytes bytes = {tag};
  if (size < 0x80) {
    bytes.push_back(static_cast<std::uint8_t>(size));
    return bytes;
  }
  // The size in as many bytes as it needs, the highest first (X.690 §8.1.3.5).
  std::size_t size_bytes = 0;
  for (auto rest = size; rest > 0; rest >>= 8U) ++size_bytes;
  bytes.push_back(static_cast<std::uint8_t>(0x80U | size_bytes));
  for (auto left = size_bytes; left > 0; --left) {
    bytes.push_back(static_cast<std::uint8_t>(size >> (8U * (left - 1))));
  }
  return bytes;
}

Bytes encoded(std::uint8_t tag, BytesView content) {
  auto bytes = header(tag, content.size());
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

Bytes encoded_integer(BytesView number) {
  number = without_leading_zeros(number);
  Bytes content(number.begin(), number.end());
  if (content.empty() || (content.front() & 0x80U) != 0) content.insert(content.begin(), 0);
  return encoded(tag::integer, content);
}

BytesView shortest_integer(BytesView number) {
  // The zero that keeps a number positive counts, further ones do not.
  while (number.size() > 1 && number[0] == 0 && (number[1] & 0x80U) == 0) number = number.subspan(1);
  return number;
}

bool same_integer(BytesView left, BytesView right) {
  return std::ranges::equal(shortest_integer(left), shortest_integer(right));
}

BytesView without_leading_zeros(BytesView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

}  // namespace eidtool::crypto::der
