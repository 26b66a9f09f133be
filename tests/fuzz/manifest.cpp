// SPDX-License-Identifier: Apache-2.0
// Lists of files with their digests: what is read is what was written, and what is none is an error.
#include "formats/manifest.hpp"

#include "fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  const std::string text(data, data + size);
  try {
    const auto entries = formats::parse_manifest(text, "list");
    std::string written;
    for (const auto& entry : entries) {
      if (entry.digest.size() != 32 || entry.name.empty()) __builtin_trap();
      if (entry.name.find('\0') != std::string::npos) __builtin_trap();
      written += formats::manifest_line(entry);
    }
    // Written anew it says the same.
    const auto again = formats::parse_manifest(written, "list");
    if (again.size() != entries.size()) __builtin_trap();
    for (std::size_t index = 0; index < entries.size(); ++index) {
      if (again[index].name != entries[index].name || again[index].digest != entries[index].digest) __builtin_trap();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::malformed) __builtin_trap();
  }
  return 0;
}
