// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <fcntl.h>

#include <array>
#include <fstream>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace eidtool {

using tests::error_of;

TEST_CASE("a file is read to its end and again from its beginning") {
  const tests::TemporaryFolder folder;
  tests::write_file(folder.path() / "file", "hello");
  InputFile file(folder.path() / "file");
  CHECK(file.is_regular());
  CHECK(file.size() == 5);
  std::array<std::uint8_t, 3> buffer{};
  CHECK(file.read(buffer) == 3);
  CHECK(file.read(buffer) == 2);
  CHECK(file.read(buffer) == 0);
  CHECK(file.rewind());
  CHECK(file.read(buffer) == 3);
  CHECK_NOTHROW(file.check_unchanged());
}

TEST_CASE("a file that changes while it is read is noticed") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  tests::write_file(path, "hello");
  const InputFile file(path);
  SECTION("it grows") { std::ofstream(path, std::ios::app) << "more"; }
  SECTION("it shrinks") { std::filesystem::resize_file(path, 1); }
  SECTION("it is written over") {
    tests::write_file(path, "HELLO");
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  }
  const auto error = error_of([&] { file.check_unchanged(); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK(error.file() == path.string());
}

TEST_CASE("a file that is renamed or replaced while it is read is noticed") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  tests::write_file(path, "hello");
  const InputFile file(path);
  std::filesystem::rename(path, folder.path() / "other");
  tests::write_file(path, "another");
  const auto error = error_of([&] { file.check_unchanged(); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("was replaced while it was read"));
  std::filesystem::rename(folder.path() / "other", path);
  CHECK_NOTHROW(file.check_unchanged());
}

TEST_CASE("two names of one file are one file") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  tests::write_file(path, "hello");
  std::filesystem::create_symlink("file", folder.path() / "link");
  std::filesystem::create_hard_link(path, folder.path() / "second");
  CHECK(identity_of(path) == identity_of(folder.path() / "link"));
  CHECK(identity_of(path) == identity_of(folder.path() / "second"));
  CHECK(identity_of(path) == InputFile(path).identity());
  CHECK_FALSE(identity_of(folder.path() / "missing"));
}

TEST_CASE("what cannot be read is an error that names it") {
  const tests::TemporaryFolder folder;
  CHECK(error_of([&] { InputFile(folder.path() / "missing"); }).kind() == ErrorKind::io);
  CHECK(error_of([&] { InputFile{folder.path()}; }).kind() == ErrorKind::io);
}

TEST_CASE("a small file may be as large as it may and no larger") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  tests::write_file(path, std::string(2048, 'x'));
  CHECK(read_small_file(path, 2048, "certificate").size() == 2048);
  const auto error = error_of([&] { read_small_file(path, 2047, "certificate"); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("too large for a certificate"));
}

TEST_CASE("a descriptor moves and closes once") {
  FileDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.number();
  FileDescriptor second = std::move(first);
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): what this is about
  CHECK(second.number() == number);
  second.close();
  CHECK_FALSE(second);
  CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("writing to a full device is an error") {
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  const auto error = error_of([&] { write_all(full.number(), as_bytes("x"), "/dev/full"); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("no space left"));
}

}  // namespace eidtool
