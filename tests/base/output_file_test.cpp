// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace eidtool {

using tests::error_of;
using tests::read_file;
using tests::write_file;

namespace {

std::size_t count_of(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("an output appears when it is published and not before") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  for (const auto if_exists : {IfExists::refuse, IfExists::replace}) {
    OutputFile output(path, if_exists);
    output.write(as_bytes("hello "));
    output.write(as_bytes("world"));
    CHECK_FALSE(std::filesystem::exists(path));
    output.publish();
    CHECK(read_file(path) == "hello world");
    CHECK(count_of(folder.path()) == 1);
    std::filesystem::remove(path);
  }
}

TEST_CASE("an output that is not published leaves nothing") {
  const tests::TemporaryFolder folder;
  {
    OutputFile output(folder.path() / "out", IfExists::refuse);
    output.write(as_bytes("hello"));
    OutputFile moved = std::move(output);
    moved.write(as_bytes("hello"));
  }
  CHECK(count_of(folder.path()) == 0);
}

TEST_CASE("an existing file is refused, and replaced only when that is meant") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  write_file(path, "before");
  const auto error = error_of([&] { OutputFile(path, IfExists::refuse); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("exists already"));
  CHECK_THAT(error.hint(), Catch::Matchers::ContainsSubstring("--force"));
  CHECK(error_of([&] { check_writable(path, IfExists::refuse); }).kind() == ErrorKind::io);

  OutputFile output(path, IfExists::replace);
  output.write(as_bytes("after"));
  CHECK(read_file(path) == "before");
  output.publish();
  CHECK(read_file(path) == "after");
  CHECK(count_of(folder.path()) == 1);
}

TEST_CASE("a file that appeared meanwhile is not replaced") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  {
    OutputFile output(path, IfExists::refuse);
    output.write(as_bytes("ours"));
    write_file(path, "theirs");
    CHECK(error_of([&] { output.publish(); }).kind() == ErrorKind::io);
  }
  CHECK(read_file(path) == "theirs");
  CHECK(count_of(folder.path()) == 1);
}

TEST_CASE("an output takes the place of the file that is expected there, and of no other") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  write_file(path, "before");
  const InputFile before(path);  // open, so that no other file gets its number
  {
    OutputFile output(path, IfExists::replace);
    output.write(as_bytes("after"));
    output.publish_over(before.identity());
  }
  CHECK(read_file(path) == "after");
  for (const bool is_there : {true, false}) {
    if (!is_there) std::filesystem::remove(path);
    OutputFile output(path, IfExists::replace);
    output.write(as_bytes("late"));
    const auto error = error_of([&] { output.publish_over(before.identity()); });
    CHECK(error.kind() == ErrorKind::io);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("was replaced meanwhile"));
    if (is_there) CHECK(read_file(path) == "after");
  }
  CHECK(count_of(folder.path()) == 0);
}

TEST_CASE("a folder, a device and a missing folder are no places for a file") {
  const tests::TemporaryFolder folder;
  const auto kind = [](const std::filesystem::path& path) {
    const auto asked = error_of([&] { check_writable(path, IfExists::replace); }).kind();
    CHECK(error_of([&] { OutputFile(path, IfExists::replace); }).kind() == asked);
    return asked;
  };
  CHECK(kind(folder.path()) == ErrorKind::io);
  CHECK(kind(folder.path() / "missing/out") == ErrorKind::io);
  CHECK(kind("/dev/null") == ErrorKind::io);
  write_file(folder.path() / "file", "x");
  CHECK(kind(folder.path() / "file/out") == ErrorKind::io);
}

TEST_CASE("a dangling link is a name that is taken") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "out";
  std::filesystem::create_symlink("nowhere", path);
  CHECK(error_of([&] { OutputFile(path, IfExists::refuse); }).kind() == ErrorKind::io);
  OutputFile output(path, IfExists::replace);
  output.publish();
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(path)));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "nowhere"));
}

}  // namespace eidtool
