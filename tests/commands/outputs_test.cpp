// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/injection.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// `eidtool LINE` signing the pipe `slow`, of which it has read more than it holds in memory: its output is open, and
/// it waits for the rest until finish().
class SlowSigning {
 public:
  SlowSigning(const Desk& desk, const std::string& line) : child_(desk.eidtool_program(line), {}) {
    const auto pipe = desk.path("slow");
    child_.exchange([&] {
      if (!writing_) writing_ = FileDescriptor(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      if (!writing_) return child_.has_ended();
      const std::string piece(4096, 'x');
      while (written_ < wanted) {
        const auto size = ::write(writing_.number(), piece.data(), piece.size());
        if (size <= 0) break;
        written_ += static_cast<std::size_t>(size);
      }
      return written_ >= wanted || child_.has_ended();
    });
    REQUIRE(written_ >= wanted);
  }

  Outcome finish() {
    writing_.close();
    return child_.wait();
  }

 private:
  static constexpr std::size_t wanted = 3U << 20U;  // bytes; a small document has one MiB, a pipe far less
  Child child_;
  FileDescriptor writing_;
  std::size_t written_ = 0;
};

void make_pipe(const Desk& desk) { REQUIRE(::mkfifo(desk.path("slow").c_str(), 0600) == 0); }

constexpr const char* slow_line = "sign slow -o folder/out --pin-file ../pin";

/// Has a shell start `program` after `command`.
void after(Program& program, const std::string& command) {
  const std::vector<std::string> words = {"sh", "-c", command + "; exec \"$@\"", "sh"};
  program.words.insert(program.words.begin(), words.begin(), words.end());
}

std::ptrdiff_t count_in(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), {}); }

/// `eidtool LINE` so many times at once, each with a token of its own: SoftHSM does not stand logins at one moment.
std::vector<Outcome> at_once(const Desk& desk, const std::string& line, std::size_t count) {
  std::vector<std::unique_ptr<Child>> children;
  for (std::size_t number = 0; number < count; ++number) {
    const auto folder = desk.folder().parent_path() / ("token" + std::to_string(number));
    if (!fs::exists(folder)) make_tokens(folder, {TokenKind{}});
    auto program = desk.eidtool_program(line);
    program.environment["SOFTHSM2_CONF"] = folder / "softhsm2.conf";
    children.push_back(std::make_unique<Child>(program, Child::Terminal{}));
  }
  std::vector<Outcome> outcomes;
  for (auto& child : children) outcomes.push_back(child->wait());
  return outcomes;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a folder that is removed while a document is read is told, and nothing is written elsewhere") {
  Desk desk;
  make_pipe(desk);
  for (const std::string force : {"", " --force"}) {
    fs::create_directory(desk.path("folder"));
    SlowSigning signing(desk, slow_line + force);
    fs::remove(desk.path("folder"));  // empty, as the output has no name yet
    const auto outcome = signing.finish();
    INFO(outcome.errors);
    CHECK(outcome.status == 3);
    CHECK(says(outcome, "error", "cannot write 'folder/out'"));
    CHECK(desk.files().size() == 1);
  }
}

TEST_CASE("what is put in the way of an output meanwhile is kept, or replaced with --force, never written through") {
  Desk desk;
  make_pipe(desk);
  fs::create_directory(desk.path("folder"));
  const auto out = desk.path("folder/out");
  for (const std::string force : {"", " --force"}) {
    for (const std::string what : {"link", "link to nothing", "file"}) {
      INFO(what << force);
      desk.write("mine", "mine");
      SlowSigning signing(desk, slow_line + force);
      if (what == "file") {
        desk.write("folder/out", "theirs");
      } else {
        fs::create_symlink(what == "link" ? "../mine" : "../nothing", out);
      }
      const auto outcome = signing.finish();
      INFO(outcome.errors);
      CHECK(outcome.status == (force.empty() ? 3 : 0));
      if (force.empty()) CHECK(says(outcome, "error", "'folder/out' exists already"));
      const bool is_ours = fs::is_regular_file(fs::symlink_status(out)) && fs::file_size(out) == 256;
      CHECK(is_ours == !force.empty());
      CHECK(desk.read("mine") == "mine");
      CHECK_FALSE(desk.has("nothing"));
      CHECK(count_in(desk.path("folder")) == 1);
      fs::remove(out);
    }
    SlowSigning signing(desk, slow_line + force);
    fs::create_directory(out);
    const auto outcome = signing.finish();
    INFO(outcome.errors);
    CHECK(outcome.status == 3);
    CHECK(says(outcome, "error", "folder/out"));
    CHECK(fs::is_empty(out));
    CHECK(count_in(desk.path("folder")) == 1);
    fs::remove(out);
  }
}

TEST_CASE("of several eidtools on one output one wins, and with --force it is a whole file of one of them") {
  Desk desk;
  desk.write("doc", "text");
  constexpr std::size_t count = 4;
  for (const std::string force : {"", " --force"}) {
    for (int round = 0; round < 5; ++round) {
      std::size_t done_count = 0;
      for (const auto& outcome :
           at_once(desk, "sign doc --format cades --attached -o out --pin-file ../pin" + force, count)) {
        INFO(outcome.errors);
        done_count += outcome.status == 0 ? 1 : 0;
        if (outcome.status != 0) CHECK(says(outcome, "error", "'out' exists already"));
      }
      CHECK(done_count == (force.empty() ? 1U : count));
      CHECK(desk.run({"openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-in", "out", "-out", "/dev/null"})
                .status == 0);
      CHECK(desk.files().size() == 2);
      fs::remove(desk.path("out"));
    }
  }
}

TEST_CASE("of signatures that several add at once none is lost without a word") {
  Desk desk;
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  std::size_t expected = 1;
  for (int round = 0; round < 8; ++round) {
    for (const auto& outcome : at_once(desk, "sign doc --format cades --add --pin-file ../pin", 4)) {
      INFO(outcome.errors);
      CHECK((outcome.status == 0 || says(outcome, "error", "was replaced")));
      expected += outcome.status == 0 ? 1 : 0;
    }
    CHECK(desk.files().size() == 2);
  }
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).size() == expected);
}

TEST_CASE("outputs have the permissions that the umask leaves") {
  struct Row {
    const char* mask;
    mode_t mode;
  };
  constexpr Row rows[] = {{"0022", 0644}, {"0077", 0600}, {"0000", 0666}, {"0027", 0640}};
  Desk desk;
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --attached -o ../attached --pin-file ../pin").status == 0);
  for (const auto& row : rows) {
    for (const std::string force : {"", " --force"}) {
      INFO(row.mask << force);
      for (const std::string line :
           {"sign doc --cert-out c.der --pin-file ../pin", "export-cert -o e.der", "verify ../attached -o out"}) {
        auto program = desk.eidtool_program(line + force);
        after(program, std::string("umask ") + row.mask);
        CHECK(run(program).status == 0);
      }
      for (const auto* file : {"doc.sig", "c.der", "e.der", "out"}) {
        INFO(file);
        CHECK(mode_of(desk.path(file)) == row.mode);
        if (!force.empty()) fs::remove(desk.path(file));
        // What --force replaces leaves nothing of its permissions.
        if (force.empty()) fs::permissions(desk.path(file), fs::perms::all);
      }
    }
  }
}

TEST_CASE("what holds the keys and PINs of virtual cards is private, whatever the umask") {
  Desk desk(no_tokens);
  for (const auto& words :
       {std::vector<std::string>{"create", "--authorities", "ca", "card.json"},
        std::vector<std::string>{"provision", "--key-type", "p256", "--module", softhsm_module(), "virtual"}}) {
    auto all = words;
    all.insert(all.begin(), from_meson("EIDTOOL_VIRTUAL_CARD"));
    auto program = desk.program(all);
    after(program, "umask 0000");
    const auto outcome = run(program);
    INFO(outcome.errors);
    REQUIRE(outcome.status == 0);
  }
  CHECK(mode_of(desk.path("card.json")) == 0600);
  CHECK(mode_of(desk.path("virtual")) == 0700);
  for (const auto& entry : fs::recursive_directory_iterator(desk.folder())) {
    const auto& path = entry.path();
    const bool is_secret = path.extension() == ".key" || contains(path, "/virtual/");
    INFO(path);
    CHECK((!is_secret || (mode_of(path) & 0077) == 0));
  }
}

TEST_CASE("a limit on the size of files is an error and no sudden end") {
  Desk desk;
  desk.write("large", std::string(4U << 20U, 'x'));
  auto program = desk.eidtool_program("sign large --format cades --attached --pin-file ../pin");
  after(program, "ulimit -f 2048");  // of 512 bytes, or 1024; SIGXFSZ does what it does by itself
  const auto outcome = check_refused(desk, program, 3, "cannot write 'large.p7s'");
  CHECK(outcome.signal == 0);
}

TEST_CASE("without /proc outputs are written all the same, even where a rename has no flags") {
  // Not by hiding /proc: the sanitizers cannot start without it.
  const std::string no_proc = "inject=linkat,?access,faccessat,?faccessat2:error=ENOENT";
  for (const bool has_flags : {true, false}) {
    Desk desk;
    if (!can_inject(desk)) return;
    desk.write("doc", "text");
    const auto sign = [&](const std::string& options) {
      auto program = desk.eidtool_program("sign doc --quiet --pin-file ../pin" + options);
      std::vector<std::string> injections = {"-e", no_proc};
      if (!has_flags) injections.insert(injections.end(), {"-e", "inject=renameat2:error=EINVAL"});
      inject(program, injections);
      return run(program);
    };
    const auto check = [&](const std::string& options, int status) {
      const auto outcome = sign(options);
      INFO(outcome.errors);
      CHECK(outcome.status == status);
      if (status != 0) CHECK(says(outcome, "error", "'doc.sig' exists already"));
      CHECK(desk.read("doc.sig").size() == 256);
      CHECK(desk.files().size() == 2);
    };
    check("", 0);
    check("", 3);
    check(" --force", 0);
  }
}

TEST_CASE("a file system in user space, without nameless files and flags of a rename, takes outputs as well") {
  if (!is_installed("fuse2fs")) return skip("fuse2fs is not installed");
  Desk desk;
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc -o expected --pin-file ../pin").status == 0);
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  fs::create_directory(desk.path("folder"));
  auto program = desk.eidtool_program("sign doc --quiet --pin-file ../pin");
  const std::string script =
      "truncate -s 4M ../image && mkfs.ext4 -q ../image && "
      "fuse2fs -o rw,fakeroot ../image folder || exit 99; "
      "for options in '' '' --force; do \"$@\" -o folder/out $options; echo $?; cmp folder/out expected; done; "
      "cp doc.p7s folder/; \"$@\" --format cades --add -o folder/doc.p7s; echo $?; "
      "ls -A folder; cp folder/doc.p7s .; umount folder";
  const std::vector<std::string> words = {"unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh"};
  program.words.insert(program.words.begin(), words.begin(), words.end());
  const auto outcome = run(program);
  if (outcome.status == 99) return skip("no file system in user space can be mounted here: " + outcome.errors);
  INFO(outcome.errors);
  CHECK(outcome.output == "0\n3\n0\n0\ndoc.p7s\nlost+found\nout\n");
  CHECK(says(outcome, "error", "'folder/out' exists already"));
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).size() == 2);
}

TEST_CASE("a file system that lacks what outputs are best made with does all the same") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_directory(desk.path("folder"));
  if (!can_inject(desk)) return;
  // What the kernel answers for such file systems: no file without a name, as on NFS and FUSE; no flags of a rename.
  const std::vector<std::string> no_tmpfile = {"-P", desk.path("folder"), "-e", "inject=openat:error=EOPNOTSUPP"};
  const std::vector<std::string> no_flags = {"-e", "inject=renameat2:error=EINVAL"};
  for (const std::string line :
       {"sign doc -o folder/out --pin-file ../pin", "sign doc -o folder/out --pin-file ../pin",
        "sign doc -o folder/out --force --pin-file ../pin", "sign doc --format cades -o folder/cms --pin-file ../pin",
        "sign doc --format cades -o folder/cms --add --pin-file ../pin"}) {
    for (const auto& injection : {no_tmpfile, no_flags}) {
      INFO(line << " " << injection.back());
      auto program = desk.eidtool_program(line);
      inject(program, injection);
      const bool is_there = desk.has(line.find("cms") == std::string::npos ? "folder/out" : "folder/cms");
      const bool replaces = contains(line, "--force") || contains(line, "--add");
      const auto outcome = run(program);
      INFO(outcome.errors);
      CHECK(outcome.status == (is_there && !replaces ? 3 : 0));
    }
  }
  CHECK(desk.read("folder/out").size() == 256);
  CHECK(json_lines(desk.eidtool("verify folder/cms --document doc --json").output).size() == 3);
  for (const auto& entry : fs::directory_iterator(desk.path("folder"))) {
    INFO(entry.path());
    CHECK(entry.path().filename().string().rfind(".eidtool-", 0) != 0);
  }
}

}  // namespace eidtool::tests
