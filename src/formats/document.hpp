// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/files.hpp"
#include "formats/content.hpp"

namespace eidtool::formats {

/// A document on disk or on standard input. Below small_size it is held in memory after the first read. Others stream,
/// files of large_size and above read by another thread while the pieces before are worked on, and read again where
/// need be. Every full read ends with a check that the file did not change meanwhile.
class Document : public Content {
 public:
  /// Bytes. A thread costs as much as reading a piece.
  static constexpr std::size_t large_size = 8 * piece_size;

  /// Reads what will be held. Throws io.
  explicit Document(InputFile file);

  const std::string& name() const noexcept override { return file_.name(); }
  FileIdentity identity() const noexcept { return file_.identity(); }
  /// As the document was when opened; nothing for files that say less than they hold, as those of /proc do.
  std::optional<std::uint64_t> size() const noexcept override { return size_; }
  Bytes beginning() override { return complete_ ? beginning_of(head_) : beginning_; }

  Bytes whole(std::uint64_t most) override;
  bool readable() const override;
  bool is_small() const override { return complete_; }

 private:
  void for_each_piece(const std::function<void(BytesView)>& sink) override;
  void give_file(const std::function<void(BytesView)>& sink);
  void check_beginning(std::uint64_t offset, BytesView piece) const;

  InputFile file_;
  Bytes head_;             // all bytes where complete_; the first ones of a pipe; else the piece at hand
  Bytes beginning_;        // where not complete_
  bool complete_ = false;  // head_ is the whole document
  std::optional<std::uint64_t> size_;
  bool consumed_ = false;  // a pipe that was read to its end
};

}  // namespace eidtool::formats
