// SPDX-License-Identifier: Apache-2.0
#include "formats/document.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::formats {

namespace {

/// The pieces of a file, read by a thread of its own while those before are worked on.
class ReadAhead {
 public:
  /// Throws std::system_error where there can be no thread.
  explicit ReadAhead(InputFile& file) : file_(file), thread_([this] { serve(); }) {}
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead() {
    {
      const std::scoped_lock lock(mutex_);
      is_over_ = true;
    }
    is_free_.notify_one();
    thread_.join();
  }

  /// Good until the next call; empty at the end of the file. Throws what reading threw.
  BytesView next() {
    std::unique_lock lock(mutex_);
    if (is_lent_) {
      ++taken_;
      is_free_.notify_one();
    }
    is_read_.wait(lock, [this] { return read_ > taken_; });
    is_lent_ = true;
    const auto& piece = pieces_[taken_ % pieces_.size()];
    if (piece.failure) std::rethrow_exception(piece.failure);
    return BytesView(piece.bytes).first(piece.size);
  }

 private:
  struct Piece {
    Bytes bytes;
    std::size_t size = 0;
    std::exception_ptr failure;
  };

  void serve() {
    for (std::size_t number = 0;; ++number) {
      {
        std::unique_lock lock(mutex_);
        is_free_.wait(lock, [&] { return is_over_ || number < taken_ + pieces_.size(); });
        if (is_over_) return;
      }
      auto& piece = pieces_[number % pieces_.size()];
      try {
        piece.bytes.resize(Content::piece_size);
        piece.size = file_.read(piece.bytes);
      } catch (...) {  // for the other thread, in its turn
        piece.failure = std::current_exception();
      }
      const bool was_last = piece.failure || piece.size == 0;
      {
        const std::scoped_lock lock(mutex_);
        ++read_;
      }
      is_read_.notify_one();
      if (was_last) return;
    }
  }

  InputFile& file_;
  std::array<Piece, 4> pieces_;
  std::mutex mutex_;
  std::condition_variable is_free_;
  std::condition_variable is_read_;
  std::size_t read_ = 0;
  std::size_t taken_ = 0;
  bool is_lent_ = false;  // the piece that is next to be taken is being worked on
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace

Document::Document(InputFile file) : file_(std::move(file)) {
  const auto known_size = file_.size();
  if (known_size && *known_size >= small_size) {
    size_ = known_size;
    beginning_ = file_.head(beginning_size);
    return;
  }
  // One byte more than a small file has tells that it ends there.
  head_.resize(known_size ? static_cast<std::size_t>(*known_size) + 1 : small_size);
  const auto size = file_.read(head_);
  complete_ = size < head_.size();
  if (!complete_) {  // a pipe, or a file that says less than it holds
    beginning_ = file_.is_regular() ? file_.head(beginning_size) : beginning_of(head_);
    return;
  }
  head_.resize(size);
  size_ = size;
  file_.check_unchanged();
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
    give_file(sink);
    return;
  }
  consumed_ = true;
  sink(head_);
  std::uint64_t given = head_.size();
  head_.resize(piece_size);
  while (const auto size = file_.read(head_)) {
    sink(BytesView(head_).first(size));
    given += size;
  }
  size_ = given;
}

/// By its beginning it was judged; whoever writes a file can give it another one, and the time that it had.
void Document::check_beginning(std::uint64_t offset, BytesView piece) const {
  const auto rest =
      BytesView(beginning_).subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, beginning_.size())));
  const auto size = std::min(rest.size(), piece.size());
  if (!std::ranges::equal(rest.first(size), piece.first(size))) throw file_.changed();
}

void Document::give_file(const std::function<void(BytesView)>& sink) {
  std::optional<ReadAhead> ahead;
  if (size_.value_or(0) >= large_size) {
    try {
      ahead.emplace(file_);
    } catch (const std::system_error&) {
      // There is none to be had: one thread does both.
    }
  }
  if (!ahead) head_.resize(piece_size);
  for (std::uint64_t given = 0;;) {
    const auto piece = ahead ? ahead->next() : BytesView(head_).first(file_.read(head_));
    // After every piece: a file that grows as fast as it is read would have no end. By this thread: the folder that the
    // name is in may be its own.
    file_.check_unchanged();
    if (piece.empty()) {
      // A file system that says one size and gives another one.
      if (given < beginning_.size() || (size_ && given != *size_)) throw file_.changed();
      return;
    }
    check_beginning(given, piece);
    sink(piece);
    given += piece.size();
  }
}

}  // namespace eidtool::formats
