// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/files.hpp"

namespace eidtool::formats::cms {

/// Bytes that can be looked at from any place on: a file on disk, through one buffer, or memory.
class Source {
 public:
  explicit Source(std::shared_ptr<InputFile> file);
  explicit Source(Bytes bytes);

  /// At least `least` bytes from `offset` on, or as many as there are; valid until the next call.
  BytesView at(std::uint64_t offset, std::size_t least);
  std::uint64_t size() const noexcept { return size_; }
  /// Throws io where the file changed since it was opened.
  void check_unchanged() const;

 private:
  std::shared_ptr<InputFile> file_;  // null: buffer_ is everything
  Bytes buffer_;
  std::uint64_t buffer_offset_ = 0;
  std::uint64_t size_ = 0;
};

/// Goes through BER values (X.690 §8.1) in a Source, as CMS needs it: lengths may be indefinite, definite ones are
/// in their shortest form. Offsets are bytes from the beginning of the source.
class BerReader {
 public:
  BerReader(Source& source, std::uint64_t offset) : source_(source), offset_(offset) {}

  /// A constructed value that was entered.
  struct Frame {
    std::optional<std::uint64_t> end;  // nothing: indefinite
  };

  std::uint64_t offset() const noexcept { return offset_; }
  /// 0 at the end of the source.
  std::uint8_t next_tag();
  /// Throws malformed where the next value has another tag.
  Frame enter(std::uint8_t tag);
  bool at_end(const Frame& frame);
  /// Throws malformed where something is left of it.
  void leave(const Frame& frame);

  /// The next value with all lengths made definite; further values below a definite length are as they are.
  /// Throws malformed; where it is larger than `most` bytes too.
  Bytes definite_value(std::size_t most);

  /// The octets of the OCTET STRING that comes next, primitive or in pieces, in portions of 1 MiB at most.
  void octets(const std::function<void(BytesView)>& sink);
  /// Goes past them without reading them; how many they are, in bytes.
  std::uint64_t skip_octets();

 private:
  struct Header {
    std::uint8_t tag;
    std::size_t tag_size;                       // bytes; 1 unless the number is above 30
    std::size_t size;                           // bytes, of tag and length
    std::optional<std::uint64_t> content_size;  // nothing: indefinite
  };
  Header header();
  Bytes definite_value(std::size_t most, unsigned depth);
  void for_each_piece(const std::function<void(std::uint64_t size)>& take);
  BytesView look_at(std::uint64_t most);

  Source& source_;
  std::uint64_t offset_;
};

}  // namespace eidtool::formats::cms
