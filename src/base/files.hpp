// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <tuple>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace eidtool {

/// An open descriptor, closed when this ends.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();

  int number() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  void close() noexcept;

 private:
  int number_ = -1;
};

/// What a name stands for on disk: the same for two names of one file.
struct FileIdentity {
  dev_t device;
  ino_t inode;
  bool operator==(const FileIdentity&) const = default;
  bool operator<(const FileIdentity& other) const {
    return std::tie(device, inode) < std::tie(other.device, other.inode);
  }
};

/// The file behind a name, links followed; nothing where there is none.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

/// The number where a name, or the link that it is, means a descriptor of this process: /dev/stdin, /dev/fd/3.
std::optional<std::string> descriptor_named_by(std::filesystem::path path);

/// A file, pipe or device that is read from its beginning to its end; a descriptor that is handed
/// over from where it stands. Throws io for a name that is missing, unreadable or a directory, and
/// for a regular file that changes or is replaced while it is read.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  /// Takes over a descriptor that is open already (standard input); `name` stands in messages.
  InputFile(FileDescriptor descriptor, std::string name);

  /// As given on the command line.
  const std::string& name() const noexcept { return name_; }

  /// Fills the buffer as far as the file goes; 0 at its end.
  std::size_t read(std::span<std::uint8_t> buffer);

  /// The first bytes, `most` or as many as there are, before anything was read; read() begins with them all the same.
  Bytes head(std::size_t most);

  /// As read(), from `offset` bytes behind the beginning on; where read() goes on is not moved. Not for pipes.
  std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const;

  /// Back to where it began; false for a pipe.
  bool rewind();
  bool is_regular() const noexcept;
  /// Bytes from there to the end, as the file was when opened; nothing for a pipe.
  std::optional<std::uint64_t> size() const noexcept;
  FileIdentity identity() const noexcept;

  /// Throws io where the file is no longer as it was when it was opened.
  void check_unchanged() const;
  /// What it throws, where something else tells that the file changed.
  Error changed(std::string_view how = "changed") const;

 private:
  InputFile(const std::filesystem::path& path, bool is_named);

  FileDescriptor descriptor_;
  std::string name_;
  struct stat status_ {};
  off_t beginning_ = 0;
  Bytes looked_at_;        // of a pipe, and not read yet
  bool is_named_ = false;  // it was opened by its name
};

/// All of a small file. Throws io; malformed, naming `what` ("certificate"), above `most` bytes.
Bytes read_small_file(InputFile& file, std::size_t most, std::string_view what);
Bytes read_small_file(const std::filesystem::path& path, std::size_t most, std::string_view what);

enum class IfExists { refuse, replace };

/// A file that appears whole, by publish(), or not at all. Until then it has no name (O_TMPFILE), or
/// where the file system cannot do that a temporary one beside the target, removed when this ends
/// or the process is interrupted.
class OutputFile {
 public:
  /// Throws io where the folder is missing or unwritable, or the name is taken and may not be replaced.
  OutputFile(std::filesystem::path target, IfExists if_exists);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  void write(BytesView bytes);
  /// Gives it the permissions of a file that it is to replace. Throws io.
  void take_mode_of(const std::filesystem::path& other);
  /// Gives the file its name. Throws io where that was taken meanwhile.
  void publish();
  /// Gives the file a name in the place of `expected`. Throws io where another file is there, which is kept.
  void publish_over(const FileIdentity& expected);

 private:
  void open_temporary();
  void link_beside();

  std::filesystem::path target_;
  IfExists if_exists_;
  FileDescriptor descriptor_;
  std::string temporary_;  // empty: the file has no name yet
};

/// Unlinks what OutputFile would have removed, for a process that ends without a word. A signal handler may call it.
void remove_temporaries() noexcept;

/// Whether a file can be made at `target`, asked before a person is bothered: the folder exists and
/// is writable, the name is free or may be replaced and is no folder. Throws io.
void check_writable(const std::filesystem::path& target, IfExists if_exists);

/// Writes everything, over short writes and interruptions; `name` stands in messages. Throws io.
void write_all(int descriptor, BytesView bytes, const std::string& name);

/// The three standard streams, kept out of reach of foreign code: from take_over() on, descriptor 0
/// is /dev/null and 1 is the standard error, so that a module that prints or reads cannot corrupt
/// `eidtool sign - < document > signature`. input() and output() are the real ones.
namespace standard_streams {
void take_over();
int input();
/// -1 where the process was started without one.
int output();
/// While this lives, descriptors 0 and 1 are the terminal, for modules that ask for the PIN themselves.
class LendTerminal {
 public:
  explicit LendTerminal(bool lend);
  LendTerminal(const LendTerminal&) = delete;
  LendTerminal& operator=(const LendTerminal&) = delete;
  ~LendTerminal();

 private:
  bool lent_ = false;
};
}  // namespace standard_streams

}  // namespace eidtool
