// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/message.hpp"

namespace eidtool::formats {

/// What a signature is of, wherever it is: a Message that keeps the digests that were computed.
class Content : public Message {
 public:
  static constexpr std::size_t small_size = 1U << 20U;  // bytes, below which a document is held in memory
  static constexpr std::size_t piece_size = 1U << 18U;  // bytes; each of many jobs holds a few
  static constexpr std::size_t beginning_size = 512;    // bytes

  /// As messages name it.
  virtual const std::string& name() const = 0;
  /// Bytes, as far as it is known: of a pipe when all of it was read.
  virtual std::optional<std::uint64_t> size() const noexcept = 0;
  /// Its first beginning_size bytes, or all where there are fewer; also of a pipe that was read. Throws io.
  virtual Bytes beginning() = 0;

  const Bytes& digest(HashAlgorithm hash) override;
  /// Computes several digests in one pass; later digest() calls find them.
  void compute_digests(const std::vector<HashAlgorithm>& hashes);
  /// `all` is what whole() gave, and is what digest() with SHA-256 is of from here on.
  void remember(BytesView all);
  void give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) override;

 protected:
  /// All bytes in order, piece by piece. Throws io.
  virtual void for_each_piece(const std::function<void(BytesView)>& sink) = 0;

  static Bytes beginning_of(BytesView bytes);
  /// Throws unsupported where `size` bytes are more than `most`.
  void check_size(std::uint64_t size, std::uint64_t most) const;

 private:
  std::map<HashAlgorithm, Bytes> digests_;
};

/// Bytes in memory as Content.
class BytesContent : public Content {
 public:
  BytesContent(Bytes bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  std::optional<std::uint64_t> size() const noexcept override { return bytes_.size(); }
  Bytes beginning() override { return beginning_of(bytes_); }
  Bytes whole(std::uint64_t most) override;
  bool readable() const override { return true; }
  bool is_small() const override { return bytes_.size() <= small_size; }

 private:
  void for_each_piece(const std::function<void(BytesView)>& sink) override;

  Bytes bytes_;
  std::string name_;
};

}  // namespace eidtool::formats
