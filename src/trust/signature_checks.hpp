// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "crypto/certificate.hpp"
#include "crypto/work.hpp"

namespace eidtool::trust {

/// Who made which signature: each is checked once, and no more of them than honest files have need of, which slow keys
/// and long lists use up sooner. Lives as long as one file is judged.
class SignatureChecks {
 public:
  enum class Answer {
    made,
    not_made,
    unknown,  // an algorithm or a key that eidtool does not check
  };

  explicit SignatureChecks(crypto::Work work = crypto::Work(), std::size_t most_looks = most_looks_of_a_file)
      : work_(std::move(work)), most_looks_(most_looks) {}

  /// Whether the key of `issuer` made the signature on `certificate`; names are not looked at.
  Answer made_by(const crypto::Certificate& certificate, const crypto::Certificate& issuer);
  /// The same of a list or response, which has to live as long as this.
  Answer made_by(const crypto::SignedObject& object, const crypto::Certificate& signer);

  /// Counts looks at what may be of use: one for each certificate, entry or response, and for some 64 bytes of what has
  /// to be read for it. False: there were too many, which is_exhausted() tells.
  bool may_look(std::uint64_t count = 1);
  /// Counts what loading the certificate's key costs. False as with may_look().
  bool may_load(const crypto::Certificate& certificate);

  /// Whether some were not checked because there were too many. Those are `not_made`.
  bool is_exhausted() const { return work_.is_exhausted() || looks_are_exhausted_; }
  /// How many were checked.
  std::size_t count() const { return count_; }
  /// What they cost, as crypto::Work counts.
  std::uint64_t cost() const { return work_.done(); }
  std::uint64_t look_count() const { return look_count_; }

 private:
  Answer check(const std::string& what, const crypto::SignedObject& object, const crypto::Certificate& signer);

  std::map<std::pair<std::string, Bytes>, Answer> known_;        // by what was signed, and the key
  static constexpr std::uint64_t most_looks_of_a_file = 500000;  // a second

  crypto::Work work_;
  std::uint64_t most_looks_;
  std::size_t count_ = 0;
  std::uint64_t look_count_ = 0;
  bool looks_are_exhausted_ = false;
};

/// Looks that reading so many bytes counts as.
constexpr std::uint64_t looks_for(std::uint64_t size) { return 1 + size / 64; }

}  // namespace eidtool::trust
