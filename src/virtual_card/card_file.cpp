// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/card_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::virtual_card {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_size = 1U << 20U;

/// Links followed, so that a link stays one when the file is replaced.
fs::path real_path(const fs::path& file) {
  std::error_code error;
  auto real = fs::canonical(file, error);
  if (error) throw io_error("cannot open the card", file.string(), error.value());
  return real;
}

/// A record lock (POSIX fcntl): the kernel tells who holds it. It ends with the first descriptor of its file that
/// the process closes, so that one has to do for everything.
struct flock lock_request(short type) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  return request;
}

std::optional<pid_t> holder_of_lock_on(int descriptor) {
  auto request = lock_request(F_WRLCK);
  if (::fcntl(descriptor, F_GETLK, &request) != 0 || request.l_type == F_UNLCK) return std::nullopt;
  return request.l_pid;
}

Error in_use(const fs::path& file, int descriptor) {
  const auto holder = holder_of_lock_on(descriptor);
  return Error(ErrorKind::io,
               "the card " + in_quotes(file.string()) + " is in a reader" +
                   (holder ? " (process " + std::to_string(*holder) + ")" : std::string()),
               "'eidtool-virtual-card remove' pulls it out")
      .with_file(file.string());
}

FileDescriptor opened(const fs::path& file, int flags) {
  FileDescriptor descriptor(::open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) throw io_error("cannot open the card", file.string(), errno);
  return descriptor;
}

std::string content_of(int descriptor, const fs::path& file) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto count = ::pread(descriptor, buffer, sizeof buffer, static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw io_error("cannot read the card", file.string(), errno);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > most_file_size) {
      throw malformed(in_quotes(file.string()) + " is too large for a card").with_file(file.string());
    }
  }
}

FileDescriptor locked(const fs::path& file) {
  for (;;) {
    auto descriptor = opened(file, O_RDWR);
    auto request = lock_request(F_WRLCK);
    if (::fcntl(descriptor.number(), F_SETLK, &request) != 0) {
      if (errno == EAGAIN || errno == EACCES) throw in_use(file, descriptor.number());
      throw io_error("cannot lock the card", file.string(), errno);
    }
    // Another process may have put a new file in its place between the two calls.
    struct stat status {};
    const auto named = identity_of(file);
    const bool is_it =
        ::fstat(descriptor.number(), &status) == 0 && named && *named == FileIdentity{status.st_dev, status.st_ino};
    if (is_it) return descriptor;
  }
}

void sync_folder(const fs::path& folder) {
  const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A file system that cannot sync a folder loses nothing that this could mend.
  if (descriptor) (void)::fsync(descriptor.number());
}

}  // namespace

CardFile::CardFile(const fs::path& file) : file_(real_path(file)), locked_(locked(file_)) {
  card_ = parse_card(content_of(locked_.number(), file_), file);
}

void CardFile::store(const Card& card) {
  auto temporary = (file_.parent_path() / ("." + file_.filename().string() + ".XXXXXX")).string();
  FileDescriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!descriptor) throw io_error("cannot write the card", file_.string(), errno);
  try {
    // Locked before it has the name, so that the card is never free in between.
    auto request = lock_request(F_WRLCK);
    const auto text = card_text(card);
    if (::fcntl(descriptor.number(), F_SETLK, &request) != 0) throw io_error("cannot lock", temporary, errno);
    write_all(descriptor.number(), as_bytes(text), temporary);
    if (::fsync(descriptor.number()) != 0) throw io_error("cannot write", temporary, errno);
    if (::rename(temporary.c_str(), file_.c_str()) != 0) throw io_error("cannot write the card", file_.string(), errno);
  } catch (...) {  // to leave nothing behind; what went wrong goes on
    (void)::unlink(temporary.c_str());
    throw;
  }
  sync_folder(file_.parent_path());
  locked_ = std::move(descriptor);
  card_ = card;
}

Card read_card_file(const fs::path& file) {
  const auto real = real_path(file);
  return parse_card(content_of(opened(real, O_RDONLY).number(), file), file);
}

std::optional<pid_t> holder_of(const fs::path& file) {
  return holder_of_lock_on(opened(real_path(file), O_RDONLY).number());
}

void write_card_file(const fs::path& file, const Card& card, IfExists if_exists) {
  std::error_code unknown;
  if (if_exists == IfExists::replace && fs::exists(file, unknown)) {
    const auto descriptor = opened(real_path(file), O_RDONLY);
    if (holder_of_lock_on(descriptor.number())) throw in_use(file, descriptor.number());
  }
  const auto mask = ::umask(0077);
  OutputFile output(file, if_exists);
  (void)::umask(mask);
  const auto text = card_text(card);
  output.write(as_bytes(text));
  output.publish();
}

}  // namespace eidtool::virtual_card
