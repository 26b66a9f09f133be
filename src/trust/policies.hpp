// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "trust/extensions.hpp"

namespace eidtool::trust {

/// What a user may demand of certificate policies (RFC 5280 §6.1.1 (c), (e)–(g)).
struct PolicyRequest {
  std::set<std::string> acceptable = {std::string(any_policy)};  // user-initial-policy-set
  bool require_explicit_policy = false;
  bool inhibit_policy_mapping = false;
  bool inhibit_any_policy = false;
};

/// The policies under which a chain is valid, followed from the anchor down. The tree of RFC 5280 §6.1 grows
/// exponentially with hostile certificates; this is the graph of RFC 9618, which has one node for each policy and depth
/// and says the same.
class PolicyGraph {
 public:
  /// For a chain of `length` certificates below the anchor.
  PolicyGraph(const PolicyRequest& request, std::size_t length);

  /// RFC 5280 §6.1.3 (d)–(f) and, unless it is the last, §6.1.4 (a), (b), (h)–(j): the next certificate. False where
  /// an explicit policy is required and none is left, or mappings touch anyPolicy.
  bool process(const Extensions& extensions, bool is_self_issued, bool is_last);

  /// RFC 5280 §6.1.5 (a), (b), (g): whether the chain is valid under a policy that is acceptable.
  bool wrap_up(const Extensions& last);

  /// Policies at the depth that was come to.
  std::size_t size() const { return levels_.empty() ? 0 : levels_.back().size(); }

 private:
  struct Node {
    std::set<std::string> expected;
    std::set<std::string> parents;  // policies of nodes one level up
  };
  using Level = std::map<std::string, Node>;

  bool is_null() const { return levels_.empty(); }
  void add_level(const std::vector<std::string>& policies, bool any_policy_counts);
  void prune();
  bool map_policies(const Extensions& extensions);

  PolicyRequest request_;
  std::vector<Level> levels_;  // empty: the graph is NULL
  std::uint64_t explicit_policy_;
  std::uint64_t policy_mapping_;
  std::uint64_t inhibit_any_policy_;
};

}  // namespace eidtool::trust
