// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

constexpr int mount_failed = 99;

/// Has `program` run where `mounts` were made, that only it sees, and `afterwards` look at them.
void in_mount_namespace(Program& program, const std::string& mounts, const std::string& afterwards = ":") {
  const auto script = "{ " + mounts + "; } || exit " + std::to_string(mount_failed) + "; \"$@\"; status=$?; " +
                      afterwards + "; exit $status";
  const std::vector<std::string> words = {"unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh"};
  program.words.insert(program.words.begin(), words.begin(), words.end());
}

/// Has a shell start `program` with streams as `redirections` has them: `<&-` closes the standard input.
void redirect(Program& program, const std::string& redirections) {
  const std::vector<std::string> words = {"sh", "-c", "exec \"$@\" " + redirections, "sh"};
  program.words.insert(program.words.begin(), words.begin(), words.end());
}

/// Has `program` run as somebody who may not read everything, where the tests run as root; false where
/// nobody else can be had. What the desk holds is then for all to read, but for what a test forbids later.
bool as_somebody_else(Desk& desk, Program& program) {
  if (::geteuid() != 0) return true;
  // A copy, as the build folder may be closed to others.
  const auto root = desk.folder().parent_path();
  const auto copy = root / "eidtool";
  fs::copy_file(program.words[0], copy, fs::copy_options::overwrite_existing);
  fs::permissions(root, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  fs::permissions(root / "pin", fs::perms::others_read, fs::perm_options::add);
  const std::vector<std::string> user = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  auto probe = user;
  probe.insert(probe.end(), {copy, "--version"});
  const auto outcome = run(desk.program(probe));
  if (outcome.status != 0) {
    skip("no program can be run as another user: " + outcome.errors);
    return false;
  }
  program.words[0] = copy;
  program.words.insert(program.words.begin(), user.begin(), user.end());
  return true;
}

}  // namespace

TEST_CASE("sign writes where it is told to") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_directory(desk.path("folder"));
  CHECK(desk.eidtool("sign doc -o other.sig --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("sign doc --output-dir folder --pin-file ../pin").status == 0);
  const auto to_stdout = desk.eidtool("sign doc -o - --pin-file ../pin");
  CHECK(desk.read("other.sig") == to_stdout.output);
  CHECK(desk.read("folder/doc.sig") == to_stdout.output);
  CHECK_FALSE(desk.has("doc.sig"));
}

TEST_CASE("an output that exists is refused before a PIN is asked for, and replaced with --force") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("doc.sig", "mine");
  desk.filter("");
  check_refused(desk, "sign doc --pin-file ../pin", 3, "doc.sig");
  check_refused(desk, "sign doc --pin-file ../pin -o new --cert-out doc.sig", 3, "doc.sig");
  CHECK(desk.logged("C_Login") == 0);
  CHECK(desk.eidtool("sign doc --pin-file ../pin --force").status == 0);
  CHECK(desk.read("doc.sig").size() == 256);
}

TEST_CASE("an output is never an input, --force or not, by whatever name") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_symlink("doc", desk.path("link"));
  fs::create_hard_link(desk.path("doc"), desk.path("twin"));
  for (const auto& output : {"doc", "./doc", "link", "twin"}) {
    check_refused(desk, std::string("sign doc --force --pin-file ../pin -o ") + output, 3, "");
    check_refused(desk, std::string("sign doc --force --pin-file ../pin --cert-out ") + output, 3, "");
  }
  CHECK(desk.read("doc") == "text");
}

TEST_CASE("two outputs are never one file") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_directory(desk.path("folder"));
  desk.write("folder/doc", "other text");
  const auto one = desk.eidtool("sign doc --pin-file ../pin -o same --cert-out same");
  CHECK((one.status == 2 || one.status == 3));
  const auto two = desk.eidtool("sign doc folder/doc --pin-file ../pin --output-dir .");
  CHECK((two.status == 2 || two.status == 3));
  CHECK_FALSE(desk.has("same"));
}

TEST_CASE("folders that are missing, or cannot be written to, are told before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("file", "no folder");
  fs::create_directory(desk.path("locked"));
  desk.filter("");
  check_refused(desk, "sign doc --pin-file ../pin -o nowhere/doc.sig", 3, "nowhere");
  check_refused(desk, "sign doc --pin-file ../pin --output-dir nowhere", 3, "nowhere");
  check_refused(desk, "sign doc --pin-file ../pin --output-dir file", 3, "file");
  check_refused(desk, "sign doc --pin-file ../pin -o .", 3, "");
  check_refused(desk, "sign doc --pin-file ../pin --cert-out nowhere/c.der", 3, "nowhere");
  fs::permissions(desk.path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
  auto program = desk.eidtool_program("sign doc --pin-file ../pin -o locked/doc.sig");
  if (as_somebody_else(desk, program)) check_refused(desk, program, 3, "locked");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a file system that is read-only is told before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_directory(desk.path("locked"));
  desk.filter("");
  auto program = desk.eidtool_program("sign doc --pin-file ../pin --output-dir locked");
  in_mount_namespace(program, "mount -t tmpfs -o ro tmpfs locked");
  const auto outcome = run(program);
  if (outcome.status == mount_failed)
    return skip("no tmpfs can be mounted in a namespace of its own: " + outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "locked"));
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a full disk leaves neither a signature nor a piece of one") {
  struct Row {
    const char* options;
    const char* name;
  };
  constexpr Row rows[] = {{"", "doc.sig"}, {"--cert-out c.der", "cannot write"}};
  for (const auto& row : rows) {
    Desk desk;  // one each: SoftHSM writes its token's file at every login, and the limit spoils that
    desk.write("doc", "text");
    auto program = desk.eidtool_program(std::string("sign doc --pin-file ../pin ") + row.options);
    program.file_size_limit = 100;  // bytes; the signature has 256
    check_refused(desk, program, 3, row.name);
  }
}

TEST_CASE("a disk that is full in earnest leaves nothing either") {
  Desk desk;
  fs::create_directory(desk.path("small"));
  desk.write("doc", "text");
  auto program = desk.eidtool_program("sign doc --pin-file ../pin --output-dir small");
  in_mount_namespace(program, "mount -t tmpfs -o size=4k tmpfs small && head -c 4096 /dev/zero > small/filler",
                     "ls -A small");
  const auto outcome = run(program);
  if (outcome.status == mount_failed)
    return skip("no tmpfs can be mounted in a namespace of its own: " + outcome.errors);
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(outcome.output == "filler\n");
  CHECK(says(outcome, "error", "small/doc.sig"));
}

TEST_CASE("a batch whose standard output fails ends there, said once, and keeps what it signed") {
  Desk desk;
  for (const auto* name : {"one", "two", "three"}) desk.write(name, name);
  REQUIRE(desk.eidtool("export-cert -o ../c.der").status == 0);
  desk.filter("");
  for (const auto* rendering : {"", " --json"}) {
    auto signing =
        desk.eidtool_program(std::string("sign one two three --jobs 1 --force --pin-file ../pin") + rendering);
    signing.output_file = "/dev/full";
    const auto full = Desk::run_eidtool(signing);
    CHECK(full.status == 3);
    CHECK(said(full, "error").size() == 1);
    CHECK(says(full, "error", "the standard output"));
    CHECK(says(full, "warning", "2 further documents were not signed"));
    CHECK(desk.has("one.sig"));
    CHECK_FALSE(desk.has("two.sig"));
  }
  CHECK(desk.logged("C_Sign") == 2);
  REQUIRE(desk.eidtool("sign two --pin-file ../pin").status == 0);

  auto checking = desk.eidtool_program("verify one.sig two.sig --cert ../c.der --json");
  checking.output_file = "/dev/full";
  const auto full = Desk::run_eidtool(checking);
  CHECK(full.status == 3);
  CHECK(said(full, "error").size() == 1);
  CHECK(says(full, "warning", "1 further signature was not checked"));
}

TEST_CASE("a standard output that is full or gone is a failure that is told") {
  Desk desk;
  desk.write("doc", "text");
  auto program = desk.eidtool_program("sign doc -o - --pin-file ../pin");
  program.output_file = "/dev/full";
  const auto full = Desk::run_eidtool(program);
  CHECK(full.status == 3);
  CHECK(!said(full, "error").empty());
}

TEST_CASE("documents that cannot be signed are told before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_directory(desk.path("folder"));
  desk.filter("");
  check_refused(desk, "sign missing --pin-file ../pin", 3, "missing");
  check_refused(desk, "sign folder --pin-file ../pin", 3, "folder");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a document that may not be read is told before a PIN is asked for") {
  Desk desk;
  desk.write("secret", "text");
  desk.filter("");
  // Its name in another folder than the output's, so that the document alone can be what is refused.
  fs::create_directory(desk.path("open"));
  fs::permissions(desk.path("open"), fs::perms::all);
  auto program = desk.eidtool_program("sign secret -o open/s.sig --pin-file ../pin");
  if (!as_somebody_else(desk, program)) return;
  // Its owner may not either, unless that is root.
  fs::permissions(desk.path("secret"), fs::perms::none);
  const auto outcome = run(program);
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "cannot open 'secret'"));
  CHECK(desk.logged("C_Login") == 0);
  CHECK(fs::is_empty(desk.path("open")));
  fs::permissions(desk.path("secret"), fs::perms::owner_read);
}

TEST_CASE("a standard stream that is closed is told before a PIN is asked for") {
  struct Row {
    const char* line;
    const char* redirections;
    int status;
    const char* message;
  };
  constexpr Row rows[] = {
      {"sign - -o s.sig --pin-file ../pin", "<&-", 3, "the standard input"},
      {"sign /dev/stdin -o s.sig --pin-file ../pin", "<&-", 3, "/dev/stdin"},
      {"sign doc --pin-fd 0", "<&-", 2, "--pin-fd 0"},
      {"sign doc -o - --pin-file ../pin", ">&-", 3, "the standard output is closed"},
      {"sign - --pin-file ../pin", ">&-", 3, "the standard output is closed"},
      {"sign doc --pin-file ../pin", ">&-", 3, "the standard output is closed"},
      {"sign doc --json --quiet --pin-file ../pin", ">&-", 3, "the standard output is closed"},
  };
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  for (const auto& row : rows) {
    INFO(row.redirections);
    auto program = desk.eidtool_program(row.line);
    redirect(program, row.redirections);
    check_refused(desk, program, row.status, row.message);
  }
  CHECK(desk.logged("C_Login") == 0);
  // Who wants to hear nothing needs no standard output.
  auto program = desk.eidtool_program("sign doc --quiet --pin-file ../pin");
  redirect(program, "<&- >&-");
  CHECK(Desk::run_eidtool(program).status == 0);
  CHECK(desk.read("doc.sig").size() == 256);
}

TEST_CASE("a document that is too large for Ed25519 is told before a PIN is asked for") {
  Desk desk({TokenKind{"ed25519", "card2"}});
  desk.filter("");
  const auto large = desk.folder().parent_path() / "large";  // not on the desk, which is compared byte by byte
  write_file(large, "");
  fs::resize_file(large, (256ULL << 20U) + 1);
  check_refused(desk, "sign ../large -o s.sig --pin-file ../pin", 3, "256 MiB");
  auto program = desk.eidtool_program("sign - -o s.sig --pin-file ../pin");
  program.input_file = large;
  check_refused(desk, program, 3, "256 MiB");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a certificate is not left behind where there is no signature") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("wrong", "9999\n");
  desk.filter("");
  check_refused(desk, "sign doc --pin-file wrong --cert-out c.der", 5, "PIN");
  for (const std::string directive : {"return C_Sign CKR_GENERAL_ERROR", "return C_SignInit CKR_DEVICE_ERROR",
                                      "return C_Login CKR_GENERAL_ERROR", "corrupt-signature"}) {
    INFO(directive);
    desk.filter(directive + "\n");
    check_refused(desk, "sign doc --pin-file ../pin --cert-out c.der", 6, "");
    desk.write("c.der", "mine");
    check_refused(desk, "sign doc --pin-file ../pin --cert-out c.der --force", 6, "");
    fs::remove(desk.path("c.der"));
  }
}

TEST_CASE("pipes and links to devices or pipes are never replaced nor written to") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  // Links to devices and no device itself: root's tests would replace it, where eidtool does.
  fs::create_symlink("/dev/full", desk.path("to-full"));
  fs::create_symlink("/dev/null", desk.path("to-null"));
  REQUIRE(::mkfifo(desk.path("fifo").c_str(), 0600) == 0);
  fs::create_symlink("fifo", desk.path("to-fifo"));
  for (const auto* output : {"to-full", "to-null", "fifo", "to-fifo"}) {
    for (const auto* force : {"", " --force"}) {
      const auto refusal = check_refused(desk, std::string("sign doc --pin-file ../pin -o ") + output + force, 3,
                                         "'" + std::string(output) + "' is not a regular file");
      CHECK(says(refusal, "hint", "-o -"));
      check_refused(desk, std::string("sign doc --pin-file ../pin -o s --cert-out ") + output + force, 3,
                    "is not a regular file");
    }
  }
  CHECK(desk.logged("C_Login") == 0);
  CHECK(fs::is_fifo(desk.path("fifo")));
  for (const auto* link : {"to-full", "to-null", "to-fifo"}) CHECK(fs::is_symlink(desk.path(link)));
}

TEST_CASE("a link to a standard stream is never replaced, though that stream is a file") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_symlink("/dev/stdout", desk.path("to-stdout"));
  fs::create_symlink("/proc/self/fd/2", desk.path("to-stderr"));
  fs::create_symlink("/proc/thread-self/fd/1", desk.path("of-thread"));
  for (const std::string output : {"to-stdout", "to-stderr", "of-thread"}) {
    const auto program = desk.eidtool_program("sign doc --pin-file ../pin --force -o " + output);
    std::vector<std::string> words = {"sh", "-c", "\"$@\" >out 2>log", "sh"};
    words.insert(words.end(), program.words.begin(), program.words.end());
    CHECK(desk.run(words).status == 3);
    CHECK(contains(desk.read("log"), "'" + output + "' is not a regular file"));
    CHECK(fs::is_symlink(desk.path(output)));
  }
}

TEST_CASE("of a link to a file the link is replaced, never the file") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("mine", "mine");
  for (const auto* target : {"mine", "nowhere"}) {
    fs::create_symlink(target, desk.path("link"));
    check_refused(desk, "sign doc --pin-file ../pin -o link", 3, "exists already");
    CHECK(desk.eidtool("sign doc --pin-file ../pin -o link --force").status == 0);
    CHECK(fs::is_regular_file(fs::symlink_status(desk.path("link"))));
    CHECK(desk.read("link").size() == 256);
    CHECK(desk.read("mine") == "mine");
    CHECK_FALSE(desk.has("nowhere"));
    fs::remove(desk.path("link"));
  }
}

TEST_CASE("a document that changes while it is read is not signed") {
  Desk desk;
  // Large enough to be read in pieces; the module takes its time with the first one.
  desk.write("doc", std::string(4U << 20U, 'x'));
  desk.filter("hide CKM_RSA_PKCS\ndelay C_SignUpdate 300\n");
  auto program = desk.eidtool_program("sign doc --pin-file ../pin");
  Child child(program, {});
  child.exchange([&] { return desk.logged("C_SignUpdate") > 0 || child.has_ended(); });
  desk.write("doc", std::string(4U << 20U, 'y'));
  const auto outcome = child.wait();
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "changed"));
  CHECK(desk.files().size() == 1);
}

TEST_CASE("sign refuses what makes no sense") {
  Desk desk;
  desk.write("a", "a");
  desk.write("b", "b");
  desk.filter("");
  check_refused(desk, "sign", 2, "");
  check_refused(desk, "sign a b -o c --pin-file ../pin", 2, "-o");
  check_refused(desk, "sign a -o c --output-dir . --pin-file ../pin", 2, "--output-dir");
  check_refused(desk, "sign a --digest md5 --pin-file ../pin", 2, "md5");
  check_refused(desk, "sign a --padding oaep --pin-file ../pin", 2, "oaep");
  check_refused(desk, "sign a --format pdf --pin-file ../pin", 2, "pdf");
  check_refused(desk, "sign a --digest sha256 --digest sha512 --pin-file ../pin", 2, "--digest");
  check_refused(desk, "sign a --pin-file ../pin --pin-file ../pin", 2, "--pin-file");
  check_refused(desk, "sign a --output '' --pin-file ../pin", 2, "--output");
  check_refused(desk, "sign a --no-such-option", 2, "--no-such-option");
  check_refused(desk, "sign a --pin 1234", 2, "--pin");
  check_refused(desk, "sign a --as nonsense --pin-file ../pin", 2, "nonsense");
  check_refused(desk, "sign a --slot nonsense --pin-file ../pin", 2, "nonsense");
  CHECK(desk.log().empty());

  const auto to_stdout = desk.eidtool("sign a -o - --json --pin-file ../pin");
  CHECK(to_stdout.status == 2);
  REQUIRE(json_lines(to_stdout.output).size() == 1);
}

TEST_CASE("sign puts no binary on a terminal unless it is told to") {
  Desk desk;
  desk.write("doc", "text");
  TerminalSession::Shape shape;
  shape.input = Child::Stream::pipe;
  auto program = desk.eidtool_program("sign - --pin-file ../pin");
  program.input = "text";
  TerminalSession refused(program, shape);
  CHECK(refused.wait().status == 2);
  auto forced = desk.eidtool_program("sign doc -o - --pin-file ../pin");
  TerminalSession told(forced, {});
  CHECK(told.wait().status == 0);
}

}  // namespace eidtool::tests
