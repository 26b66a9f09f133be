// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace eidtool::crypto {

/// How long one file may keep a machine busy, counted beforehand and not by the clock: the same file has the same
/// answer everywhere. Lives as long as one file is looked at.
class Work {
 public:
  /// Microseconds on a machine of today.
  explicit Work(std::uint64_t most = most_of_a_file) : most_(most) {}

  /// False: it would be too much, and so is all that comes after.
  bool may_take(std::uint64_t cost) {
    if (is_exhausted_ || cost > most_ - done_) {
      is_exhausted_ = true;
      return false;
    }
    done_ += cost;
    return true;
  }

  bool is_exhausted() const { return is_exhausted_; }
  std::uint64_t done() const { return done_; }

 private:
  static constexpr std::uint64_t most_of_a_file = 2500000;  // ten thousand signatures on P-256

  std::uint64_t most_;
  std::uint64_t done_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace eidtool::crypto
