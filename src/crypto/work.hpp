// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <set>

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

  /// As may_take(), of what is done once for each thing, which is kept so that no other is taken for it.
  bool may_take_once(const std::shared_ptr<const void>& thing, std::uint64_t cost) {
    return may_take(paid_.insert(thing).second ? cost : 0);
  }

  bool is_exhausted() const { return is_exhausted_; }
  std::uint64_t done() const { return done_; }

 private:
  static constexpr std::uint64_t most_of_a_file = 2500000;  // ten thousand signatures on P-256

  std::uint64_t most_;
  std::uint64_t done_ = 0;
  bool is_exhausted_ = false;
  std::set<std::shared_ptr<const void>> paid_;
};

}  // namespace eidtool::crypto
