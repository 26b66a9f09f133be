// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "crypto/certificate.hpp"

namespace eidtool::trust {

/// Who made which signature: each is checked once, and no more of them than honest files have need of. Lives as long as
/// one file is judged.
class SignatureChecks {
 public:
  enum class Answer {
    made,
    not_made,
    unknown,  // an algorithm or a key that eidtool does not check
  };

  explicit SignatureChecks(std::size_t most = most_of_a_file, std::size_t most_looks = most_looks_of_a_file)
      : most_(most), most_looks_(most_looks) {}

  /// Whether the key of `issuer` made the signature on `certificate`; names are not looked at.
  Answer made_by(const crypto::Certificate& certificate, const crypto::Certificate& issuer);
  /// The same of a list or response, which has to live as long as this.
  Answer made_by(const crypto::SignedObject& object, const crypto::Certificate& signer);

  /// Counts a look at one who may have signed something. False: there were too many, which is_exhausted() tells.
  bool may_look();

  /// Whether some were not checked because there were too many. Those are `not_made`.
  bool is_exhausted() const { return is_exhausted_; }
  /// How many were checked.
  std::size_t count() const { return count_; }

 private:
  Answer check(const std::string& what, const crypto::SignedObject& object, const crypto::Certificate& signer);

  std::map<std::pair<std::string, std::string>, Answer> known_;  // by what was signed, and the key
  static constexpr std::size_t most_of_a_file = 10000;           // some seconds with the slowest keys
  static constexpr std::size_t most_looks_of_a_file = 500000;    // some seconds, too

  std::size_t most_;
  std::size_t most_looks_;
  std::size_t count_ = 0;
  std::size_t look_count_ = 0;
  bool is_exhausted_ = false;
};

/// What a key is known by: the same in all certificates for it. Empty for one that eidtool does not check.
std::string key_of(const crypto::Certificate& certificate);

}  // namespace eidtool::trust
