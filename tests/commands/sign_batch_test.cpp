// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/injection.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

/// Signs three documents with a module that follows `script`, and interrupts while the first is signed.
class InterruptedBatch {
 public:
  InterruptedBatch(Desk& desk, const std::string& script) {
    for (const auto* name : {"one", "two", "three"}) desk.write(name, name);
    desk.filter(script);
    session_.emplace(desk.eidtool_program("sign one two three --jobs 1 --pin-file ../pin"), TerminalSession::Shape{});
    session_->wait_until([&] { return desk.logged("C_Sign") + desk.logged("blocked") > 0; });
    session_->send(control_c);
    session_->expect("what is at hand is finished first; Ctrl-C again ends at once");
  }
  TerminalSession& session() { return *session_; }

 private:
  std::optional<TerminalSession> session_;
};

}  // namespace

TEST_CASE("a list names the files to sign, one a line or each ended by NUL") {
  Desk desk;
  const std::string odd = "línea\núnica";
  for (const auto& name : {std::string("one"), std::string("dois e meio.pdf"), std::string("-"), odd}) {
    desk.write(name, name);
  }
  using namespace std::string_literals;
  desk.write("lines", "dois e meio.pdf\n\n-\none");
  desk.write("nul-ended", "dois e meio.pdf\0"s + odd + "\0-\0"s);
  fs::create_directory(desk.path("out"));

  const auto by_lines = desk.eidtool("sign --files-from lines --output-dir out --pin-file ../pin --json");
  INFO(by_lines.errors);
  CHECK(by_lines.status == 0);
  CHECK(says(by_lines, "notice", "3 documents signed"));
  const auto lines = json_lines(by_lines.output);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].text("/document") == "dois e meio.pdf");
  CHECK(lines[1].text("/document") == "./-");
  CHECK(lines[2].text("/document") == "one");
  CHECK(desk.has("out/-.sig"));

  // Those of the command line first; the list on the standard input.
  const auto piped = desk.eidtool("sign one --files-from - --pin-file ../pin --json", desk.read("nul-ended"));
  INFO(piped.errors);
  CHECK(piped.status == 0);
  const auto records = json_lines(piped.output);
  REQUIRE(records.size() == 4);
  CHECK(records[0].text("/document") == "one");
  CHECK(records[2].text("/document") == odd);

  REQUIRE(desk.eidtool("export-cert -o ../c.der").status == 0);
  desk.write("signatures", "one.sig\ndois e meio.pdf.sig\n");
  const auto checked = desk.eidtool("verify --files-from signatures --cert ../c.der --json");
  CHECK(checked.status == 0);
  const auto verdicts = json_lines(checked.output);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].text("/document") == "one");
  CHECK(verdicts[1].text("/verdict") == "valid");
  desk.write("one", "another");
  CHECK(desk.eidtool("verify --files-from - --cert ../c.der", "dois e meio.pdf.sig\none.sig\n").status == 1);
}

TEST_CASE("lists that cannot be taken are told before a PIN is asked for") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("empty", "");
  desk.write("blank", "\n\n");
  desk.write("twice", "doc\n./doc\n");
  desk.write("list", "doc\n");
  desk.write("list that would be lost", "doc\n");
  fs::create_symlink("/dev/stdin", desk.path("link to stdin"));
  desk.filter("");
  const std::string line = "sign --pin-file ../pin --files-from ";
  check_refused(desk, "sign --pin-file ../pin", 2, "FILE… is missing");
  check_refused(desk, "verify", 2, "SIGNATURE… is missing");
  check_refused(desk, line + "none", 3, "'none'");
  check_refused(desk, line + ".", 3, "'.'");
  check_refused(desk, line + "empty", 3, "'empty' names no file");
  check_refused(desk, line + "blank", 3, "'blank' names no file");
  check_refused(desk, line + "-", 3, "'the standard input' names no file");
  check_refused(desk, line + "twice", 2, "'./doc.sig' would be written twice");
  check_refused(desk, line + "'list that would be lost' --force --cert-out 'list that would be lost'", 3,
                "is an input");
  for (const std::string other : {"-", "/dev/stdin", "/dev/fd/0"}) {
    check_refused(desk, line + "- " + other, 2, "the standard input cannot be both the list of files and one of them",
                  "doc\n");
    check_refused(desk, line + other + " -", 2, "the standard input cannot be both the list of files and one of them",
                  "doc\n");
    check_refused(desk, "verify doc.sig --files-from - --document " + other, 2, "cannot be both the list of files",
                  "x");
  }
  check_refused(desk, "sign --pin-fd 0 --files-from -", 2, "and what the PIN is read from", "1234\n");
  check_refused(desk, "sign --pin-file /dev/stdin --files-from -", 2, "and what the PIN is read from", "1234\n");
  for (const std::string name : {"/dev/stdin", "/proc/self/fd/0", "link to stdin"}) {
    desk.write("list with stdin", "doc\n" + name + "\n");
    check_refused(desk, line + "'list with stdin'", 2, "'list with stdin' names the standard input, '" + name + "'",
                  "x");
    check_refused(desk, line + "-", 2, "'the standard input' names the standard input", "doc\n" + name + "\n");
    check_refused(desk, "verify --files-from 'list with stdin' --cert doc", 2, "names the standard input", "x");
    check_refused(desk, "sign --pin-file ../pin doc '" + name + "'", 2, "the standard input is signed alone", "x");
  }
  check_refused(desk, line + "list -o x doc", 2, "--output is for one document, and 2 were given");
  check_refused(desk, "verify --files-from list doc.sig --document doc", 2, "--document is for one signature");
  fs::resize_file(desk.path("list"), (64U << 20U) + 1);
  check_refused(desk, line + "list", 3, "'list' is too large for a list of files");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("--skip-existing goes on where a batch ended, and asks for no PIN where nothing is left") {
  Desk desk;
  for (const auto* name : {"one", "two", "three"}) desk.write(name, name);
  const std::string line = "sign one two three --cert-out c.der --pin-file ../pin";
  REQUIRE(desk.eidtool("sign two --cert-out c.der --pin-file ../pin").status == 0);
  const auto second = desk.read("two.sig");
  desk.filter("");
  check_refused(desk, line, 3, "exists");
  CHECK(desk.logged("C_Login") == 0);

  const auto outcome = desk.eidtool(line + " --skip-existing --json -v");
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  CHECK(json_lines(outcome.output).size() == 2);
  CHECK(says(outcome, "notice", "2 documents signed, 1 left out: its signature file exists"));
  CHECK(says(outcome, "detail", "'two.sig' exists: 'two' is left out"));
  CHECK(desk.read("two.sig") == second);
  for (const auto* name : {"one.sig", "two.sig", "three.sig"}) {
    CHECK(desk.eidtool(std::string("verify ") + name + " --cert c.der").status == 0);
  }

  desk.forget_log();
  const auto nothing = desk.eidtool(line + " --skip-existing");
  CHECK(nothing.status == 0);
  CHECK(nothing.output.empty());
  CHECK(says(desk.eidtool("sign one --skip-existing --cert-out new.der --pin-file ../pin"), "notice",
             "0 documents signed, 1 left out: its signature file exists"));
  CHECK(says(desk.eidtool("sign one --skip-existing --cert-out new.der --pin-file ../pin"), "warning",
             "'new.der' was not written: no document is left to sign"));
  CHECK(says(nothing, "notice", "0 documents signed, 3 left out"));
  CHECK(desk.logged("C_Initialize") == 0);
}

TEST_CASE("--skip-existing leaves no other certificate, and hides no document of the same name") {
  Desk desk;
  fs::create_directory(desk.path("a"));
  fs::create_directory(desk.path("out"));
  for (const auto* name : {"doc", "a/doc", "other"}) desk.write(name, name);
  REQUIRE(desk.eidtool("sign doc --output-dir out --pin-file ../pin").status == 0);
  desk.filter("");
  const std::string line = "sign doc a/doc other --output-dir out --pin-file ../pin --skip-existing";
  check_refused(desk, line, 2, "'out/doc.sig' would be written twice");
  for (const std::string option : {" --force", " --format cades --add"}) {
    check_refused(desk, "sign other --pin-file ../pin --skip-existing" + option, 2, "--skip-existing and --");
  }
  desk.write("c.der", "no certificate");
  check_refused(desk, "sign other --pin-file ../pin --skip-existing --cert-out c.der", 3,
                "'c.der' exists, and is not the certificate of the key that would sign");
  REQUIRE(desk.eidtool("export-cert --as signature --force -o c.der").status == 0);
  check_refused(desk, "sign other --pin-file ../pin --skip-existing --cert-out c.der", 3, "'c.der' exists");
  // Only a file that is no input of the command counts as a signature.
  const std::string skipping = "sign --pin-file ../pin --skip-existing ";
  fs::create_directory(desk.path("other.sig"));
  check_refused(desk, skipping + "other", 3, "'other.sig'");
  desk.write("doc.sig", "there");
  check_refused(desk, skipping + "doc other", 3, "'other.sig'");
  fs::remove(desk.path("doc.sig"));
  fs::remove(desk.path("other.sig"));
  check_refused(desk, skipping + "other -o other", 3, "'other' is an input");
  desk.write("doc.sig", "other\n");
  check_refused(desk, skipping + "doc --files-from doc.sig", 3, "'doc.sig' is an input");
  fs::remove(desk.path("doc.sig"));
  check_refused(desk, skipping + "other -o /dev/null", 3, "'/dev/null'");
  // A link that leads nowhere is in the way.
  fs::create_symlink("nowhere", desk.path("other.sig"));
  CHECK(desk.eidtool("sign other --pin-file ../pin --skip-existing").status == 3);
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("Ctrl-C in a batch finishes what is at hand and says what is left, and the rest can be signed later") {
  Desk desk;
  InterruptedBatch batch(desk, "delay C_Sign 3000\n");
  const auto outcome = batch.session().wait();
  INFO(outcome.terminal);
  CHECK(outcome.signal == SIGINT);
  CHECK(contains(outcome.terminal, "2 further documents were not signed"));
  CHECK(contains(outcome.terminal, "the same command with --skip-existing signs the rest"));
  CHECK(contains(outcome.terminal, "1 document signed"));
  CHECK(batch.session().echoed_at_end());
  CHECK(desk.has("one.sig"));
  CHECK_FALSE(desk.has("two.sig"));
  CHECK(desk.logged("C_Logout") + desk.logged("C_CloseSession") > 0);

  desk.filter("");
  CHECK(desk.eidtool("sign one two three --pin-file ../pin --skip-existing").status == 0);
  CHECK(desk.has("three.sig"));
}

TEST_CASE("a second Ctrl-C in a batch ends it at once, with nothing half written") {
  Desk desk;
  InterruptedBatch batch(desk, "block C_Sign\n");
  batch.session().send(control_c);
  const auto outcome = batch.session().wait();
  INFO(outcome.terminal);
  CHECK(outcome.signal == SIGINT);
  for (const auto* name : {"one.sig", "two.sig"}) CHECK_FALSE(desk.has(name));
}

TEST_CASE(
    "Ctrl-C in a batch ends it as interrupted also in the last document, and whatever becomes of what is at hand") {
  for (const std::string failure : {"", "return C_Sign CKR_FUNCTION_FAILED after 1\n", "crash C_Finalize SIGSEGV\n"}) {
    INFO(failure);
    Desk desk;
    for (const auto* name : {"one", "two"}) desk.write(name, name);
    desk.filter("delay C_Sign 1500\n" + failure);
    TerminalSession session(desk.eidtool_program("sign one two --jobs 1 --pin-file ../pin"), {});
    session.wait_until([&] { return desk.logged("C_Sign") == 2; });
    session.send(control_c);
    const auto outcome = session.wait();
    INFO(outcome.terminal);
    CHECK(outcome.signal == SIGINT);
    CHECK(desk.has("one.sig"));
    CHECK(desk.has("two.sig") != contains(failure, "C_Sign"));
  }
}

TEST_CASE("behind Ctrl-C in a batch no PIN is asked for any more") {
  Desk desk;
  for (const auto* name : {"one", "three"}) desk.write(name, name);
  REQUIRE(::mkfifo(desk.path("two").c_str(), 0600) == 0);
  desk.filter("");
  TerminalSession session(desk.eidtool_program("sign one two three --as signature"), {});
  session.expect("PIN of");
  session.send("1234\n");
  session.wait_until([&] { return desk.has("one.sig"); });
  session.send(control_c);
  session.expect("what is at hand is finished first");
  Child writer(desk.program({"dd", "if=one", "of=two", "status=none"}), {});
  const auto outcome = session.wait();
  INFO(outcome.terminal);
  CHECK(outcome.signal == SIGINT);
  CHECK(contains(outcome.terminal, "2 further documents were not signed"));
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 1);
}

TEST_CASE("a second Ctrl-C is heard also where nobody reads what the first one says") {
  Desk desk;
  for (const auto* name : {"one", "two"}) desk.write(name, name);
  desk.filter("block C_Sign\n");
  auto program = desk.eidtool_program("sign one two -q --jobs 1 --as authentication --pin-file ../pin");
  // A pipe that is full, and that both ends of are open.
  const std::vector<std::string> words = {
      "sh", "-c", "mkfifo full; exec 7<>full; dd if=/dev/zero of=full bs=65536 count=1 status=none; exec \"$@\" 2>&7",
      "sh"};
  program.words.insert(program.words.begin(), words.begin(), words.end());
  Child child(program, {});
  child.exchange([&] { return desk.logged("blocked") == 1 || child.has_ended(); });
  child.exchange([&] {
    ::kill(child.id(), SIGINT);
    return child.has_ended();
  });
  CHECK(child.wait().signal == SIGINT);
}

TEST_CASE("Ctrl-C while one document is signed ends that at once") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("block C_Sign\n");
  TerminalSession session(desk.eidtool_program("sign doc --pin-file ../pin"), {});
  session.wait_until([&] { return desk.logged("C_Sign") + desk.logged("blocked") > 0; });
  session.send(control_c);
  CHECK(session.wait().signal == SIGINT);
  CHECK_FALSE(desk.has("doc.sig"));
}

TEST_CASE("a batch says how many documents it signed and how many failed") {
  Desk desk;
  for (const auto* name : {"one", "two", "three"}) desk.write(name, name);
  desk.filter("return C_Sign CKR_FUNCTION_FAILED after 1 once\n");
  const auto outcome = desk.eidtool("sign one two three --jobs 1 --pin-file ../pin");
  INFO(outcome.errors);
  CHECK(outcome.status == 6);
  CHECK(says(outcome, "warning", "1 further document was not signed"));
  CHECK(says(outcome, "notice", "1 document signed, 1 failed"));
}

TEST_CASE("documents of a batch that cannot be signed are told before the PIN, and the rest are signed") {
  Desk desk;
  for (const auto* name : {"one", "two", "three", "two.sig"}) desk.write(name, name);
  fs::create_directory(desk.path("folder"));
  desk.filter("");
  const std::string line = "sign one missing two folder three";
  const auto outcome = desk.eidtool(line + " --json --pin-file ../pin");
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "cannot open 'missing': no such file or directory"));
  CHECK(says(outcome, "error", "'folder'"));
  CHECK(says(outcome, "error", "'two.sig' exists"));
  CHECK(says(outcome, "notice", "2 documents signed, 3 failed"));
  // The records stand in the order of the documents.
  const auto records = json_lines(outcome.output);
  REQUIRE(records.size() == 5);
  CHECK(records[0].text("/document") == "one");
  CHECK(records[1].text("/file") == "missing");
  CHECK(records[2].text("/message") == "'two.sig' exists already");
  CHECK(records[3].text("/file") == "folder");
  CHECK(records[4].text("/document") == "three");
  CHECK(desk.read("two.sig") == "two.sig");
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.eidtool("export-cert -o c.der").status == 0);
  CHECK(desk.eidtool("verify one.sig three.sig --cert c.der").status == 0);

  // Told before a person is asked: it may be reason enough to think again.
  TerminalSession session(desk.eidtool_program("sign one missing --force"), {});
  session.expect("cannot open 'missing'");
  session.expect("PIN of");
  session.send("1234\n");
  const auto shown = session.wait();
  CHECK(shown.status == 3);
  CHECK(contains(shown.terminal, "1 document signed, 1 failed"));
}

TEST_CASE("a batch of which nothing can be signed asks for no PIN, and a wrong command line signs nothing") {
  Desk desk;
  for (const auto* name : {"one", "two", "one.sig"}) desk.write(name, name);
  desk.filter("");
  const auto outcome = desk.eidtool("sign missing one --json --pin-file ../pin");
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "notice", "0 documents signed, 2 failed"));
  const auto records = json_lines(outcome.output);
  REQUIRE(records.size() == 2);
  CHECK(records[0].text("/file") == "missing");
  CHECK(records[1].text("/kind") == "io");
  CHECK(desk.logged("C_Initialize") == 0);

  check_refused(desk, "sign missing two --output-dir nowhere --pin-file ../pin", 3, "cannot write into 'nowhere'");
  check_refused(desk, "sign missing two --output-dir two --pin-file ../pin", 3,
                "cannot write into 'two': not a directory");
  check_refused(desk, "sign two --output-dir nowhere --pin-file ../pin", 3, "cannot write into 'nowhere'");
  check_refused(desk, "sign missing two two --pin-file ../pin", 2, "would be written twice");
  check_refused(desk, "sign missing one one.sig --force --pin-file ../pin", 3, "'one.sig' is an input");
  check_refused(desk, "sign missing two --cert-out one.sig --pin-file ../pin", 3, "'one.sig' exists");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a document that cannot be opened or is missing is no place to write to, whatever is signed beside it") {
  Desk desk;
  for (const auto* name : {"x", "x.sig", "y"}) desk.write(name, name);
  desk.filter("");
  const std::string line = "sign --force --pin-file ../pin --as authentication ";
  check_refused(desk, line + "x later.sig later", 3,
                "'later.sig' is an input, 'later.sig', which is missing: it is not written");
  check_refused(desk, line + "--cert-out ./later x later y", 3, "'./later' is an input, 'later', which is missing");
  CHECK(desk.logged("C_Login") == 0);

  if (!can_inject(desk)) return;
  for (const auto& [words, locked] : {std::pair{"x x.sig", "x.sig"}, std::pair{"--cert-out y x y", "y"}}) {
    auto program = desk.eidtool_program(line + words);
    inject(program, {"-P", desk.path(locked), "-e", "inject=openat:error=EACCES"});
    check_refused(desk, program, 3, "is an input");
  }
}

TEST_CASE("every document that failed has its record, also where a batch ends before its turn") {
  Desk desk;
  for (const auto* name : {"one", "two", "three"}) desk.write(name, name);
  desk.filter("pull C_Sign\n");
  const auto outcome =
      desk.eidtool("sign one missing two gone three --jobs 1 --json --pin-file ../pin --as authentication");
  INFO(outcome.errors);
  CHECK(outcome.status == 6);
  const auto records = json_lines(outcome.output);
  REQUIRE(records.size() == 3);
  CHECK(records[0].text("/kind") == "token_removed");
  CHECK(records[1].text("/file") == "missing");
  CHECK(records[2].text("/file") == "gone");
  CHECK(says(outcome, "warning", "2 further documents were not signed"));
  CHECK(says(outcome, "notice", "0 documents signed, 3 failed"));
}

TEST_CASE("a record that cannot be written ends a batch with a word on what is left") {
  Desk desk;
  for (const auto* name : {"one", "two"}) desk.write(name, name);
  desk.filter("");
  auto program = desk.eidtool_program("sign missing one two --jobs 1 --json --pin-file ../pin");
  program.output_file = "/dev/full";
  const auto outcome = Desk::run_eidtool(program);
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "cannot write 'the standard output'"));
  CHECK(says(outcome, "warning", "2 further documents were not signed"));
  CHECK(desk.logged("C_Sign") == 0);
}

TEST_CASE("of a batch of additions the file that does not fit fails alone") {
  Desk desk;
  for (const auto* name : {"one", "two"}) desk.write(name, name);
  REQUIRE(desk.eidtool("sign one --format cades --pin-file ../pin --as authentication").status == 0);
  REQUIRE(desk.eidtool("sign two --format cades --pem --pin-file ../pin --as authentication").status == 0);
  const auto before = desk.read("one.p7s");
  fs::create_directory(desk.path("three.p7s"));
  desk.write("three", "three");
  const auto outcome =
      desk.eidtool("sign one two three --format cades --add --pem --pin-file ../pin --as authentication");
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "'one.p7s' is no PEM"));
  CHECK_FALSE(says(outcome, "warning", "further names"));
  CHECK(says(outcome, "notice", "1 document signed, 2 failed"));
  CHECK(desk.read("one.p7s") == before);
  CHECK(json_lines(desk.eidtool("verify two.p7s --json").output).size() == 2);
}

}  // namespace eidtool::tests
