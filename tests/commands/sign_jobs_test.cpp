// SPDX-License-Identifier: Apache-2.0
// Signing on several threads. That calls are made beside each other is shown by a module that waits until they are.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// Makes so many documents, d0 and on, and returns their names with a blank before each.
std::string make_documents(const Desk& desk, int count) {
  std::string names;
  for (int number = 0; number < count; ++number) {
    const auto name = "d" + std::to_string(number);
    desk.write(name, "text of " + name);
    names += " " + name;
  }
  return names;
}

/// A desk with so many documents, which are signed through a module that does as it is told.
class Batch : public Desk {
 public:
  explicit Batch(int count, const std::string& script = "") : names(make_documents(*this, count)), count_(count) {
    filter(script);
  }

  std::string line(const std::string& options) const {
    return "sign --as authentication --pin-file ../pin " + options + names;
  }
  Outcome sign(const std::string& options) const { return eidtool(line(options)); }
  void check_signs(const std::string& options) const {
    const auto outcome = sign(options);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
  }

  /// All signatures are there and valid.
  void check_signatures(const std::string& suffix = ".sig") {
    filter("");
    if (!has("c.der")) REQUIRE(eidtool("export-cert --as authentication -o c.der").status == 0);
    std::string signatures;
    for (int number = 0; number < count_; ++number) signatures += " d" + std::to_string(number) + suffix;
    const auto checked = eidtool("verify --cert c.der" + signatures);
    INFO(checked.output << checked.errors);
    CHECK(checked.status == 0);
  }

  const std::string names;  // with a blank before each

 private:
  int count_;
};

}  // namespace

TEST_CASE("several sessions sign at a time, behind one login, and results stay in the order of the documents") {
  Batch batch(12);
  for (const std::string options : {"", " --format cades", " --digest sha384 --padding pss"}) {
    INFO(options);
    batch.filter("meet C_Sign 4\n");
    const auto outcome = batch.sign("--jobs 4 --force --json --cert-out c.der" + options);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    CHECK(says(outcome, "notice", "12 documents signed"));
    const auto records = json_lines(outcome.output);
    REQUIRE(records.size() == 12);
    for (std::size_t index = 0; index < records.size(); ++index) {
      CHECK(records[index].text("/document") == "d" + std::to_string(index));
    }
    CHECK(batch.logged("C_Login") == 1);
    batch.check_signatures(contains(options, "cades") ? ".p7s" : ".sig");
  }
}

TEST_CASE("a token in a reader signs one by one unless more is asked for, and documents are read meanwhile") {
  // The second signature is not made before the third document was read: it is larger than a pipe holds.
  Batch batch(2, "removable\nawait C_Sign read after 1\n");
  REQUIRE(::mkfifo(batch.path("d2").c_str(), 0600) == 0);
  const auto outcome =
      batch.run({"sh", "-c",
                 "(dd if=/dev/zero of=d2 bs=65536 count=40 status=none && : > read) & " + from_meson("EIDTOOL") +
                     " sign d0 d1 d2 --jobs 2 --pin-file ../pin " + batch.module_options[0] + " " +
                     batch.module_options[1] + "; status=$?; wait; exit $status"});
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  CHECK(says(outcome, "notice", "3 documents signed"));
}

TEST_CASE("a token in a reader signs through one session unless --jobs is given") {
  Batch batch(4, "removable\n");
  CHECK(batch.sign("").status == 0);
  const auto sessions = batch.logged("C_OpenSession");
  batch.forget_log();
  CHECK(batch.sign("--jobs 3 --force").status == 0);
  CHECK(batch.logged("C_OpenSession") == sessions + 2);
  batch.check_signatures();
}

TEST_CASE("where each signature is a prompt documents are signed one after the other") {
  Batch batch(3);
  const auto outcome = batch.eidtool("sign --as signature --jobs 3 --pin-file ../pin" + batch.names);
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  // Begun, logged in for and ended, each before the next.
  std::string order;
  for (const auto& line : batch.log()) {
    if (line.starts_with("C_SignInit")) order += "i";
    if (line == "C_Login CKU_CONTEXT_SPECIFIC") order += "l";
    if (line == "C_Sign") order += "s";
  }
  CHECK(order == "ilsilsils");
}

TEST_CASE("a token that gives no more sessions signs with those that it gave") {
  for (const std::string script : {"return C_OpenSession CKR_SESSION_COUNT after 2\n", "most-sessions 1\n"}) {
    INFO(script);
    Batch batch(6, script);
    const auto outcome = batch.sign("-v --jobs 4");
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    CHECK(says(outcome, "detail", "sessions must do") != contains(script, "most-sessions"));
    batch.check_signatures();
  }
}

TEST_CASE("a token that goes, or a module that fails, ends a batch on several threads, with whole signatures alone") {
  for (const std::string script : {"pull C_Sign after 5\n", "return C_SignInit CKR_GENERAL_ERROR after 5\n",
                                   "crash C_Sign SIGSEGV after 5\n", "crash C_Sign thread-exit after 5\n"}) {
    INFO(script);
    Batch batch(40);
    REQUIRE(batch.eidtool("export-cert --as authentication -o c.der").status == 0);
    batch.filter(script + "meet C_SignInit 2\n");
    const auto outcome = batch.sign("--jobs 2");
    INFO(outcome.errors);
    CHECK(outcome.status == 6);
    CHECK(batch.logged("C_Login") == 1);
    std::set<std::string> left;
    for (const auto& [name, content] : batch.files()) {
      if (name.ends_with(".sig")) {
        CHECK(content.size() == 256);
        left.insert(name);
      } else {
        INFO(name);
        CHECK((name == "c.der" || name.starts_with("d")));
      }
    }
    CHECK(left.size() <= 6);
    for (const auto& name : left) {
      CHECK(batch.run({from_meson("EIDTOOL"), "verify", name, "--cert", "c.der"}).status == 0);
    }
  }
}

TEST_CASE("Ctrl-C in a batch on several threads finishes what is at hand, and nothing else") {
  // The first goes through alone, the next three wait until there is a file.
  Batch batch(30, "await C_Sign go after 1\n");
  TerminalSession session(batch.eidtool_program(batch.line("--jobs 3")), {});
  session.wait_until([&] { return batch.logged("C_Sign") == 4; });
  session.send(control_c);
  session.expect("what is at hand is finished first; Ctrl-C again ends at once");
  batch.write("go", "");
  const auto outcome = session.wait();
  INFO(outcome.terminal);
  CHECK(outcome.signal == SIGINT);
  CHECK(contains(outcome.terminal, "4 documents signed"));
  CHECK(contains(outcome.terminal, "26 further documents were not signed"));
  CHECK(batch.logged("C_Sign") == 4);
  fs::remove(batch.path("go"));
  batch.filter("");
  CHECK(says(batch.sign("--skip-existing"), "notice", "26 documents signed, 4 left out"));
  batch.check_signatures();
}

TEST_CASE("a second Ctrl-C ends several threads at once, also where files get names before they are whole") {
  Batch batch(6, "block C_Sign after 1\n");
  TerminalSession session(batch.eidtool_program(batch.line("--jobs 3 --force")), {});
  session.wait_until([&] { return batch.logged("blocked") == 3 && batch.has("d0.sig"); });
  session.send(control_c);
  session.expect("Ctrl-C again ends at once");
  session.send(control_c);
  CHECK(session.wait().signal == SIGINT);
  CHECK(batch.files().size() == 7);
}

TEST_CASE("a PIN that was refused is not sent for those that wait for their turn") {
  for (const std::string script : {"most-sessions 1\n", "removable\n", "prompt C_Sign PIN?\n", ""}) {
    INFO(script);
    Batch batch(20, script + "delay C_Sign 50\nreturn C_Sign CKR_PIN_INCORRECT\n");
    const auto outcome = batch.sign("--jobs 8");
    INFO(outcome.errors);
    CHECK(outcome.status == 5);
    CHECK(says(outcome, "notice", "0 documents signed, 1 failed"));
    CHECK(says(outcome, "warning", "19 further documents were not signed"));
    CHECK(batch.logged("C_Sign") == 1);
    CHECK(batch.files().size() == 20);
  }
  // With one session also later.
  Batch batch(20, "most-sessions 1\ndelay C_Sign 20\nreturn C_Sign CKR_PIN_INCORRECT after 3\n");
  const auto outcome = batch.sign("--jobs 8");
  INFO(outcome.errors);
  CHECK(outcome.status == 5);
  CHECK(batch.logged("C_Sign") == 4);
  CHECK(says(outcome, "notice", "3 documents signed, 1 failed"));
}

TEST_CASE("a module that changes the folder meanwhile gets no other document signed, nor a signature elsewhere") {
  Batch batch(16, "chdir C_Sign\ndelay C_Sign 20\n");
  batch.check_signs("--jobs 4");
  batch.check_signatures();
}

TEST_CASE("a large document is found where it is, whatever folder a module goes to while it reads") {
  Batch batch(1, "only CKM_SHA256_RSA_PKCS\nchdir C_SignUpdate\n");
  batch.write("d0", std::string(8U << 20U, 'x'));
  batch.check_signs("");
  CHECK(batch.logged("C_SignUpdate") > 2);
  batch.check_signatures();
}

TEST_CASE("what is signed is told: a module that ends the process leaves no signature without its record") {
  for (const std::string script : {"crash C_Sign exit after 9\n", "block C_Sign after 9\n"}) {
    INFO(script);
    Batch batch(30, script);
    const auto outcome = batch.sign("--jobs 4 --json --module-timeout 2");
    INFO(outcome.errors);
    CHECK(outcome.status == 6);
    std::size_t signed_count = 0;
    for (const auto& [name, content] : batch.files()) signed_count += name.ends_with(".sig") ? 1 : 0;
    std::size_t told_count = 0;
    for (const auto& record : json_lines(outcome.output)) told_count += record.type() == "signature" ? 1 : 0;
    // One may get its name at that very moment.
    CHECK(signed_count >= told_count);
    CHECK(signed_count <= told_count + 1);
  }
}

TEST_CASE("a module that signs one after the other is not taken for one that hangs") {
  // The last one waits longer for its turn than the limit is.
  Batch batch(7, "serial-signing 900\n");
  batch.check_signs("--jobs 6 --module-timeout 4");
}

TEST_CASE("--cert-out is written once, whichever thread is first") {
  Batch batch(8, "meet C_Sign 4\n");
  batch.check_signs("--jobs 4 --cert-out c.der");
  batch.check_signatures();
}

TEST_CASE("--jobs of sign takes a number") {
  Batch batch(1);
  for (const std::string number : {"0", "-1", "x", "257"}) {
    check_refused(batch, "sign d0 --pin-file ../pin --jobs=" + number, 2, "--jobs cannot be");
  }
  CHECK(batch.logged("C_Initialize") == 0);
}

}  // namespace eidtool::tests
