// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/files.hpp"

namespace eidtool {

/// This program once more, beside this process: what it writes to its standard output is read here, its standard input
/// is empty, its standard error the same. It is killed where it still runs when this ends.
class ChildProcess {
 public:
  /// `words` are its arguments; its name is that of this process. Throws module_failed.
  explicit ChildProcess(const std::vector<std::string>& words);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// Of its output, for poll().
  int descriptor() const noexcept { return output_.number(); }
  /// Adds what there is of the output to `text`, waiting for nothing but the first byte; false at its end.
  bool read(std::string& text);

  void kill() const noexcept;
  /// Waits for its end: `status 6`, `signal 11`; for people.
  std::string end();

 private:
  FileDescriptor output_;
  pid_t process_ = -1;  // -1: it was waited for
};

/// For such a process: ends with the one that made it, however that ends.
void end_with_parent();

}  // namespace eidtool
