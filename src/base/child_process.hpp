// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace eidtool {

/// This program once more, beside this process: what it writes to its standard output is read here, its standard input
/// is empty, its standard error the same; what whoever started this one handed down is handed on. It is killed where it
/// still runs when this ends.
class ChildProcess {
 public:
  /// `words` are its arguments; its name is that of this process. Throws module_failed.
  explicit ChildProcess(const std::vector<std::string>& words);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// For poll(): there is output, or the end of it.
  int output_descriptor() const noexcept { return output_.number(); }
  /// For poll(): it has ended. Processes that it made may keep its output open.
  int end_descriptor() const noexcept { return end_.number(); }

  enum class Reading { bytes, nothing_yet, end };
  /// Adds what there is of the output to `text`, a piece at most; waits for nothing.
  Reading read(std::string& text);

  /// Whether it stands still by a SIGSTOP, which no terminal sends.
  bool is_stopped() const noexcept;
  void kill() const noexcept;
  /// Waits for its end, and kills it where it takes longer than that: `status 6`, `signal 11`; for people.
  std::string end(std::chrono::milliseconds patience);

 private:
  FileDescriptor output_;
  FileDescriptor end_;
  pid_t process_ = -1;  // -1: it was waited for
};

/// For such a process: it ends with the one that made it, however that ends.
void end_with(pid_t parent);

}  // namespace eidtool
