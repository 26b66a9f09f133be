// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa_signature.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "crypto/der.hpp"

namespace eidtool::crypto {

namespace {

/// The bytes of a positive INTEGER in its one DER form, without the zero that keeps it positive.
std::optional<BytesView> next_positive(der::Reader& reader) {
  const auto element = reader.next_if(der::tag::integer);
  if (!element) return std::nullopt;
  const auto number = der::without_leading_zeros(element->content);
  if (number.empty() || !std::ranges::equal(der::encoded_integer(number), element->whole)) return std::nullopt;
  return number;
}

}  // namespace

Bytes ecdsa_to_der(BytesView r_and_s) {
  if (r_and_s.empty() || r_and_s.size() % 2 != 0) {
    throw malformed("an ECDSA signature cannot be " + std::to_string(r_and_s.size()) +
                    " bytes long: it is two equal halves");
  }
  const auto half = r_and_s.size() / 2;
  auto numbers = der::encoded_integer(r_and_s.first(half));
  const auto s = der::encoded_integer(r_and_s.subspan(half));
  numbers.insert(numbers.end(), s.begin(), s.end());
  return der::encoded(der::tag::sequence, numbers);
}

std::optional<Bytes> ecdsa_from_der(BytesView der, std::size_t order_size) {
  der::Reader outer(der);
  const auto sequence = outer.next_if(der::tag::sequence);
  if (!sequence || !outer.at_end()) return std::nullopt;
  der::Reader numbers(sequence->content);
  const auto r = next_positive(numbers);
  const auto s = next_positive(numbers);
  if (!r || !s || !numbers.at_end() || r->size() > order_size || s->size() > order_size) return std::nullopt;
  Bytes r_and_s(2 * order_size);
  std::ranges::copy_backward(*r, r_and_s.begin() + static_cast<std::ptrdiff_t>(order_size));
  std::ranges::copy_backward(*s, r_and_s.end());
  return r_and_s;
}

}  // namespace eidtool::crypto
