// SPDX-License-Identifier: Apache-2.0
#include "trust/policies.hpp"

#include <algorithm>

namespace eidtool::trust {

namespace {

const std::string any(any_policy);

void lower(std::uint64_t& counter, std::optional<std::uint64_t> limit) {
  if (limit && *limit < counter) counter = *limit;
}

void count_down(std::uint64_t& counter) {
  if (counter > 0) --counter;
}

}  // namespace

PolicyGraph::PolicyGraph(const PolicyRequest& request, std::size_t length)
    : request_(request),
      levels_{{{any, {{any}, {}}}}},
      explicit_policy_(request.require_explicit_policy ? 0 : length + 1),
      policy_mapping_(request.inhibit_policy_mapping ? 0 : length + 1),
      inhibit_any_policy_(request.inhibit_any_policy ? 0 : length + 1) {}

bool PolicyGraph::process(const Extensions& extensions, bool is_self_issued, bool is_last) {
  if (!extensions.policies) {
    levels_.clear();
  } else if (!is_null()) {
    add_level(*extensions.policies, inhibit_any_policy_ > 0 || (!is_last && is_self_issued));
    prune();
  }
  if (explicit_policy_ == 0 && is_null()) return false;
  if (is_last) return true;

  if (!map_policies(extensions)) return false;
  if (!is_self_issued) {
    count_down(explicit_policy_);
    count_down(policy_mapping_);
    count_down(inhibit_any_policy_);
  }
  lower(explicit_policy_, extensions.policy_constraints.require_explicit_policy);
  lower(policy_mapping_, extensions.policy_constraints.inhibit_policy_mapping);
  lower(inhibit_any_policy_, extensions.inhibit_any_policy);
  return true;
}

/// RFC 9618 §5.3, steps (d)(1) and (2).
void PolicyGraph::add_level(const std::vector<std::string>& policies, bool any_policy_counts) {
  const auto& above = levels_.back();
  Level level;
  for (const auto& policy : policies) {
    if (policy == any) continue;
    std::set<std::string> parents;
    for (const auto& [parent, node] : above) {
      if (node.expected.contains(policy)) parents.insert(parent);
    }
    if (parents.empty() && above.contains(any)) parents.insert(any);
    if (!parents.empty()) level[policy] = {{policy}, parents};
  }
  const bool has_any = std::ranges::find(policies, any) != policies.end();
  if (has_any && any_policy_counts) {
    std::map<std::string, std::set<std::string>> unmatched;
    for (const auto& [parent, node] : above) {
      for (const auto& expected : node.expected) {
        if (!level.contains(expected)) unmatched[expected].insert(parent);
      }
    }
    for (const auto& [policy, parents] : unmatched) level[policy] = {{policy}, parents};
  }
  levels_.push_back(std::move(level));
}

/// Step (d)(3): nodes without children go, the lowest level excepted.
void PolicyGraph::prune() {
  for (auto index = levels_.size() - 1; index > 0; --index) {
    std::set<std::string> used;
    for (const auto& [policy, node] : levels_[index]) used.insert(node.parents.begin(), node.parents.end());
    std::erase_if(levels_[index - 1], [&](const auto& entry) { return !used.contains(entry.first); });
  }
  if (levels_.front().empty()) levels_.clear();
}

/// RFC 5280 §6.1.4 (a) and (b).
bool PolicyGraph::map_policies(const Extensions& extensions) {
  std::map<std::string, std::set<std::string>> mappings;
  for (const auto& [issuers, subjects] : extensions.policy_mappings) {
    if (issuers == any || subjects == any) return false;
    mappings[issuers].insert(subjects);
  }
  if (is_null() || mappings.empty()) return true;
  auto& level = levels_.back();
  const auto any_node = level.find(any);
  for (const auto& [policy, mapped] : mappings) {
    const auto node = level.find(policy);
    if (policy_mapping_ == 0) {
      if (node != level.end()) level.erase(node);
    } else if (node != level.end()) {
      node->second.expected = mapped;
    } else if (any_node != level.end()) {
      level[policy] = {mapped, {any}};
    }
  }
  prune();
  return true;
}

bool PolicyGraph::wrap_up(const Extensions& last) {
  count_down(explicit_policy_);
  if (last.policy_constraints.require_explicit_policy == 0U) explicit_policy_ = 0;
  if (explicit_policy_ > 0) return true;
  if (is_null()) return false;
  if (request_.acceptable.contains(any)) return true;
  // The policies that the anchor's side asserted: nodes that hang below anyPolicy, and anyPolicy at the end itself.
  for (std::size_t index = 1; index < levels_.size(); ++index) {
    for (const auto& [policy, node] : levels_[index]) {
      if (policy == any) {
        if (index + 1 == levels_.size()) return true;
      } else if (node.parents.contains(any) && request_.acceptable.contains(policy)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace eidtool::trust
