// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/error.hpp"

namespace eidtool {

namespace {

const char* const this_program = "/proc/self/exe";

Error failure(const char* what, int error_number) {
  return Error(ErrorKind::module_failed, io_error(what, this_program, error_number).what(),
               "is the limit of processes or open files reached (ulimit -a)?");
}

/// The three standard streams of the new process. All else that eidtool opens is closed by itself (O_CLOEXEC).
class FileActions {
 public:
  explicit FileActions(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
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
  (void)::fcntl(output_.number(), F_SETFL, O_NONBLOCK);
  const FileDescriptor writing(ends[1]);
  // Who ignores it, as a program may be started, has no children to wait for.
  (void)::signal(SIGCHLD, SIG_DFL);
  // posix_spawn() takes the words by pointers to non-const and only reads them.
  std::vector<char*> pointers = {program_invocation_name};
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  const FileActions actions(writing.number());
  const int error_number = ::posix_spawn(&process_, this_program, actions.get(), nullptr, pointers.data(), environ);
  if (error_number != 0) throw failure("cannot run", error_number);
  // The header of glibc 2.36 declares pidfd_open() for C alone.
  end_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
  if (end_) return;
  const int no_descriptor = errno;
  kill();
  (void)::waitpid(process_, nullptr, 0);
  throw failure("cannot wait for", no_descriptor);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : output_(std::move(other.output_)), end_(std::move(other.end_)), process_(std::exchange(other.process_, -1)) {}

ChildProcess::~ChildProcess() {
  if (process_ < 0) return;
  kill();
  (void)::waitpid(process_, nullptr, 0);  // whatever it came to: nobody asks any more
}

ChildProcess::Reading ChildProcess::read(std::string& text) {
  std::array<char, 1U << 16U> buffer{};
  for (;;) {
    const auto count = ::read(output_.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return Reading::nothing_yet;
    if (count <= 0) return Reading::end;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return Reading::bytes;
  }
}

bool ChildProcess::is_stopped() const noexcept {
  siginfo_t state{};
  if (process_ < 0 || ::waitid(P_PID, static_cast<id_t>(process_), &state, WSTOPPED | WNOHANG | WNOWAIT) != 0) {
    return false;
  }
  return state.si_pid == process_ && state.si_status == SIGSTOP;
}

void ChildProcess::kill() const noexcept {
  if (process_ >= 0) (void)::kill(process_, SIGKILL);
}

std::string ChildProcess::end(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ended{end_.number(), POLLIN, 0};
    const int count = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (count > 0) break;
    if (count < 0 && errno == EINTR) continue;
    kill();
    break;
  }
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "status " + std::to_string(WEXITSTATUS(status));
}

void end_with(pid_t parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have ended before.
  if (::getppid() != parent) (void)::raise(SIGKILL);
}

}  // namespace eidtool
