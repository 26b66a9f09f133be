// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace eidtool::tests {

/// A file of the source tree.
struct SourceFile {
  std::string name;  // from the top of the tree: `src/base/pin.cpp`
  std::string text;

  /// The first folder below src/; empty for files elsewhere.
  std::string room() const;
  bool ends_in(const std::string& suffix) const;
  /// What it includes: `base/pin.hpp`, `botan/bigint.h`.
  std::vector<std::string> includes() const;
};

/// Every text file below `folder` (of the top of the tree); build folders and .git are no part of it.
std::vector<SourceFile> source_files(const std::string& folder);

/// The text of a file of the tree.
std::string source_file(const std::string& name);

/// All matches of a regular expression's first group.
std::vector<std::string> matches(const std::string& text, const std::string& expression);

/// Sorted, without those that stand twice.
std::set<std::string> set_of(const std::vector<std::string>& values);

/// The commands that `eidtool --help` lists.
std::vector<std::string> commands();
/// What `eidtool WORDS` prints.
std::string eidtool_prints(const std::vector<std::string>& words);

}  // namespace eidtool::tests
