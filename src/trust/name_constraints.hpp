// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trust/extensions.hpp"

namespace eidtool::trust {

/// The subtrees in which names have to lie, and those in which they must not, gathered down a chain (RFC 5280
/// §6.1.1 (h)–(i), §6.1.4 (g)).
class NameSubtrees {
 public:
  /// One more authority's constraints.
  void add(const NameConstraints& constraints);

  /// The name of `certificate` that lies where it must not, for people; nothing where all of them lie right.
  std::optional<std::string> offending_name(const crypto::Certificate& certificate, const Extensions& extensions) const;
  /// What that counts as: each name is held against each subtree.
  std::uint64_t looks(const crypto::Certificate& certificate, const Extensions& extensions) const;

 private:
  bool is_allowed(const GeneralName& name) const;

  std::vector<std::vector<GeneralName>> permitted_;  // a name has to lie in one of each, where one is of its kind
  std::vector<GeneralName> excluded_;
  std::uint64_t count_ = 0;  // of all subtrees
  std::uint64_t size_ = 0;   // bytes of them
};

}  // namespace eidtool::trust
