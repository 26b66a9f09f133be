// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace eidtool::formats {

/// A list of files with their SHA-256 digests, as sha256sum of GNU coreutils writes and checks it: one signature over
/// it is one over all of them.
struct ManifestEntry {
  std::string name;  // as it is opened; no NUL
  Bytes digest;      // 32 bytes
};

/// One line with its end. A name that holds a backslash or a line end is escaped, which the line begins with a
/// backslash for.
std::string manifest_line(const ManifestEntry& entry);

/// All lines of a list, in order. Throws malformed, naming the line, for anything that is none: nothing is passed over,
/// since what is passed over would count as checked. `name` stands in messages.
std::vector<ManifestEntry> parse_manifest(std::string_view text, const std::string& name);

}  // namespace eidtool::formats
