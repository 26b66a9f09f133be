// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// Tells when somebody reads a file.
class ReadWatch {
 public:
  explicit ReadWatch(const fs::path& file) : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    REQUIRE(::inotify_add_watch(inotify_.number(), file.c_str(), IN_ACCESS) >= 0);
  }
  /// How often it was read: all since the last time that this was asked is once.
  int count() {
    std::array<char, 4096> events{};
    if (::read(inotify_.number(), events.data(), events.size()) > 0) ++count_;
    return count_;
  }

 private:
  FileDescriptor inotify_;
  int count_ = 0;
};

/// A file that takes a while to be read, and next to no room.
void write_sparse(const fs::path& file, std::uintmax_t size) {
  write_file(file, "text");
  fs::resize_file(file, size);
}

constexpr std::uintmax_t large = 1U << 30U;  // bytes

struct Change {
  const char* what;
  const char* message;
  std::function<void(const fs::path&)> make;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> all = {
      {"grows", "changed while it was read",
       [](const fs::path& file) { std::ofstream(file, std::ios::app) << "more"; }},
      {"shrinks", "changed while it was read",
       [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }},
      {"is emptied", "changed while it was read", [](const fs::path& file) { fs::resize_file(file, 0); }},
      {"is written to", "changed while it was read",
       [](const fs::path& file) {
         const FileDescriptor descriptor(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
         REQUIRE(::pwrite(descriptor.number(), "TEXT", 4, 0) == 4);
       }},
      {"is replaced", "was replaced while it was read",
       [](const fs::path& file) {
         write_file(file.string() + ".new", "another");
         fs::rename(file.string() + ".new", file);
       }},
      {"is removed", "was replaced while it was read", [](const fs::path& file) { fs::remove(file); }},
  };
  return all;
}

/// Runs a command and makes the change as soon as it reads the file: it waits for us where processors are few. `sign`
/// looks at how it begins before it opens it for good: the second time counts.
Outcome run_with_change(Program program, const fs::path& file, const Change& change) {
  const int times = std::ranges::count(program.words, "sign") > 0 ? 2 : 1;
  const std::vector<std::string> patiently = {"nice", "-n", "19"};
  program.words.insert(program.words.begin(), patiently.begin(), patiently.end());
  ReadWatch watch(file);
  Child child(program, {});
  child.exchange([&] { return watch.count() >= times || child.has_ended(); });
  change.make(file);
  return child.wait();
}

}  // namespace

TEST_CASE("a large document that changes while it is read is neither signed nor verified") {
  Desk desk;
  const auto document = desk.folder().parent_path() / "large";  // not on the desk, which is read as a whole
  write_sparse(document, large);
  REQUIRE(desk.eidtool("sign ../large -o large.sig --cert-out c.der --pin-file ../pin").status == 0);
  const auto before = desk.files();
  for (const std::string line : {"sign ../large -o new.sig --cert-out new.der --pin-file ../pin",
                                 "sign ../large --format cades -o new.p7s --pin-file ../pin",
                                 "sign ../large --format cades --attached -o new.p7s --pin-file ../pin",
                                 "verify large.sig --document ../large --cert c.der"}) {
    for (const auto& change : changes()) {
      INFO(line << ": it " << change.what);
      write_sparse(document, large);
      const auto outcome = run_with_change(desk.eidtool_program(line), document, change);
      INFO(outcome.errors);
      CHECK(outcome.status == 3);
      CHECK(outcome.output == "");
      CHECK(says(outcome, "error", "'../large' " + std::string(change.message)));
      CHECK((desk.files() == before));
    }
  }
}

TEST_CASE("a file on the standard input that changes while it is read is told too") {
  Desk desk;
  const auto document = desk.folder().parent_path() / "large";
  for (const std::string name : {"-", "/dev/stdin"}) {
    for (const auto& change : changes()) {
      const std::string what = change.what;
      if (what == "is replaced" || what == "is removed") continue;  // what was redirected has no name
      INFO(name << ": it " << what);
      write_sparse(document, large);
      auto program = desk.eidtool_program("sign " + name + " -o new.sig --pin-file ../pin");
      program.input_file = document;
      const auto outcome = run_with_change(program, document, change);
      INFO(outcome.errors);
      CHECK(outcome.status == 3);
      CHECK(says(outcome, "error", name == "-" ? "'the standard input' changed" : "'/dev/stdin' changed"));
      CHECK(desk.files().empty());
    }
  }
}

TEST_CASE("a signature file with the document inside that changes while it is read is told") {
  Desk desk;
  desk.write("doc", std::string(64U << 20U, 'x'));
  REQUIRE(desk.eidtool("sign doc --format cades --attached -o ../signed --pin-file ../pin").status == 0);
  fs::remove(desk.path("doc"));
  const auto signature = desk.folder().parent_path() / "signed";
  const auto kept = desk.folder().parent_path() / "kept";
  fs::rename(signature, kept);
  for (const std::string line : {"verify ../signed", "verify ../signed -o out"}) {
    for (const auto& change : changes()) {
      INFO(line << ": it " << change.what);
      fs::copy_file(kept, signature, fs::copy_options::overwrite_existing);
      const auto outcome = run_with_change(desk.eidtool_program(line), signature, change);
      INFO(outcome.errors);
      CHECK(outcome.status == 3);
      CHECK(says(outcome, "error", "'../signed' " + std::string(change.message)));
      CHECK(desk.files().empty());
    }
  }
}

TEST_CASE("a small document that is replaced all the time is signed as one of its states, or not at all") {
  Desk desk;
  const std::string states[] = {std::string(5000, 'a'), std::string(5000, 'b'), std::string(9000, 'c')};
  std::size_t next = 0;
  const auto replace = [&] {
    write_file(desk.folder().parent_path() / "next", states[next++ % 3]);
    fs::rename(desk.folder().parent_path() / "next", desk.path("doc"));
  };
  replace();
  REQUIRE(desk.eidtool("export-cert -o ../c.der").status == 0);
  for (int round = 0; round < 20; ++round) {
    Child child(desk.eidtool_program("sign doc --pin-file ../pin"), {});
    // In between what the streams have to say: many times in each run.
    child.exchange([&] {
      for (int times = 0; times < 20; ++times) replace();
      return child.has_ended();
    });
    const auto outcome = child.wait();
    INFO(outcome.errors);
    if (outcome.status != 0) {
      CHECK(outcome.status == 3);
      CHECK(says(outcome, "error", "'doc' was replaced while it was read"));
      CHECK_FALSE(desk.has("doc.sig"));
      continue;
    }
    int fitting = 0;
    for (const auto& state : states) {
      write_file(desk.folder().parent_path() / "state", state);
      fitting += desk.eidtool("verify doc.sig --document ../state --cert ../c.der").status == 0 ? 1 : 0;
    }
    CHECK(fitting == 1);
    fs::remove(desk.path("doc.sig"));
  }
}

}  // namespace eidtool::tests
