// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/error.hpp"

namespace eidtool {

namespace {

const char* const this_program = "/proc/self/exe";

Error failure(const char* what, int error_number) {
  return Error(ErrorKind::module_failed, io_error(what, this_program, error_number).what(),
               "is the limit of processes or open files reached (ulimit -a)?");
}

/// The three standard streams of the new process, and nothing else that this one has open.
class FileActions {
 public:
  explicit FileActions(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw failure("cannot make a pipe to", errno);
  output_ = FileDescriptor(ends[0]);
  const FileDescriptor writing(ends[1]);
  // posix_spawn() takes the words by pointers to non-const and only reads them.
  std::vector<char*> pointers = {program_invocation_name};
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const FileActions actions(writing.number());
  const int error_number = ::posix_spawn(&process_, this_program, actions.get(), nullptr, pointers.data(), environ);
  if (error_number != 0) throw failure("cannot run", error_number);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : output_(std::move(other.output_)), process_(std::exchange(other.process_, -1)) {}

ChildProcess::~ChildProcess() {
  if (process_ < 0) return;
  kill();
  (void)::waitpid(process_, nullptr, 0);  // whatever it came to: nobody asks any more
}

bool ChildProcess::read(std::string& text) {
  std::array<char, 1U << 16U> buffer{};
  for (;;) {
    const auto count = ::read(output_.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }
}

void ChildProcess::kill() const noexcept {
  if (process_ >= 0) (void)::kill(process_, SIGKILL);
}

std::string ChildProcess::end() {
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "status " + std::to_string(WEXITSTATUS(status));
}

void end_with_parent() {
  const auto parent = ::getppid();
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before.
  if (::getppid() != parent) (void)::raise(SIGKILL);
}

}  // namespace eidtool
