// SPDX-License-Identifier: Apache-2.0
// Modules that crash, end the process or never answer: they are named, hide no other, and leave nothing behind.
#include <signal.h>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

struct End {
  const char* directive;  // with the function's name in the place of C_
  const char* says;
};

constexpr End ends[] = {
    {"crash C_ SIGSEGV", "module 'libfilter.so' crashed in C_"},
    {"crash C_ abort", "module 'libfilter.so' crashed in C_"},
    {"crash C_ exit", "module 'libfilter.so' ended the process in C_"},
    {"block C_", "module 'libfilter.so' did not come back from C_"},
};

std::string with_function(const std::string& text, const std::string& function) {
  auto whole = text;
  const auto place = whole.find("C_");
  return whole.replace(place, 2, function);
}

/// A library of its own behind the filter, and a working module beside it.
void put_beside_a_working_one(Desk& desk) {
  const auto behind = desk.folder().parent_path() / "behind.so";
  if (!fs::exists(behind)) fs::copy_file(softhsm_module(), behind);
  desk.environment["EIDTOOL_TEST_MODULE"] = behind;
  desk.module_options.insert(desk.module_options.end(), {"--module", softhsm_module(), "--module-timeout", "1"});
}

}  // namespace

TEST_CASE("a listing shows what other modules hold, whatever one of them does") {
  Desk desk;
  for (const auto& end : ends) {
    for (const std::string function : {"C_Initialize", "C_GetSlotList", "C_GetTokenInfo"}) {
      INFO(end.directive << " " << function);
      desk.filter(with_function(end.directive, function) + "\n");
      put_beside_a_working_one(desk);
      const auto slots = desk.eidtool("slots --json");
      INFO(slots.errors);
      CHECK(slots.status == 0);
      CHECK(json_lines(slots.output).size() == 1);
      CHECK(says(slots, "warning", with_function(end.says, function)));
    }
    desk.filter(with_function(end.directive, "C_FindObjects") + "\n");
    put_beside_a_working_one(desk);
    const auto objects = desk.eidtool("objects");
    CHECK(objects.status == 0);
    CHECK(contains(objects.output, "CITIZEN AUTHENTICATION CERTIFICATE"));
    CHECK(says(objects, "warning", with_function(end.says, "C_FindObjects")));
  }
}

TEST_CASE("with no other module that is the listing's failure, named by module and function") {
  Desk desk;
  for (const auto& end : ends) {
    INFO(end.directive);
    desk.filter(with_function(end.directive, "C_GetSlotList") + "\n");
    for (const std::string line : {"slots --module-timeout 1", "objects --module-timeout 1"}) {
      const auto refusal = check_refused(desk, line, 6, with_function(end.says, "C_GetSlotList"));
      CHECK(says(refusal, "hint", "--module"));
    }
    const auto records = json_lines(desk.eidtool("slots --json --module-timeout 1").output);
    REQUIRE(records.size() == 1);
    CHECK(records[0].type() == "error");
    CHECK(records[0].text("/kind") == "module_failed");
    CHECK(records[0].text("/function") == "C_GetSlotList");
    CHECK(records[0].number("/exit_status") == 6);
  }
}

TEST_CASE("what a module told before it failed is shown") {
  Desk desk;
  desk.filter("crash C_CloseSession SIGSEGV\n");
  const auto objects = desk.eidtool("objects --json");
  CHECK(objects.status == 6);
  const auto records = json_lines(objects.output);
  REQUIRE(records.size() > 1);
  CHECK(records.front().type() == "object");
  CHECK(records.back().type() == "error");
}

TEST_CASE("signing and exporting name a module that crashes or hangs, and leave nothing") {
  Desk desk;
  desk.write("doc", "text");
  for (const auto& end : ends) {
    INFO(end.directive);
    for (const std::string function : {"C_Initialize", "C_GetTokenInfo", "C_OpenSession", "C_Login", "C_Sign"}) {
      INFO(function);
      desk.filter(with_function(end.directive, function) + "\n");
      const auto refusal = check_refused(desk, "sign doc --pin-file ../pin --cert-out c.der --module-timeout 1 --quiet",
                                         6, with_function(end.says, function));
      CHECK(desk.logged("C_Login") == (function == "C_Login" || function == "C_Sign" ? 1 : 0));
      // Where it was the PIN's call, nobody knows what became of it.
      CHECK(says(refusal, "hint", function == "C_Login" ? "PIN" : "--module"));
    }
    desk.filter(with_function(end.directive, "C_GetAttributeValue") + "\n");
    check_refused(desk, "export-cert -o c.der --module-timeout 1", 6, with_function(end.says, "C_GetAttributeValue"));
    const auto records = json_lines(desk.eidtool("sign doc --pin-file ../pin --json --module-timeout 1").output);
    REQUIRE(records.size() == 1);
    CHECK(records[0].text("/function") == "C_GetAttributeValue");
  }
}

TEST_CASE("a module that ends the process is told of, whatever became of modules before it") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("missing.so", "no library");
  for (const std::string death : {"exit", "thread-exit", "thread-SIGSEGV", "SIGTRAP"}) {
    for (const std::string function : {"C_Login", "C_Sign"}) {
      INFO(death << " " << function);
      desk.filter("crash " + function + " " + death + "\n");
      desk.module_options.insert(desk.module_options.begin(), {"--module", "missing.so"});
      check_refused(desk, "sign doc --pin-file ../pin", 6, "in " + function);
      CHECK(desk.logged("C_Login") == 1);
    }
  }
}

TEST_CASE("modules that are left out stand in no other's way") {
  Desk desk;
  desk.write("missing.so", "no library");
  desk.module_options.insert(desk.module_options.begin(), {"--module", "missing.so"});
  const auto exported = desk.eidtool("export-cert -o c.der");
  CHECK(exported.status == 0);
  CHECK(said(exported, "warning").size() == 1);
}

TEST_CASE("a module that is slow, but not in any one call, is waited for") {
  Desk desk;
  desk.filter("delay C_GetAttributeValue 30\n");
  const auto listing = desk.eidtool("objects --label nobody --module-timeout 1");
  CHECK(listing.status == 0);
}

TEST_CASE("a module that fails at its end changes nothing in what was done") {
  Desk desk;
  desk.write("doc", "text");
  for (const auto& end : ends) {
    INFO(end.directive);
    desk.filter(with_function(end.directive, "C_Finalize") + "\n");
    const auto signing = desk.eidtool("sign doc --pin-file ../pin --force --module-timeout 1");
    INFO(signing.errors);
    CHECK(signing.status == 0);
    CHECK(says(signing, "warning", "C_Finalize"));
    CHECK(desk.eidtool("slots --module-timeout 1").status == 0);
    // Nor does it make a failure another one.
    CHECK(desk.eidtool("sign nothing-here --pin-file ../pin --module-timeout 1").status == 3);
    CHECK(desk.eidtool("sign doc -o x --label nobody --pin-file ../pin --module-timeout 1").status == 4);
  }
  CHECK(desk.files().size() == 2);
}

TEST_CASE("a module that fails when a session is closed changes nothing in a signature that was written") {
  Desk desk;
  desk.write("doc", "text");
  for (const auto& end : ends) {
    INFO(end.directive);
    desk.filter(with_function(end.directive, "C_CloseSession") + "\n");
    const auto signing = desk.eidtool("sign doc --force --pin-file ../pin --json --module-timeout 1");
    INFO(signing.errors);
    CHECK(signing.status == 0);
    CHECK(says(signing, "warning", with_function(end.says, "C_CloseSession") + "; all was done before"));
    CHECK(said(signing, "error").empty());
    const auto records = json_lines(signing.output);
    REQUIRE(records.size() == 1);
    CHECK(records[0].type() == "signature");
    CHECK(desk.has("doc.sig"));
  }
}

TEST_CASE("what is shown after a login stays shown where the module fails when its session is closed") {
  Desk desk;
  desk.filter("crash C_CloseSession SIGSEGV\n");
  const auto objects = desk.eidtool("objects --login --pin-file ../pin --json");
  CHECK(objects.status == 0);
  CHECK(says(objects, "warning", "crashed in C_CloseSession; all was done before"));
  for (const auto& record : json_lines(objects.output)) CHECK(record.type() == "object");
}

TEST_CASE("a module that fails when a session is closed hides no error") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("wrong", "4321\n");
  for (const auto& end : ends) {
    INFO(end.directive);
    desk.filter(with_function(end.directive, "C_CloseSession") + "\n");
    check_refused(desk, "objects --login --pin-file wrong --module-timeout 1", 5, "PIN");
    CHECK(desk.logged("C_Login") == 1);
  }
}

TEST_CASE("a module that switches the terminal's echo off and does not come back leaves it on") {
  for (const auto& end : ends) {
    for (const std::string line : {"sign doc --pin-file ../pin", "export-cert -o c.der", "slots"}) {
      INFO(end.directive << " " << line);
      Desk desk;
      desk.write("doc", "text");
      desk.filter("echo-off C_GetTokenInfo\n" + with_function(end.directive, "C_GetTokenInfo") + "\n");
      TerminalSession session(desk.eidtool_program(line + " --module-timeout 1"), {});
      CHECK(session.wait().status == 6);
      CHECK(session.echoed_at_end());
    }
  }
}

TEST_CASE("the echo that a module switched off comes back at Ctrl-C and other signals") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    for (const std::string line : {"sign doc --pin-file ../pin", "slots"}) {
      INFO(number << " " << line);
      Desk desk;
      desk.write("doc", "text");
      desk.filter("echo-off C_GetTokenInfo\nblock C_GetTokenInfo\n");
      TerminalSession session(desk.eidtool_program(line + " --module-timeout 0"), {});
      session.wait_until([&] { return desk.logged("blocked") > 0; });
      CHECK_FALSE(session.echoes());
      if (number == SIGINT) {
        session.send(control_c);
      } else {
        session.send_signal(number);
      }
      CHECK(session.wait().signal == number);
      CHECK(session.echoed_at_end());
    }
  }
}

TEST_CASE("a library that crashes while it is loaded is named like any other") {
  Desk desk;
  desk.write("doc", "text");
  const auto library = desk.folder().parent_path() / "bomb.so";
  const auto made = desk.run({"sh", "-c",
                              "printf '__attribute__((constructor)) static void f(void) { __builtin_trap(); }' | "
                              "c++ -x c++ -shared -fPIC -o " +
                                  library.string() + " -"});
  INFO(made.errors);
  REQUIRE(made.status == 0);
  desk.module_options = {"--module", library};
  check_refused(desk, "sign doc --pin-file ../pin", 6, "module 'bomb.so' crashed");
  check_refused(desk, "slots", 6, "module 'bomb.so' crashed");
  desk.module_options.insert(desk.module_options.end(), {"--module", softhsm_module()});
  const auto listing = desk.eidtool("slots --json");
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
}

TEST_CASE("--module-timeout takes seconds, and 0 waits for ever") {
  Desk desk;
  for (const std::string value : {"x", "-1", "1.5", "999999999999", "''"}) {
    check_refused(desk, "slots --module-timeout=" + value, 2, "--module-timeout");
  }
  desk.filter("delay C_GetSlotList 1500\n");
  check_refused(desk, "slots --module-timeout 1", 6, "did not come back from C_GetSlotList within 1 second");
  CHECK(desk.eidtool("slots --module-timeout 0").status == 0);
  CHECK(desk.eidtool("slots").status == 0);
}

TEST_CASE("a keypad is waited for however long it takes") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("token-flags set CKF_PROTECTED_AUTHENTICATION_PATH\ndelay C_Login 1500\n");
  const auto signing = desk.eidtool("sign doc --module-timeout 1");
  INFO(signing.errors);
  CHECK(signing.status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a listing's processes end with it, however it ends") {
  for (const int number : {SIGINT, SIGKILL}) {
    Desk desk;
    desk.filter("block C_GetSlotList\n");
    TerminalSession listing(desk.eidtool_program("slots --verbose --module-timeout 0"), {});
    listing.expect("using module");
    listing.send_signal(number);
    CHECK(listing.wait().signal == number);
    // The name of this desk's folder is in nobody else's command line.
    const auto pattern =
        "[a]sk-module --file " + desk.module_options[1] + " --parent [0-9]+ -- slots --verbose --module-timeout 0";
    CHECK(desk.run({"sh", "-c", "while pgrep -f '" + pattern + "' > /dev/null; do :; done"}).status == 0);
  }
}

TEST_CASE("nothing that a module prints gets among the results") {
  Desk desk;
  desk.filter("prompt C_GetTokenInfo {\"end\":1}\n");
  const auto listing = desk.eidtool("slots --json");
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
}

TEST_CASE("a completion that meets a bad module offers nothing and says nothing") {
  Desk desk;
  for (const auto& end : ends) {
    desk.filter(with_function(end.directive, "C_GetTokenInfo") + "\n");
    const auto module = desk.module_options;
    desk.module_options = {};
    const auto completion = desk.eidtool("complete -- --module " + module[1] + " sign --token ''");
    CHECK(completion.output == "");
    CHECK(completion.errors == "");
    CHECK(completion.status == 0);
  }
}

}  // namespace eidtool::tests
