// SPDX-License-Identifier: Apache-2.0
#include "formats/manifest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::formats {

namespace {

constexpr std::size_t digest_size = 32;  // bytes

/// What stands behind a backslash, and what it stands for.
constexpr std::array<std::pair<char, char>, 3> escapes = {{{'\\', '\\'}, {'n', '\n'}, {'r', '\r'}}};

std::optional<std::string> unescaped(std::string_view text) {
  std::string name;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] != '\\') {
      name += text[index];
      continue;
    }
    if (++index == text.size()) return std::nullopt;
    const auto* found = std::ranges::find(escapes, text[index], &std::pair<char, char>::first);
    if (found == escapes.end()) return std::nullopt;
    name += found->second;
  }
  return name;
}

std::optional<ManifestEntry> entry_of(std::string_view line) {
  const bool is_escaped = line.starts_with('\\');
  if (is_escaped) line.remove_prefix(1);
  constexpr std::size_t digits = 2 * digest_size;
  // Between digest and name a blank and how the file was read: ' ' as text or '*' as bytes, which is one here.
  if (line.size() <= digits + 2 || line[digits] != ' ') return std::nullopt;
  if (line[digits + 1] != ' ' && line[digits + 1] != '*') return std::nullopt;
  auto digest = from_hex(line.substr(0, digits));
  if (!digest || digest->size() != digest_size) return std::nullopt;
  const auto text = line.substr(digits + 2);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  // A name that ends so is escaped; sha256sum takes this for a line end of another system, and would open another file.
  if (text.ends_with('\r')) return std::nullopt;
  auto name = is_escaped ? unescaped(text) : std::string(text);
  if (!name) return std::nullopt;
  return ManifestEntry{std::move(*name), std::move(*digest)};
}

}  // namespace

std::string manifest_line(const ManifestEntry& entry) {
  std::string name;
  for (const char c : entry.name) {
    const auto* found = std::ranges::find(escapes, c, &std::pair<char, char>::second);
    if (found == escapes.end()) {
      name += c;
    } else {
      name += '\\';
      name += found->first;
    }
  }
  return (name == entry.name ? "" : "\\") + to_hex(entry.digest) + "  " + name + "\n";
}

std::vector<ManifestEntry> parse_manifest(std::string_view text, const std::string& name) {
  std::vector<ManifestEntry> entries;
  while (!text.empty()) {
    const auto length = std::min(text.find('\n'), text.size());
    auto entry = entry_of(text.substr(0, length));
    if (!entry) {
      throw malformed("line " + std::to_string(entries.size() + 1) + " of " + in_quotes(name) +
                          " is no SHA-256 digest with the name of a file",
                      text.substr(0, length).ends_with('\r')
                          ? "its lines end in CR LF: sign it with those of Unix, LF alone"
                          : "'sha256sum FILE…' writes such a list, and so does 'eidtool sign --manifest LIST FILE…'")
          .with_file(name);
    }
    entries.push_back(std::move(*entry));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  if (entries.empty()) throw malformed(in_quotes(name) + " lists no file").with_file(name);
  return entries;
}

}  // namespace eidtool::formats
