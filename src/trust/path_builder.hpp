// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trust/path.hpp"

namespace eidtool::trust {

/// Finds paths from certificates to anchors, over authorities that were renewed or certify each other.
class PathBuilder {
 public:
  PathBuilder(const std::vector<crypto::Certificate>& anchors, std::vector<crypto::Certificate> pool,
              SignatureChecks& checks);

  /// Gives paths to `visit`, likely ones first, until it returns true or there are no more, or so many that somebody
  /// made them to cost time.
  void for_each_path(const crypto::Certificate& certificate, const std::function<bool(const Path&)>& visit);

  /// The certificates above one as far as they go, where no path leads to an anchor.
  Path path_without_anchor(const crypto::Certificate& certificate);

  /// All of them, each once.
  const std::vector<crypto::Certificate>& certificates() const { return certificates_; }

  /// Whether ways were left out because there were too many.
  bool gave_up() const { return gave_up_; }

 private:
  struct Node {
    crypto::Certificate certificate;
    bool is_anchor;
    std::optional<std::vector<std::size_t>> issuers;  // nothing: not looked for yet
  };
  using Way = std::vector<std::size_t>;

  std::size_t add(const crypto::Certificate& certificate, bool is_anchor);
  const std::vector<std::size_t>& issuers_of(std::size_t node);
  bool extend(Way& way, const std::function<bool(const Path&)>& visit, std::size_t& steps);
  Path path_of(const Way& way) const;

  SignatureChecks& checks_;
  std::deque<Node> nodes_;  // those that may issue others first
  std::map<Bytes, std::size_t> by_fingerprint_;
  std::map<std::string, std::vector<std::size_t>> by_subject_;
  std::vector<crypto::Certificate> certificates_;
  std::size_t steps_ = 0;
  bool gave_up_ = false;
};

}  // namespace eidtool::trust
