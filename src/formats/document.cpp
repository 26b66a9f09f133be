// SPDX-License-Identifier: Apache-2.0
#include "formats/document.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace eidtool::formats {

Document::Document(InputFile file) : file_(std::move(file)) {
  // One byte more than a small file has tells that it ends there.
  head_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(small_size, file_.size().value_or(small_size) + 1)));
  const auto size = file_.read(head_);
  complete_ = size < head_.size();
  if (!complete_) return;
  head_.resize(size);
  file_.check_unchanged();
}

const Bytes& Document::digest(HashAlgorithm hash) {
  compute_digests({hash});
  return digests_.at(hash);
}

void Document::compute_digests(const std::vector<HashAlgorithm>& hashes) {
  std::map<HashAlgorithm, crypto::Hasher> hashers;
  for (const auto hash : hashes) {
    if (!digests_.contains(hash)) hashers.try_emplace(hash, hash);
  }
  if (hashers.empty()) return;
  for_each_piece([&](BytesView piece) {
    for (auto& [hash, hasher] : hashers) hasher.update(piece);
  });
  for (auto& [hash, hasher] : hashers) digests_[hash] = hasher.finish();
}

void Document::give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) {
  if (hash == HashAlgorithm::none) return for_each_piece(sink);
  crypto::Hasher hasher(hash);
  for_each_piece([&](BytesView piece) {
    sink(piece);
    hasher.update(piece);
  });
  digests_[hash] = hasher.finish();
}

Bytes Document::whole(std::uint64_t most) {
  const auto check_size = [&](std::uint64_t size) {
    if (size <= most) return;
    throw Error(ErrorKind::unsupported,
                in_quotes(name()) + " is larger than " + std::to_string(most >> 20U) +
                    " MiB, the most for a signature that takes the document in one piece",
                "an RSA or ECDSA key signs documents of any size")
        .with_file(name());
  };
  check_size(complete_ ? head_.size() : file_.size().value_or(0));
  if (complete_) return head_;
  Bytes all;
  for_each_piece([&](BytesView piece) {
    check_size(all.size() + piece.size());
    all.insert(all.end(), piece.begin(), piece.end());
  });
  if (!file_.is_regular()) {
    head_ = all;  // there is no second reading
    complete_ = true;
  }
  return all;
}

bool Document::readable() const { return complete_ || !consumed_; }

void Document::for_each_piece(const std::function<void(BytesView)>& sink) {
  if (complete_) {
    if (!head_.empty()) sink(head_);
    return;
  }
  if (!readable()) {
    throw Error(ErrorKind::io, in_quotes(name()) + " is no file on disk and cannot be read twice",
                "write it to a file first")
        .with_file(name());
  }
  if (file_.is_regular()) {
    if (!file_.rewind())
      throw Error(ErrorKind::io, "cannot go back to the beginning of " + in_quotes(name())).with_file(name());
  } else {
    consumed_ = true;
    sink(head_);
  }
  head_.resize(small_size);
  for (;;) {
    const auto size = file_.read(head_);
    // After every piece: a file that grows as fast as it is read would have no end.
    file_.check_unchanged();
    if (size == 0) return;
    sink(BytesView(head_).first(size));
  }
}

}  // namespace eidtool::formats
