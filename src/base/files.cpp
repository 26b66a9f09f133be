// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool {

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

FileDescriptor::~FileDescriptor() { close(); }

void FileDescriptor::close() noexcept {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

std::optional<std::string> descriptor_named_by(std::filesystem::path path) {
  constexpr int most_links = 40;  // as many as the kernel follows
  for (int count = 0; count < most_links; ++count) {
    // Also where they are missing, as in some containers.
    if (path == "/dev/stdin") return "0";
    if (path == "/dev/stdout") return "1";
    // In folders of descriptors all names are links, and numbers: of others six looks at folders are saved, for each
    // file.
    std::error_code no_link;
    const auto target = std::filesystem::read_symlink(path, no_link);
    if (no_link == std::errc::invalid_argument) return std::nullopt;  // there is something else
    const auto folder = path.has_parent_path() ? path.parent_path() : ".";
    const auto name = path.filename().string();
    const auto is_folder = [&](const char* of_descriptors) {
      std::error_code absent;
      return folder == of_descriptors || std::filesystem::equivalent(folder, of_descriptors, absent);
    };
    const bool is_number = !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    // A thread shares the descriptors of its process; its folder of them is another one.
    if (is_number && (is_folder("/dev/fd") || is_folder("/proc/self/fd") || is_folder("/proc/thread-self/fd"))) {
      return name;
    }
    if (no_link) return std::nullopt;
    path = folder / target;
  }
  return std::nullopt;
}

namespace {

/// Opened by its name, it would be the /dev/null that standard_streams::take_over() put in its place: an empty
/// document, signed.
bool names_standard_input(const std::filesystem::path& path) { return descriptor_named_by(path) == "0"; }

int open_standard_input() { return ::fcntl(standard_streams::input(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1); }

FileIdentity identity_in(const struct stat& status) noexcept { return {status.st_dev, status.st_ino}; }

/// As the kernel finds it: /dev/stdin is the /dev/null that stands in its place.
std::optional<FileIdentity> identity_by_name(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return identity_in(status);
}

}  // namespace

std::optional<FileIdentity> identity_of(const std::filesystem::path& path) {
  if (!names_standard_input(path)) return identity_by_name(path);
  struct stat status {};
  if (::fstat(standard_streams::input(), &status) != 0) return std::nullopt;
  return identity_in(status);
}

InputFile::InputFile(const std::filesystem::path& path) : InputFile(path, !names_standard_input(path)) {}

InputFile::InputFile(const std::filesystem::path& path, bool is_named)
    : InputFile(
          FileDescriptor(is_named ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY) : open_standard_input()),
          path.string()) {
  is_named_ = is_named;
}

InputFile::InputFile(FileDescriptor descriptor, std::string name)
    : descriptor_(std::move(descriptor)), name_(std::move(name)) {
  if (!descriptor_ || ::fstat(descriptor_.number(), &status_) != 0) throw io_error("cannot open", name_, errno);
  if (S_ISDIR(status_.st_mode)) throw io_error("cannot read", name_, EISDIR);
  // `{ read -r line; eidtool sign -; } < file` hands over a descriptor that stands after the first line.
  beginning_ = std::max<off_t>(0, ::lseek(descriptor_.number(), 0, SEEK_CUR));
}

Bytes InputFile::head(std::size_t most) {
  Bytes bytes(most);
  bytes.resize(is_regular() ? read_at(0, bytes) : read(bytes));
  if (!is_regular()) looked_at_ = bytes;
  return bytes;
}

std::size_t InputFile::read(std::span<std::uint8_t> buffer) {
  std::size_t filled = std::min(buffer.size(), looked_at_.size());
  std::copy_n(looked_at_.begin(), filled, buffer.begin());
  looked_at_.erase(looked_at_.begin(), looked_at_.begin() + static_cast<std::ptrdiff_t>(filled));
  while (filled < buffer.size()) {
    const auto size = ::read(descriptor_.number(), buffer.data() + filled, buffer.size() - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw io_error("cannot read", name_, errno);
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
  }
  return filled;
}

std::size_t InputFile::read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto size = ::pread(descriptor_.number(), buffer.data() + filled, buffer.size() - filled,
                              beginning_ + static_cast<off_t>(offset + filled));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw io_error("cannot read", name_, errno);
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
  }
  return filled;
}

bool InputFile::rewind() { return ::lseek(descriptor_.number(), beginning_, SEEK_SET) == beginning_; }

bool InputFile::is_regular() const noexcept { return S_ISREG(status_.st_mode); }

std::optional<std::uint64_t> InputFile::size() const noexcept {
  if (!is_regular()) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<off_t>(0, status_.st_size - beginning_));
}

FileIdentity InputFile::identity() const noexcept { return identity_in(status_); }

void InputFile::check_unchanged() const {
  if (!is_regular()) return;
  struct stat current {};
  if (::fstat(descriptor_.number(), &current) != 0) throw io_error("cannot read", name_, errno);
  const auto same_moment = [](const timespec& left, const timespec& right) {
    return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
  };
  // The inode's change time also moves when the file is merely renamed or gets another mode, so it
  // is the content's own size and time that count.
  const bool is_same = current.st_size == status_.st_size && same_moment(current.st_mtim, status_.st_mtim);
  // The descriptor goes on showing what stood there: nobody would find that under the name.
  const bool is_there = !is_named_ || identity_by_name(name_) == identity();
  if (is_same && is_there) return;
  throw changed(is_same ? "was replaced" : "changed");
}

Error InputFile::changed(std::string_view how) const {
  return Error(ErrorKind::io, in_quotes(name_) + " " + std::string(how) + " while it was read",
               "try again when nothing writes to it any more")
      .with_file(name_);
}

Bytes read_small_file(InputFile& file, std::size_t most, std::string_view what) {
  // No more memory than the file takes; a pipe shows its size only in the reading.
  constexpr std::size_t first_guess = 64U << 10U;
  Bytes bytes(static_cast<std::size_t>(std::min<std::uint64_t>(most, file.size().value_or(first_guess))) + 1);
  for (std::size_t filled = 0;;) {
    filled += file.read(std::span(bytes).subspan(filled));
    const bool is_full = filled == bytes.size();
    if (!is_full) bytes.resize(filled);
    if (!is_full || filled > most) break;
    bytes.resize(std::min(2 * bytes.size(), most + 1));
  }
  file.check_unchanged();
  if (bytes.size() <= most) return bytes;
  throw malformed(in_quotes(file.name()) + " is too large for a " + std::string(what) + ": more than " +
                  std::to_string(most / 1024) + " KiB")
      .with_file(file.name());
}

Bytes read_small_file(const std::filesystem::path& path, std::size_t most, std::string_view what) {
  InputFile file(path);
  return read_small_file(file, most, what);
}

void write_all(int descriptor, BytesView bytes, const std::string& name) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // a pipe that somebody made so, and that is full
      pollfd ready{descriptor, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
      continue;
    }
    if (written < 0) throw io_error("cannot write", name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

}  // namespace eidtool
