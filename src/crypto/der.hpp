// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"

/// DER (X.690 §10), read strictly and without copying: definite lengths in their shortest form only.
/// Botan's decoder also takes BER and forgets how a value was encoded; here a Name or a signature has
/// to be exactly what its bytes say.
namespace eidtool::crypto::der {

/// The tag bytes in use: class, constructed bit and number in one (X.690 §8.1.2). Numbers above 30
/// do not occur in what eidtool reads.
namespace tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t object_identifier = 0x06;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t teletex_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
/// `[number]`, primitive and constructed.
constexpr std::uint8_t context(unsigned number) { return static_cast<std::uint8_t>(0x80U | number); }
constexpr std::uint8_t context_constructed(unsigned number) { return static_cast<std::uint8_t>(0xa0U | number); }
}  // namespace tag

/// One value, lent from the bytes that are read.
struct Element {
  std::uint8_t tag;
  BytesView content;
  BytesView whole;  // with tag and length
};

/// Bytes to keep of those that are lent.
inline Bytes copy(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

/// Goes through the values that stand one after another in some bytes, which must outlive it.
class Reader {
 public:
  explicit Reader(BytesView bytes) : rest_(bytes) {}

  bool at_end() const noexcept { return rest_.empty(); }
  /// What was not read yet.
  BytesView rest() const noexcept { return rest_; }
  /// 0 at the end.
  std::uint8_t next_tag() const noexcept { return at_end() ? std::uint8_t{0} : rest_.front(); }

  /// The next value. Throws malformed where there is none, or none with that tag.
  Element next();
  Element next(std::uint8_t tag);
  /// The next value where it is well-formed and has that tag; else nothing, and it remains next.
  std::optional<Element> next_if(std::uint8_t tag);
  /// A reader of what is in the next value.
  Reader enter(std::uint8_t tag) { return Reader(next(tag).content); }
  /// The next value as object_identifier_text(). Throws malformed.
  std::string next_object_identifier();

  /// The next value as a time: UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ`, the only forms of
  /// RFC 5280 §4.1.2.5. Throws malformed.
  Time next_time();

  /// Throws malformed where anything is left.
  void end() const;

 private:
  std::optional<Element> peek() const;

  BytesView rest_;
};

/// A named bit list: bit n of the result is bit n of a BIT STRING's content, which counts from the left (X.690 §8.6.2).
/// Those from the 32nd on are left out. Throws malformed for a content that is empty.
std::uint32_t named_bits(BytesView content);

/// Dotted numbers of an OBJECT IDENTIFIER's content; nothing where it is broken.
std::optional<std::string> object_identifier_text(BytesView content);

/// Tag and length of a value of that many bytes.
Bytes header(std::uint8_t tag, std::uint64_t size);
/// A value with its tag and length.
Bytes encoded(std::uint8_t tag, BytesView content);
/// INTEGER of a number that is not negative, given big-endian with any leading zeros.
Bytes encoded_integer(BytesView number);

/// The content of an INTEGER without zeros that it does not need; the same for the same number.
BytesView shortest_integer(BytesView number);
/// Whether the contents of two INTEGERs are the same number; -1 and 255 are not.
bool same_integer(BytesView left, BytesView right);

/// Without its leading zeros; zero is empty.
BytesView without_leading_zeros(BytesView number);

}  // namespace eidtool::crypto::der
