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

void check_signatures(const Desk& desk, int count, const std::string& suffix = ".sig") {
  if (!desk.has("c.der")) REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
  std::string names;
  for (int number = 0; number < count; ++number) names += " d" + std::to_string(number) + suffix;
  const auto checked = desk.eidtool("verify --cert c.der" + names);
  INFO(checked.output);
  CHECK(checked.status == 0);
}

}  // namespace

TEST_CASE("several sessions sign at a time, behind one login, and results stay in the order of the documents") {
  Desk desk;
  const auto names = make_documents(desk, 12);
  for (const std::string options : {"", " --format cades", " --digest sha384 --padding pss"}) {
    INFO(options);
    desk.filter("meet C_Sign 4\n");
    const auto outcome =
        desk.eidtool("sign --jobs 4 --force --json --cert-out c.der --pin-file ../pin" + names + options);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    CHECK(says(outcome, "notice", "12 documents signed"));
    const auto records = json_lines(outcome.output);
    REQUIRE(records.size() == 12);
    for (std::size_t index = 0; index < records.size(); ++index) {
      CHECK(records[index].text("/document") == "d" + std::to_string(index));
    }
    CHECK(desk.logged("C_Login") == 1);
    desk.filter("");
    check_signatures(desk, 12, contains(options, "cades") ? ".p7s" : ".sig");
  }
}

TEST_CASE("a token in a reader signs one by one unless more is asked for, and documents are read meanwhile") {
  Desk desk;
  make_documents(desk, 2);
  REQUIRE(::mkfifo(desk.path("d2").c_str(), 0600) == 0);
  // The second signature is not made before the third document was read: it is larger than a pipe holds.
  desk.filter("removable\nawait C_Sign read after 1\n");
  const auto outcome =
      desk.run({"sh", "-c",
                "(dd if=/dev/zero of=d2 bs=65536 count=40 status=none && : > read) & " + from_meson("EIDTOOL") +
                    " sign d0 d1 d2 --jobs 2 --pin-file ../pin " + desk.module_options[0] + " " + desk.module_options[1] +
                    "; status=$?; wait; exit $status"});
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  CHECK(says(outcome, "notice", "3 documents signed"));

  fs::remove(desk.path("d2"));
  const auto names = make_documents(desk, 4);
  desk.filter("removable\n");
  CHECK(desk.eidtool("sign --force --pin-file ../pin" + names).status == 0);
  const auto sessions = desk.logged("C_OpenSession");
  desk.forget_log();
  CHECK(desk.eidtool("sign --jobs 3 --force --pin-file ../pin" + names).status == 0);
  CHECK(desk.logged("C_OpenSession") == sessions + 2);
  desk.filter("");
  check_signatures(desk, 4);
}

TEST_CASE("where each signature is a prompt documents are signed one after the other") {
  Desk desk;
  const auto names = make_documents(desk, 3);
  desk.filter("");
  const auto outcome = desk.eidtool("sign --as signature --jobs 3 --pin-file ../pin" + names);
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  // Begun, logged in for and ended, each before the next.
  std::string order;
  for (const auto& line : desk.log()) {
    if (line.starts_with("C_SignInit")) order += "i";
    if (line == "C_Login CKU_CONTEXT_SPECIFIC") order += "l";
    if (line == "C_Sign") order += "s";
  }
  CHECK(order == "ilsilsils");
}

TEST_CASE("a token that gives no more sessions signs with those that it gave") {
  for (const std::string script : {"return C_OpenSession CKR_SESSION_COUNT after 2\n", "most-sessions 1\n"}) {
    INFO(script);
    Desk desk;
    const auto names = make_documents(desk, 6);
    desk.filter(script);
    const auto outcome = desk.eidtool("sign -v --as authentication --jobs 4 --pin-file ../pin" + names);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    CHECK(says(outcome, "detail", "sessions must do") != contains(script, "most-sessions"));
    desk.filter("");
    check_signatures(desk, 6);
  }
}

TEST_CASE("a token that goes, or a module that fails, ends a batch on several threads, with whole signatures alone") {
  for (const std::string script : {"pull C_Sign after 5\n", "return C_SignInit CKR_GENERAL_ERROR after 5\n",
                                   "crash C_Sign SIGSEGV after 5\n", "crash C_Sign thread-exit after 5\n"}) {
    INFO(script);
    Desk desk;
    const auto names = make_documents(desk, 40);
    REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
    desk.filter(script + "meet C_SignInit 2\n");
    const auto outcome = desk.eidtool("sign --jobs 2 --as authentication --pin-file ../pin" + names);
    INFO(outcome.errors);
    CHECK(outcome.status == 6);
    CHECK(desk.logged("C_Login") == 1);
    std::set<std::string> left;
    for (const auto& [name, content] : desk.files()) {
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
      CHECK(desk.run({from_meson("EIDTOOL"), "verify", name, "--cert", "c.der"}).status == 0);
    }
  }
}

TEST_CASE("Ctrl-C in a batch on several threads finishes what is at hand, and nothing else") {
  Desk desk;
  const auto names = make_documents(desk, 30);
  // The first goes through alone, the next three wait until there is a file.
  desk.filter("await C_Sign go after 1\n");
  TerminalSession session(desk.eidtool_program("sign --jobs 3 --as authentication --pin-file ../pin" + names), {});
  session.wait_until([&] { return desk.logged("C_Sign") == 4; });
  session.send(control_c);
  session.expect("what is at hand is finished first; Ctrl-C again ends at once");
  desk.write("go", "");
  const auto outcome = session.wait();
  INFO(outcome.terminal);
  CHECK(outcome.signal == SIGINT);
  CHECK(contains(outcome.terminal, "4 documents signed"));
  CHECK(contains(outcome.terminal, "26 further documents were not signed"));
  CHECK(desk.logged("C_Sign") == 4);
  fs::remove(desk.path("go"));
  desk.filter("");
  CHECK(says(desk.eidtool("sign --skip-existing --as authentication --pin-file ../pin" + names), "notice",
             "26 documents signed, 4 left out"));
  check_signatures(desk, 30);
}

TEST_CASE("a second Ctrl-C ends several threads at once, also where files get names before they are whole") {
  Desk desk;
  const auto names = make_documents(desk, 6);
  desk.filter("block C_Sign after 1\n");
  TerminalSession session(desk.eidtool_program("sign --jobs 3 --force --as authentication --pin-file ../pin" + names),
                          {});
  session.wait_until([&] { return desk.logged("blocked") == 3 && desk.has("d0.sig"); });
  session.send(control_c);
  session.expect("Ctrl-C again ends at once");
  session.send(control_c);
  CHECK(session.wait().signal == SIGINT);
  CHECK(desk.files().size() == 7);
}

TEST_CASE("a PIN that was refused is not sent for those that wait for their turn") {
  for (const std::string script : {"most-sessions 1\n", "removable\n", "prompt C_Sign PIN?\n", ""}) {
    INFO(script);
    Desk desk;
    const auto names = make_documents(desk, 20);
    desk.filter(script + "delay C_Sign 50\nreturn C_Sign CKR_PIN_INCORRECT\n");
    const auto outcome = desk.eidtool("sign --jobs 8 --as authentication --pin-file ../pin" + names);
    INFO(outcome.errors);
    CHECK(outcome.status == 5);
    CHECK(says(outcome, "notice", "0 documents signed, 1 failed"));
    CHECK(says(outcome, "warning", "19 further documents were not signed"));
    CHECK(desk.logged("C_Sign") == 1);
    CHECK(desk.files().size() == 20);
  }
  // With one session also later.
  Desk desk;
  const auto names = make_documents(desk, 20);
  desk.filter("most-sessions 1\ndelay C_Sign 20\nreturn C_Sign CKR_PIN_INCORRECT after 3\n");
  const auto outcome = desk.eidtool("sign --jobs 8 --as authentication --pin-file ../pin" + names);
  INFO(outcome.errors);
  CHECK(outcome.status == 5);
  CHECK(desk.logged("C_Sign") == 4);
  CHECK(says(outcome, "notice", "3 documents signed, 1 failed"));
}

TEST_CASE("a module that changes the folder meanwhile gets no other document signed, nor a signature elsewhere") {
  Desk desk;
  const auto names = make_documents(desk, 16);
  desk.filter("chdir C_Sign\ndelay C_Sign 20\n");
  const auto outcome = desk.eidtool("sign --jobs 4 --as authentication --pin-file ../pin" + names);
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  desk.filter("");
  check_signatures(desk, 16);
}

TEST_CASE("what is signed is told: a module that ends the process leaves no signature without its record") {
  for (const std::string script : {"crash C_Sign exit after 9\n", "block C_Sign after 9\n"}) {
    INFO(script);
    Desk desk;
    const auto names = make_documents(desk, 30);
    desk.filter(script);
    const auto outcome =
        desk.eidtool("sign --jobs 4 --json --module-timeout 2 --as authentication --pin-file ../pin" + names);
    INFO(outcome.errors);
    CHECK(outcome.status == 6);
    std::size_t signed_count = 0;
    for (const auto& [name, content] : desk.files()) signed_count += name.ends_with(".sig") ? 1 : 0;
    std::size_t told_count = 0;
    for (const auto& record : json_lines(outcome.output)) told_count += record.type() == "signature" ? 1 : 0;
    // One may get its name at that very moment.
    CHECK(signed_count >= told_count);
    CHECK(signed_count <= told_count + 1);
  }
}

TEST_CASE("a module that signs one after the other is not taken for one that hangs") {
  Desk desk;
  const auto names = make_documents(desk, 6);
  desk.filter("serial-signing 800\n");
  const auto outcome = desk.eidtool("sign --jobs 6 --module-timeout 3 --as authentication --pin-file ../pin" + names);
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
}

TEST_CASE("--cert-out is written once, whichever thread is first") {
  Desk desk;
  const auto names = make_documents(desk, 8);
  desk.filter("meet C_Sign 4\n");
  const auto outcome = desk.eidtool("sign --jobs 4 --cert-out c.der --pin-file ../pin" + names);
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  check_signatures(desk, 8);
}

TEST_CASE("--jobs of sign takes a number") {
  Desk desk;
  make_documents(desk, 1);
  desk.filter("");
  for (const std::string number : {"0", "-1", "x", "257"}) {
    check_refused(desk, "sign d0 --pin-file ../pin --jobs=" + number, 2, "--jobs cannot be");
  }
  CHECK(desk.logged("C_Initialize") == 0);
}

}  // namespace eidtool::tests
