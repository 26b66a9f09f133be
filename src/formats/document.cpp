// SPDX-License-Identifier: Apache-2.0
#include "formats/document.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

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

std::optional<std::uint64_t> Document::size() const noexcept {
  return complete_ ? std::optional<std::uint64_t>(head_.size()) : file_.size();
}

Bytes Document::whole(std::uint64_t most) {
  check_size(size().value_or(0), most);
  if (complete_) return head_;
  Bytes all;
  for_each_piece([&](BytesView piece) {
    check_size(all.size() + piece.size(), most);
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
    read_ahead(sink);
    return;
  }
  consumed_ = true;
  sink(head_);
  head_.resize(piece_size);
  while (const auto size = file_.read(head_)) sink(BytesView(head_).first(size));
}

void Document::read_ahead(const std::function<void(BytesView)>& sink) {
  head_.resize(piece_size);
  Bytes other(piece_size);
  // In a thread of its own, and where there can be none when it is asked for. Should anything throw, it is waited for.
  const auto begin = [&] {
    return std::async(std::launch::async | std::launch::deferred, [this] { return file_.read(head_); });
  };
  auto reading = begin();
  for (;;) {
    const auto size = reading.get();
    // After every piece: a file that grows as fast as it is read would have no end. By this thread: the folder that the
    // name is in may be its own.
    file_.check_unchanged();
    if (size == 0) return;
    std::swap(head_, other);
    reading = begin();
    sink(BytesView(other).first(size));
  }
}

}  // namespace eidtool::formats
