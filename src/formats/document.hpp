// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/files.hpp"
#include "formats/content.hpp"

namespace eidtool::formats {

/// A document on disk or on standard input. Below small_size it is held in memory after the first read. Others stream;
/// a large file is read by another thread while the pieces before are worked on, and read again where need be. Every
/// full read ends with a check that the file did not change meanwhile.
class Document : public Content {
 public:
  /// Reads what will be held. Throws io.
  explicit Document(InputFile file);

  const std::string& name() const noexcept override { return file_.name(); }
  FileIdentity identity() const noexcept { return file_.identity(); }
  /// Bytes, as the document was when opened; nothing for a pipe that is not small.
  std::optional<std::uint64_t> size() const noexcept override;

  Bytes whole(std::uint64_t most) override;
  bool readable() const override;
  bool is_small() const override { return complete_; }

 private:
  void for_each_piece(const std::function<void(BytesView)>& sink) override;
  void give_file(const std::function<void(BytesView)>& sink);

  InputFile file_;
  Bytes head_;             // all bytes where complete_; the first ones of a pipe; else the piece at hand
  bool complete_ = false;  // head_ is the whole document
  bool consumed_ = false;  // a pipe that was read to its end
};

}  // namespace eidtool::formats
