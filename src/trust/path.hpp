// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/finding.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "trust/policies.hpp"

namespace eidtool::trust {

/// Certificates from the one in question up to an anchor, each issued by the next. The anchor is the last; it is the
/// only one where the certificate in question is itself trusted.
using Path = std::vector<crypto::Certificate>;

/// What a path is held against.
struct PathRequest {
  Time at;  // when everything has to be valid
  bool allow_sha1 = false;
  PolicyRequest policies = {};
};

/// RFC 5280 §6.1, with the anchor's own constraints (RFC 5937) and the strength of keys and digests. Revocation is not
/// in it. Nothing with a sub-indication: the path is valid.
std::vector<Finding> check_path(const Path& path, const PathRequest& request);

/// Finds paths from certificates to anchors, over authorities that were renewed or certify each other.
class PathBuilder {
 public:
  PathBuilder(std::vector<crypto::Certificate> anchors, std::vector<crypto::Certificate> pool);

  /// Gives paths to `visit`, likely ones first, until it returns true or there are no more, or so many that somebody
  /// made them to cost time.
  void for_each_path(const crypto::Certificate& certificate, const std::function<bool(const Path&)>& visit);

  const std::vector<crypto::Certificate>& pool() const { return pool_; }

 private:
  bool extend(Path& path, const std::function<bool(const Path&)>& visit, std::size_t& steps);
  bool is_issued_by(const crypto::Certificate& certificate, const crypto::Certificate& issuer);

  std::vector<crypto::Certificate> anchors_;
  std::vector<crypto::Certificate> pool_;
  std::map<std::pair<Bytes, Bytes>, bool> known_;  // by their fingerprints
};

}  // namespace eidtool::trust
