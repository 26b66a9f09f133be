// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace eidtool::tests {

/// One line of --json. Fields are named by JSON pointers (RFC 6901): `/token/label`.
class JsonLine {
 public:
  /// Throws where `text` is no JSON.
  explicit JsonLine(const std::string& text);

  std::string type() const { return text("/type"); }
  bool has(const std::string& pointer) const;
  bool is_null(const std::string& pointer) const;
  /// Throw where there is none of that type.
  std::string text(const std::string& pointer) const;
  long number(const std::string& pointer) const;
  bool flag(const std::string& pointer) const;
  std::size_t count(const std::string& pointer) const;
  std::vector<std::string> texts(const std::string& pointer) const;

  /// What the shipped schema of its type says against it, and the one of all types; empty: nothing.
  std::string complaints() const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

/// Every line of `output`. Throws where one is not JSON or its schema does not allow it.
std::vector<JsonLine> json_lines(const std::string& output);

}  // namespace eidtool::tests
