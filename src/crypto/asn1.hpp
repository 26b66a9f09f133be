// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

/// DER (X.690 §10) put together from its parts, each already encoded.
namespace eidtool::crypto::asn1 {

/// The parts one after another.
Bytes joined(const std::vector<Bytes>& parts);

Bytes sequence(const std::vector<Bytes>& parts);
/// SET OF with a single member: no order to keep (X.690 §11.6).
Bytes set_of_one(const Bytes& member);
/// SET OF, its members put in order (X.690 §11.6).
Bytes set_of(std::vector<Bytes> members);

/// Whether a text is dotted numbers that an object identifier can have: `2.5.4.3`.
bool is_object_identifier(std::string_view text);
/// Of dotted numbers. Throws internal for others.
Bytes object_identifier(std::string_view dotted);
Bytes octet_string(BytesView content);
/// BIT STRING of whole bytes.
Bytes bit_string(BytesView content);
/// BIT STRING of a named bit list below 16, without its trailing zeros (X.690 §11.2.2).
Bytes named_bits(const std::vector<unsigned>& bits);
Bytes boolean_true();
Bytes integer(std::uint8_t number);
Bytes null();
Bytes utf8_string(std::string_view text);
Bytes printable_string(std::string_view text);

/// `[number] EXPLICIT`, and any IMPLICIT one of a constructed type.
Bytes context_constructed(unsigned number, BytesView content);
/// `[number] IMPLICIT` of a primitive type.
Bytes context_primitive(unsigned number, BytesView content);

/// UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
Bytes time(Time time);

}  // namespace eidtool::crypto::asn1
