// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace eidtool::crypto {

/// A digest in the making; ends with finish().
class Hasher {
 public:
  explicit Hasher(HashAlgorithm hash);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(BytesView bytes);
  Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Bytes digest(HashAlgorithm hash, BytesView bytes);

}  // namespace eidtool::crypto
