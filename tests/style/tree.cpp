// SPDX-License-Identifier: Apache-2.0
#include "style/tree.hpp"

#include <algorithm>
#include <regex>
#include <stdexcept>

#include "support/desk.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

/// The part of a help text between a heading and the next blank line.
std::string section(const std::string& text, const std::string& heading) {
  const auto begin = text.find("\n" + heading);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find("\n\n", begin + 1) - begin);
}

}  // namespace

std::string SourceFile::room() const {
  constexpr const char* top = "src/";
  if (name.rfind(top, 0) != 0) return {};
  const auto slash = name.find('/', 4);
  return slash == std::string::npos ? std::string() : name.substr(4, slash - 4);
}

bool SourceFile::ends_in(const std::string& suffix) const {
  return name.size() >= suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::vector<std::string> SourceFile::includes() const {
  return matches(text, "^[ \\t]*#[ \\t]*include[ \\t]*[<\"]([^>\"]*)[>\"]");
}

std::vector<SourceFile> source_files(const std::string& folder) {
  const fs::path top = from_meson("EIDTOOL_SOURCE");
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(top / folder); entry != fs::recursive_directory_iterator();
       ++entry) {
    const auto name = entry->path().filename().string();
    // Build folders are called build… and, as .git does, have no place in the tree.
    const bool foreign = name == ".git" || name == ".cache" || fs::exists(entry->path() / "meson-private");
    if (entry->is_directory() && foreign) entry.disable_recursion_pending();
    // In a linked work tree .git is a file.
    if (foreign || !entry->is_regular_file()) continue;
    files.push_back({fs::relative(entry->path(), top).string(), read_file(entry->path())});
  }
  std::sort(files.begin(), files.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
  return files;
}

std::string source_file(const std::string& name) { return read_file(fs::path(from_meson("EIDTOOL_SOURCE")) / name); }

std::vector<std::string> matches(const std::string& text, const std::string& expression) {
  const std::regex pattern(expression, std::regex::ECMAScript | std::regex::multiline);
  std::vector<std::string> found;
  // Line by line: std::regex runs out of stack on long texts.
  for (const auto& line : lines_of(text)) {
    for (std::sregex_iterator match(line.begin(), line.end(), pattern); match != std::sregex_iterator(); ++match) {
      found.push_back((*match)[1].str());
    }
  }
  return found;
}

std::set<std::string> set_of(const std::vector<std::string>& values) { return {values.begin(), values.end()}; }

std::vector<std::string> commands() {
  return matches(section(eidtool_prints({"--help"}), "Commands:"), "^  ([a-z][a-z-]*)");
}

std::string eidtool_prints(const std::vector<std::string>& words) {
  Program program;
  program.words = words;
  program.words.insert(program.words.begin(), from_meson("EIDTOOL"));
  program.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", "/nonexistent"}};
  const auto outcome = run(program);
  if (outcome.status != 0) throw std::runtime_error("eidtool failed: " + outcome.errors);
  return outcome.output;
}

}  // namespace eidtool::tests
