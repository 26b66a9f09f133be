// SPDX-License-Identifier: Apache-2.0
#include "crypto/pss.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace eidtool::crypto {

namespace {

/// MGF1 (RFC 8017 appendix B.2.1).
Bytes mask_of(BytesView seed, std::size_t size, HashAlgorithm hash) {
  Bytes mask;
  for (std::uint32_t counter = 0; mask.size() < size; ++counter) {
    Bytes input(seed.begin(), seed.end());
    for (const unsigned shift : {24U, 16U, 8U, 0U}) input.push_back(static_cast<std::uint8_t>(counter >> shift));
    const auto piece = digest(hash, input);
    mask.insert(mask.end(), piece.begin(), piece.end());
  }
  mask.resize(size);
  return mask;
}

}  // namespace

bool is_pss_block(BytesView block, std::size_t modulus_size, BytesView digest, HashAlgorithm hash,
                  HashAlgorithm mask_hash, std::size_t salt_size) {
  constexpr std::uint8_t trailer = 0xbc;
  const auto encoded_bits = modulus_size - 1;
  const auto encoded_size = (encoded_bits + 7) / 8;
  if (block.size() > encoded_size && block.front() != 0) return false;
  block = block.last(encoded_size);
  const auto hash_size = digest_size(hash);
  if (digest.size() != hash_size || encoded_size < hash_size + salt_size + 2 || block.back() != trailer) return false;
  const auto masked = block.first(encoded_size - hash_size - 1);
  const auto expected = block.subspan(masked.size(), hash_size);
  const auto unused =
      static_cast<std::uint8_t>(0xff00U >> (8 * encoded_size - encoded_bits));  // bits of the first byte
  if ((masked.front() & unused) != 0) return false;

  auto data = mask_of(expected, masked.size(), mask_hash);
  std::ranges::transform(data, masked, data.begin(),
                         [](unsigned left, unsigned right) { return static_cast<std::uint8_t>(left ^ right); });
  data.front() = static_cast<std::uint8_t>(data.front() & ~unused);
  const auto salt = BytesView(data).last(salt_size);
  const auto padding = BytesView(data).first(data.size() - salt_size);
  const bool is_zero = std::ranges::all_of(padding.first(padding.size() - 1), [](auto byte) { return byte == 0; });
  if (!is_zero || padding.back() != 1) return false;
  Bytes salted(8, 0);
  salted.insert(salted.end(), digest.begin(), digest.end());
  salted.insert(salted.end(), salt.begin(), salt.end());
  return std::ranges::equal(crypto::digest(hash, salted), expected);
}

}  // namespace eidtool::crypto
