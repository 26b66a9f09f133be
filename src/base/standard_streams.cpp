// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "base/files.hpp"

namespace eidtool::standard_streams {

namespace {

constexpr int first_private_descriptor = 10;  // clear of what shells and callers hand down

int real_input = STDIN_FILENO;
int real_output = STDOUT_FILENO;

void redirect(const char* path, int flags, int descriptor) {
  const FileDescriptor opened(::open(path, flags | O_CLOEXEC));
  if (opened) ::dup2(opened.number(), descriptor);
}

/// What foreign code sees while nobody lends it the terminal.
void seal() {
  redirect("/dev/null", O_RDONLY, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

}  // namespace

void take_over() {
  // A descriptor that the caller closed would be the number of the next file opened: fill the gaps.
  const bool had_input = ::fcntl(STDIN_FILENO, F_GETFD) >= 0;
  const bool had_output = ::fcntl(STDOUT_FILENO, F_GETFD) >= 0;
  real_input = had_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, first_private_descriptor) : -1;
  real_output = had_output ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, first_private_descriptor) : -1;
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    const int opened = ::open("/dev/null", O_RDWR);
    if (opened >= 0 && opened != descriptor) {
      ::dup2(opened, descriptor);
      ::close(opened);
    }
  }
  seal();
}

int input() { return real_input; }
int output() { return real_output; }

LendTerminal::LendTerminal(bool lend) : lent_(lend) {
  if (!lent_) return;
  redirect("/dev/tty", O_RDWR | O_NOCTTY, STDIN_FILENO);
  redirect("/dev/tty", O_RDWR | O_NOCTTY, STDOUT_FILENO);
}

LendTerminal::~LendTerminal() {
  if (lent_) seal();
}

}  // namespace eidtool::standard_streams
