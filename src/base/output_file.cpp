// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"

namespace eidtool {

namespace {

constexpr mode_t all_may_as_umask_says = 0666;

std::filesystem::path folder_of(const std::filesystem::path& path) {
  const auto folder = path.parent_path();
  return folder.empty() ? "." : folder;
}

Error taken(const std::filesystem::path& target) {
  return Error(ErrorKind::io, in_quotes(target.string()) + " exists already",
               "--force replaces it, -o FILE or --output-dir DIR writes elsewhere")
      .with_file(target.string());
}

Error not_written(const std::filesystem::path& target, int error_number) {
  return error_number == EEXIST ? taken(target) : io_error("cannot write", target.string(), error_number);
}

/// Names of temporaries to be unlinked when a signal ends the process. A fixed array: the handler
/// may neither lock nor allocate. One for each thread that writes, and some more.
struct Temporary {
  std::atomic<bool> used = false;
  std::array<char, 4096> path{};
};
std::array<Temporary, 300> temporaries;
std::mutex temporaries_mutex;  // among those who remember and forget
/// A process that a module forks has no business with them.
pid_t owner = -1;
/// Some thread is ending the process.
std::atomic<bool> is_ending = false;

/// Behind the making of a temporary that whoever ends the process may have looked for just before.
void leave_nothing_at_the_end(const std::string& path) {
  if (!is_ending) return;
  ::unlink(path.c_str());
  for (;;) ::pause();
}

void remember(const std::string& path) {
  const std::scoped_lock lock(temporaries_mutex);
  owner = ::getpid();
  tidy_up_at_signals();
  for (auto& temporary : temporaries) {
    if (temporary.used || path.size() >= temporary.path.size()) continue;
    path.copy(temporary.path.data(), path.size());
    temporary.path[path.size()] = '\0';
    temporary.used = true;
    return;
  }
}

void forget(const std::string& path) {
  const std::scoped_lock lock(temporaries_mutex);
  for (auto& temporary : temporaries) {
    if (temporary.used && path == temporary.path.data()) temporary.used = false;
  }
}

std::string name_in_proc(const FileDescriptor& descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor.number());
}

bool link_to(const FileDescriptor& nameless, const std::string& path) {
  return ::linkat(AT_FDCWD, name_in_proc(nameless).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

std::string temporary_name(const std::filesystem::path& target) {
  std::array<std::uint8_t, 8> random{};
  if (::getentropy(random.data(), random.size()) != 0) throw io_error("cannot make a name beside", target, errno);
  return (folder_of(target) / (".eidtool-" + to_hex(random))).string();
}

void check_name(const std::filesystem::path& target, IfExists if_exists) {
  struct stat status {};
  if (::lstat(target.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) throw io_error("cannot write", target.string(), EISDIR);
    // A rename would put a plain file in the place of a device or pipe, or of a link to one. A link to a file,
    // or to nothing, is itself what is replaced.
    if (S_ISLNK(status.st_mode) && ::stat(target.c_str(), &status) != 0) status.st_mode = S_IFREG;
    // Of a descriptor's name it would be a link in /dev or /proc that is replaced.
    if (!S_ISREG(status.st_mode) || descriptor_named_by(target)) {
      throw Error(ErrorKind::io, in_quotes(target.string()) + " is not a regular file",
                  "'-o -' writes to the standard output")
          .with_file(target.string());
    }
    if (if_exists == IfExists::refuse) throw taken(target);
  }
  const auto folder = folder_of(target);
  if (::stat(folder.c_str(), &status) != 0) throw io_error("cannot write into", folder.string(), errno);
  if (!S_ISDIR(status.st_mode)) throw io_error("cannot write into", folder.string(), ENOTDIR);
}

}  // namespace

void remove_temporaries() noexcept {
  if (::getpid() != owner) return;
  is_ending = true;
  for (auto& temporary : temporaries) {
    if (temporary.used) ::unlink(temporary.path.data());
  }
}

void check_writable(const std::filesystem::path& target, IfExists if_exists) {
  // Only an attempt tells: access() lets root write into a file system that nobody can write to.
  const OutputFile attempt(target, if_exists);
}

OutputFile::OutputFile(std::filesystem::path target, IfExists if_exists)
    : target_(std::move(target)), if_exists_(if_exists) {
  check_name(target_, if_exists_);
  descriptor_ =
      FileDescriptor(::open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, all_may_as_umask_says));
  // It gets its name through /proc, which not every container has.
  if (descriptor_ && ::access(name_in_proc(descriptor_).c_str(), F_OK) != 0) descriptor_.close();
  if (!descriptor_) open_temporary();
}

void OutputFile::open_temporary() {
  temporary_ = temporary_name(target_);
  remember(temporary_);
  descriptor_ =
      FileDescriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, all_may_as_umask_says));
  const int error_number = errno;
  leave_nothing_at_the_end(temporary_);
  if (descriptor_) return;
  forget(temporary_);
  temporary_.clear();
  throw io_error("cannot write", target_.string(), error_number);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : target_(std::move(other.target_)),
      if_exists_(other.if_exists_),
      descriptor_(std::move(other.descriptor_)),
      temporary_(std::exchange(other.temporary_, {})) {}

OutputFile::~OutputFile() {
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());  // nothing to be done where it fails: the error that led here counts
  forget(temporary_);
}

void OutputFile::write(BytesView bytes) { write_all(descriptor_.number(), bytes, target_.string()); }

void OutputFile::take_mode_of(const std::filesystem::path& other) {
  constexpr mode_t permissions = 0777;
  struct stat status {};
  if (::stat(other.c_str(), &status) != 0) throw io_error("cannot look at", other.string(), errno);
  if (::fchmod(descriptor_.number(), status.st_mode & permissions) == 0) return;
  throw io_error("cannot write", target_.string(), errno);
}

void OutputFile::publish() {
  if (temporary_.empty() && if_exists_ == IfExists::refuse) {
    if (!link_to(descriptor_, target_.string())) throw not_written(target_, errno);
  } else {
    // linkat() replaces nothing: a name beside the target first, then renamed over it.
    link_beside();
    const unsigned flags = if_exists_ == IfExists::refuse ? RENAME_NOREPLACE : 0;
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
      // Some file systems know no RENAME_NOREPLACE; a hard link refuses to replace just as well.
      const bool is_unknown = flags != 0 && (errno == EINVAL || errno == ENOSYS);
      if (!is_unknown || ::link(temporary_.c_str(), target_.c_str()) != 0) throw not_written(target_, errno);
      ::unlink(temporary_.c_str());
    }
    forget(temporary_);
    temporary_.clear();
  }
  descriptor_.close();
}

void OutputFile::publish_over(const FileIdentity& expected) {
  const auto replaced = [this] {
    return Error(ErrorKind::io, in_quotes(target_.string()) + " was replaced meanwhile",
                 "try again: what is there now was kept")
        .with_file(target_.string());
  };
  link_beside();
  const auto exchange = [this] {
    return ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0;
  };
  if (exchange()) {
    // Looked at where nobody else replaces it. What is not the one goes back, and stays here where it cannot.
    const bool is_expected = identity_of(temporary_) == expected;
    if (!is_expected && exchange()) throw replaced();
    if (is_expected) ::unlink(temporary_.c_str());
    forget(temporary_);
    temporary_.clear();
    descriptor_.close();
    return;
  }
  if (errno == ENOENT) throw replaced();
  if (errno != EINVAL && errno != ENOSYS) throw not_written(target_, errno);
  // A file system that exchanges nothing: as good as it goes.
  if (identity_of(target_) != expected) throw replaced();
  publish();
}

void OutputFile::link_beside() {
  if (!temporary_.empty()) return;
  const auto beside = temporary_name(target_);
  remember(beside);
  if (!link_to(descriptor_, beside)) {
    const int error_number = errno;
    forget(beside);
    throw not_written(target_, error_number);
  }
  leave_nothing_at_the_end(beside);
  temporary_ = beside;
}

}  // namespace eidtool
