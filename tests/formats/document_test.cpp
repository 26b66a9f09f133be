// SPDX-License-Identifier: Apache-2.0
#include "formats/document.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "crypto/digest.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace eidtool::formats {

using tests::error_of;

namespace {

constexpr std::size_t small_size = Document::small_size;
constexpr std::size_t large_size = Document::large_size;

std::string content_of(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t index = 0; index < size; ++index) content[index] = static_cast<char>(index * 7 + index / 251);
  return content;
}

Bytes sha256(const std::string& text) { return crypto::digest(HashAlgorithm::sha256, as_bytes(text)); }

Bytes given(Document& document, HashAlgorithm hash = HashAlgorithm::none) {
  Bytes all;
  document.give(hash, [&](BytesView piece) {
    CHECK(piece.size() <= small_size);
    all.insert(all.end(), piece.begin(), piece.end());
  });
  return all;
}

/// The reading end of a pipe into which a thread writes.
class Pipe {
 public:
  explicit Pipe(std::string content) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    reading_ = FileDescriptor(ends[0]);
    writer_ = std::thread([content = std::move(content), end = ends[1]] {
      const FileDescriptor writing(end);
      write_all(writing.number(), as_bytes(content), "pipe");
    });
  }
  ~Pipe() { writer_.join(); }

  InputFile file() { return InputFile(std::move(reading_), "the standard input"); }

 private:
  FileDescriptor reading_;
  std::thread writer_;
};

}  // namespace

TEST_CASE("a document gives the same bytes and digests again and again, whatever its size") {
  const tests::TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, small_size - 1, small_size, small_size + 1,
                                 large_size - 1, large_size, 3 * large_size + 5}) {
    INFO(size);
    const auto content = content_of(size);
    const auto path = folder.path() / "document";
    tests::write_file(path, content);
    Document document{InputFile(path)};
    CHECK(document.is_small() == (size < small_size));
    CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
    CHECK(std::ranges::equal(given(document), as_bytes(content)));
    CHECK(std::ranges::equal(given(document, HashAlgorithm::sha1), as_bytes(content)));
    CHECK(std::ranges::equal(document.whole(size), as_bytes(content)));
    document.compute_digests({HashAlgorithm::sha384, HashAlgorithm::sha512});
    CHECK(document.digest(HashAlgorithm::sha512) == crypto::digest(HashAlgorithm::sha512, as_bytes(content)));
    CHECK(document.digest(HashAlgorithm::sha1) == crypto::digest(HashAlgorithm::sha1, as_bytes(content)));
    CHECK(document.readable());
  }
}

TEST_CASE("a small pipe is held in memory and read as often as wanted") {
  const auto content = content_of(small_size - 1);
  Pipe pipe(content);
  Document document(pipe.file());
  CHECK(document.is_small());
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
  CHECK(std::ranges::equal(given(document), as_bytes(content)));
  CHECK(document.readable());
}

TEST_CASE("a large pipe is read once; the digest of what was given stays known") {
  const auto content = content_of(2 * small_size + 17);
  Pipe pipe(content);
  Document document(pipe.file());
  CHECK_FALSE(document.is_small());
  CHECK(document.readable());
  CHECK(std::ranges::equal(given(document, HashAlgorithm::sha256), as_bytes(content)));
  CHECK_FALSE(document.readable());
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
  const auto error = error_of([&] { document.digest(HashAlgorithm::sha512); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("cannot be read twice"));
}

TEST_CASE("a pipe that was taken whole is in memory from then on") {
  const auto content = content_of(2 * small_size);
  Pipe pipe(content);
  Document document(pipe.file());
  CHECK(std::ranges::equal(document.whole(4 * small_size), as_bytes(content)));
  CHECK(std::ranges::equal(document.whole(4 * small_size), as_bytes(content)));
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
}

TEST_CASE("a document too large to be taken whole is unsupported, from a file or a pipe") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  tests::write_file(path, content_of(2 * small_size + 1));
  Document file{InputFile(path)};
  const auto error = error_of([&] { file.whole(2 * small_size); });
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("larger than 2 MiB"));
  CHECK_FALSE(error.hint().empty());
  Pipe pipe(content_of(2 * small_size + 1));
  Document piped(pipe.file());
  CHECK(error_of([&] { piped.whole(2 * small_size); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("a document that changes while it is read is no document") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  const std::size_t size = GENERATE(3 * small_size, 3 * large_size);
  for (const bool grows : {true, false}) {
    CAPTURE(size, grows);
    tests::write_file(path, content_of(size));
    Document document{InputFile(path)};
    CHECK_NOTHROW(document.digest(HashAlgorithm::sha256));
    const auto error = error_of([&] {
      document.give(HashAlgorithm::sha512, [&](BytesView) {
        if (grows) {
          std::ofstream(path, std::ios::app) << "more";
        } else {
          std::filesystem::resize_file(path, small_size);
        }
      });
    });
    CHECK(error.kind() == ErrorKind::io);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("changed while it was read"));
    CHECK(error_of([&] { document.digest(HashAlgorithm::sha1); }).kind() == ErrorKind::io);
  }
}

TEST_CASE("a document that is rewritten is found out by its beginning, also where it keeps its size and time") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  const auto size = GENERATE(as<std::size_t>{}, small_size, 3 * large_size);
  tests::write_file(path, content_of(size));
  Document document{InputFile(path)};
  const auto time = std::filesystem::last_write_time(path);
  const FileDescriptor writing(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  write_all(writing.number(), as_bytes("other"), "document");
  std::filesystem::last_write_time(path, time);
  std::size_t given_size = 0;
  const auto error =
      error_of([&] { document.give(HashAlgorithm::sha256, [&](BytesView piece) { given_size += piece.size(); }); });
  CHECK(error.kind() == ErrorKind::io);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("changed while it was read"));
  CHECK(given_size == 0);
}

TEST_CASE("the beginning of a document is known at any time, of files and pipes of any size") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{513},
                                 small_size - 1, small_size, large_size}) {
    INFO(size);
    const auto content = content_of(size);
    const auto beginning = content.substr(0, Document::beginning_size);
    tests::write_file(path, content);
    Document file{InputFile(path)};
    Pipe pipe(content);
    Document piped(pipe.file());
    for (auto* document : {&file, &piped}) {
      CHECK(std::ranges::equal(document->beginning(), as_bytes(beginning)));
      CHECK(document->digest(HashAlgorithm::sha256) == sha256(content));
      CHECK(std::ranges::equal(document->beginning(), as_bytes(beginning)));
      CHECK(document->size() == size);
    }
  }
}

TEST_CASE("a file that holds more than it says is read whole, and is of no known size") {
  REQUIRE(std::filesystem::file_size("/proc/version") == 0);
  const auto content = tests::read_file("/proc/version");
  REQUIRE_FALSE(content.empty());
  Document document{InputFile("/proc/version")};
  CHECK_FALSE(document.size());
  CHECK(std::ranges::equal(document.beginning(), as_bytes(content.substr(0, Document::beginning_size))));
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
}

TEST_CASE("a document of which the rest is not wanted is left") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  const auto content = content_of(3 * large_size);
  tests::write_file(path, content);
  Document document{InputFile(path)};
  for (const std::size_t pieces : {std::size_t{1}, std::size_t{6}}) {
    std::size_t given_pieces = 0;
    const auto error = error_of([&] {
      document.give(HashAlgorithm::none, [&](BytesView) {
        if (++given_pieces == pieces) throw Error(ErrorKind::usage, "enough");
      });
    });
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("enough"));
  }
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content));
}

TEST_CASE("a descriptor that stands in the middle of a file is read from there, each time") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "document";
  const auto content = content_of(2 * small_size + 100);
  tests::write_file(path, content);
  FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::lseek(descriptor.number(), 50, SEEK_SET) == 50);
  Document document{InputFile(std::move(descriptor), "the standard input")};
  CHECK(document.digest(HashAlgorithm::sha256) == sha256(content.substr(50)));
  CHECK(std::ranges::equal(document.whole(3 * small_size), as_bytes(content).subspan(50)));
}

TEST_CASE("a folder and a missing file are no documents") {
  const tests::TemporaryFolder folder;
  CHECK(error_of([&] { Document{InputFile(folder.path())}; }).kind() == ErrorKind::io);
  CHECK(error_of([&] { Document{InputFile(folder.path() / "missing")}; }).kind() == ErrorKind::io);
}

}  // namespace eidtool::formats
