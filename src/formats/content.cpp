// SPDX-License-Identifier: Apache-2.0
#include "formats/content.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/status_line.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace eidtool::formats {

const Bytes& Content::digest(HashAlgorithm hash) {
  compute_digests({hash});
  return digests_.at(hash);
}

void Content::compute_digests(const std::vector<HashAlgorithm>& hashes) {
  std::map<HashAlgorithm, crypto::Hasher> hashers;
  for (const auto hash : hashes) {
    if (!digests_.contains(hash)) hashers.try_emplace(hash, hash);
  }
  if (hashers.empty()) return;
  const status_line::Reading reading(size());
  for_each_piece([&](BytesView piece) {
    for (auto& [hash, hasher] : hashers) hasher.update(piece);
    reading.advance(piece.size());
  });
  for (auto& [hash, hasher] : hashers) digests_[hash] = hasher.finish();
}

void Content::remember(BytesView all) { digests_[HashAlgorithm::sha256] = crypto::digest(HashAlgorithm::sha256, all); }

void Content::give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) {
  if (hash == HashAlgorithm::none) return for_each_piece(sink);
  crypto::Hasher hasher(hash);
  const status_line::Reading reading(size());
  for_each_piece([&](BytesView piece) {
    sink(piece);
    hasher.update(piece);
    reading.advance(piece.size());
  });
  digests_[hash] = hasher.finish();
}

Bytes Content::beginning_of(BytesView bytes) {
  const auto beginning = bytes.first(std::min(bytes.size(), beginning_size));
  return {beginning.begin(), beginning.end()};
}

void Content::check_size(std::uint64_t size, std::uint64_t most) const {
  if (size <= most) return;
  throw Error(ErrorKind::unsupported,
              in_quotes(name()) + " is larger than " + std::to_string(most >> 20U) +
                  " MiB, the most for a signature that takes the document in one piece",
              "an RSA or ECDSA key signs documents of any size")
      .with_file(name());
}

Bytes BytesContent::whole(std::uint64_t most) {
  check_size(bytes_.size(), most);
  return bytes_;
}

void BytesContent::for_each_piece(const std::function<void(BytesView)>& sink) {
  for (BytesView rest = bytes_; !rest.empty();) {
    const auto piece = rest.first(std::min(rest.size(), piece_size));
    sink(piece);
    rest = rest.subspan(piece.size());
  }
}

}  // namespace eidtool::formats
