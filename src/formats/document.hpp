// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/message.hpp"

namespace eidtool::formats {

/// A document on disk or on standard input as a Message. Up to 1 MiB it is held in memory after the
/// first read; above, it streams through one buffer, and a file is read again where need be.
/// Every full read ends with a check that the file did not change meanwhile.
class Document : public Message {
 public:
  static constexpr std::size_t small_size = 1U << 20U;  // bytes

  /// Reads up to small_size bytes at once. Throws io.
  explicit Document(InputFile file);

  const std::string& name() const noexcept { return file_.name(); }
  FileIdentity identity() const noexcept { return file_.identity(); }

  const Bytes& digest(HashAlgorithm hash) override;
  /// Computes several digests in one pass; later digest() calls find them.
  void compute_digests(const std::vector<HashAlgorithm>& hashes);
  void give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) override;
  Bytes whole(std::uint64_t most) override;
  bool readable() const override;
  bool is_small() const override { return complete_; }

 private:
  void for_each_piece(const std::function<void(BytesView)>& sink);

  InputFile file_;
  Bytes head_;             // the first bytes; all of them where complete_
  bool complete_ = false;  // head_ is the whole document
  bool consumed_ = false;  // a pipe that was read to its end
  std::map<HashAlgorithm, Bytes> digests_;
};

}  // namespace eidtool::formats
