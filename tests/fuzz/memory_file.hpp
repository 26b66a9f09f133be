// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include "base/files.hpp"

namespace eidtool::tests {

/// A descriptor of a file that holds `bytes` and has no name but path_of() it.
inline FileDescriptor memory_descriptor(BytesView bytes) {
  FileDescriptor descriptor(::memfd_create("input", MFD_CLOEXEC));
  write_all(descriptor.number(), bytes, "input");
  (void)::lseek(descriptor.number(), 0, SEEK_SET);
  return descriptor;
}

inline std::string path_of(const FileDescriptor& descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor.number());
}

inline InputFile memory_file(BytesView bytes) { return {memory_descriptor(bytes), "input"}; }

}  // namespace eidtool::tests
