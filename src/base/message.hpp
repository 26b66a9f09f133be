// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace eidtool {

/// What is signed. It lends its digest, or its bytes piece by piece, as the signer's route needs;
/// either way its digest is known afterwards without reading again.
class Message {
 public:
  virtual ~Message() = default;

  /// The digest of the whole message, computed once for each hash.
  virtual const Bytes& digest(HashAlgorithm hash) = 0;

  /// Gives the bytes in order to `sink`, piece by piece, and keeps their digest with `hash` (unless none), so that
  /// what was hashed is what was given.
  virtual void give(HashAlgorithm hash, const std::function<void(BytesView)>& sink) = 0;

  /// All bytes, for algorithms that cannot stream; throws unsupported above `most` bytes.
  virtual Bytes whole(std::uint64_t most) = 0;

  /// True where the bytes can be had (again) at the cost of a read; false for a pipe that was read.
  virtual bool readable() const = 0;

  /// True where all bytes are in memory already: a small document.
  virtual bool is_small() const = 0;
};

}  // namespace eidtool
