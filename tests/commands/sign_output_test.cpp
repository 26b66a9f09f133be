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
  if (::geteuid() != 0) {
    fs::permissions(desk.path("locked"), fs::perms::owner_read | fs::perms::owner_exec);
    check_refused(desk, "sign doc --pin-file ../pin -o locked/doc.sig", 3, "locked");
  }
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
  constexpr Row rows[] = {{"", "doc.sig"}, {"--cert-out c.der", "c.der"}};
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
    auto signing = desk.eidtool_program(std::string("sign one two three --force --pin-file ../pin") + rendering);
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

TEST_CASE("a document that its caller may not read is told before a PIN is asked for") {
  Desk desk;
  desk.write("secret", "text");
  desk.filter("");
  fs::permissions(desk.path("secret"), fs::perms::none);
  auto program = desk.eidtool_program("sign secret --pin-file ../pin");
  if (::geteuid() == 0) {
    // Root reads everything: somebody else tries, with a program where everybody can reach it.
    fs::permissions(desk.folder(), fs::perms::all);
    fs::permissions(desk.folder().parent_path(), fs::perms::all);
    const auto reachable = desk.folder().parent_path() / "eidtool";
    fs::copy_file(from_meson("EIDTOOL"), reachable);
    program.words.front() = reachable;
    program.words.insert(program.words.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"});
  }
  const auto outcome = run(program);
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "'secret': permission denied"));
  CHECK(desk.logged("C_Login") == 0);
  CHECK_FALSE(desk.has("secret.sig"));
}

TEST_CASE("standard streams that are not there are told before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("");
  const auto in_shell = [&](const std::string& line, const std::string& redirection) {
    auto program = desk.eidtool_program(line);
    program.words.insert(program.words.begin(), {"sh", "-c", "exec \"$@\" " + redirection, "sh"});
    return program;
  };
  check_refused(desk, in_shell("sign - -o out --pin-file ../pin", "<&-"), 3, "the standard input is closed");
  check_refused(desk, in_shell("sign doc -o - --pin-file ../pin", ">&-"), 3, "the standard output is closed");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a document too large for Ed25519 is told before a PIN is asked for") {
  Desk desk({TokenKind{"ed25519", "card2"}});
  desk.write("large", "");
  fs::resize_file(desk.path("large"), (256U << 20U) + 1);  // sparse
  desk.filter("");
  const auto outcome = desk.eidtool("sign large --pin-file ../pin");
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "larger than 256 MiB"));
  CHECK(desk.logged("C_Login") == 0);
  CHECK_FALSE(desk.has("large.sig"));
}

TEST_CASE("--cert-out leaves nothing where the signing fails") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("../wrong", "9999\n");
  for (const auto* script : {"", "return C_Sign CKR_DEVICE_ERROR\nhide CKM_RSA_PKCS\n", "corrupt-signature\n"}) {
    INFO(script);
    desk.filter(script);
    const auto pin = *script == '\0' ? "../wrong" : "../pin";
    const auto outcome = desk.eidtool(std::string("sign doc --cert-out c.der --pin-file ") + pin);
    CHECK(outcome.status >= 5);
    CHECK(desk.files().size() == 1);
  }
}

TEST_CASE("--force replaces neither a device nor a FIFO, nor a link to one") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_symlink("/dev/null", desk.path("link"));
  REQUIRE(::mkfifo(desk.path("fifo").c_str(), 0600) == 0);
  fs::create_symlink("fifo", desk.path("link-to-fifo"));
  desk.filter("");
  for (const std::string output : {"/dev/null", "link", "fifo", "link-to-fifo"}) {
    check_refused(desk, "sign doc --force -o " + output + " --pin-file ../pin", 3, output);
  }
  CHECK(desk.logged("C_Login") == 0);
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(fs::is_fifo(desk.path("fifo")));
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
