// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

void put_document(Desk& desk) {
  desk.write("doc", "text");
  desk.filter("");
}

}  // namespace

TEST_CASE("the prompt names card and key, and the PIN is not shown") {
  Desk desk;
  put_document(desk);
  TerminalSession signing(desk.eidtool_program("sign doc"), {});
  signing.expect("Virtual citizen (SoftHSM)");
  signing.expect("CITIZEN AUTHENTICATION KEY");
  signing.expect(": ");
  CHECK_FALSE(signing.echoes());
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK(signing.echoed_at_end());
  CHECK(contains(outcome.terminal, "KEY': \r\n"));  // nothing stands behind the prompt
}

TEST_CASE("the prompt goes to the terminal, whatever the standard streams are") {
  Desk desk;
  put_document(desk);
  TerminalSession::Shape pipes;
  pipes.input = pipes.output = pipes.errors = Child::Stream::pipe;
  auto program = desk.eidtool_program("sign -");
  program.input = "text";
  TerminalSession signing(program, pipes);
  signing.expect("PIN");
  signing.send("1234\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 0);
  CHECK(outcome.output.size() == 256);
  CHECK_FALSE(contains(outcome.errors, "PIN of"));
}

TEST_CASE("Ctrl-C and Ctrl-D at the prompt cancel, send nothing and leave nothing") {
  for (const auto* key : {control_c, control_d}) {
    Desk desk;
    put_document(desk);
    TerminalSession signing(desk.eidtool_program("sign doc"), {});
    signing.expect("PIN");
    signing.send(key);
    const auto outcome = signing.wait();
    CHECK(outcome.status == 5);
    CHECK(contains(outcome.terminal, "cancelled"));
    CHECK(signing.echoed_at_end());
    CHECK(desk.logged("C_Login") == 0);
    CHECK(desk.files().size() == 1);
  }
}

TEST_CASE("Ctrl-C and Ctrl-Z count also behind a part of the PIN that Ctrl-D handed on") {
  Desk desk;
  put_document(desk);
  TerminalSession cancelled(desk.eidtool_program("sign doc"), {});
  cancelled.expect("PIN");
  cancelled.send(std::string("12") + control_d + control_c);
  CHECK(cancelled.wait().status == 5);
  CHECK(cancelled.echoed_at_end());
  CHECK(desk.logged("C_Login") == 0);
  TerminalSession twice(desk.eidtool_program("sign doc"), {});
  twice.expect("PIN");
  twice.send(std::string("12") + control_d + control_d);
  CHECK(twice.wait().status == 5);
  // Whoever signals, the line begins anew.
  TerminalSession continued(desk.eidtool_program("sign doc"), {});
  continued.expect("PIN");
  continued.send(std::string("99") + control_d + control_z);
  continued.expect("\n");
  continued.send_signal(SIGCONT);
  continued.expect("PIN");
  continued.send("1234\n");
  CHECK(continued.wait().status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a module with threads of its own changes nothing in what signals do at the prompt") {
  for (int round = 0; round < 5; ++round) {
    Desk desk;
    put_document(desk);
    desk.filter("start-thread\n");
    TerminalSession cancelled(desk.eidtool_program("sign doc"), {});
    cancelled.expect("PIN");
    cancelled.send(control_c);
    const auto outcome = cancelled.wait();
    CHECK(outcome.status == 5);
    CHECK(contains(outcome.terminal, "cancelled"));
    CHECK(cancelled.echoed_at_end());
    TerminalSession ended(desk.eidtool_program("sign doc"), {});
    ended.expect("PIN");
    ended.send_signal(SIGTERM);
    CHECK(ended.wait().signal == SIGTERM);
    CHECK(ended.echoed_at_end());
  }
}

TEST_CASE("every signal that can be caught leaves the terminal echoing") {
  Desk desk;
  put_document(desk);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    const std::set<int> others = {SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGWINCH, SIGURG,
                                  SIGPIPE, SIGXFSZ, SIGINT,  SIGTSTP, SIGTTIN,  SIGTTOU};
    if (others.contains(number) || (number >= 32 && number < SIGRTMIN)) continue;
    INFO(::strsignal(number));
    TerminalSession signing(desk.eidtool_program("sign doc"), {});
    signing.expect("PIN");
    signing.send_signal(number);
    const auto outcome = signing.wait();
    // The address sanitizer reports some of them, SIGILL where it is told to, and ends the process by itself.
    const bool is_crash = number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
    CHECK((outcome.signal == number || (has_sanitizers && is_crash && outcome.status == 1)));
    CHECK(signing.echoed_at_end());
  }
  CHECK(desk.logged("C_Login") == 0);
  CHECK(desk.files().size() == 1);
}

TEST_CASE("Ctrl-Z at the prompt gives the terminal back, and it is asked again when it goes on") {
  Desk desk;
  put_document(desk);
  auto program = desk.eidtool_program("sign doc");
  // A shell with job control, which leaves the terminal's settings alone.
  const std::vector<std::string> shell = {"sh", "-mc", "\"$@\"; echo stopped; read line; fg; echo ended with $?", "sh"};
  program.words.insert(program.words.begin(), shell.begin(), shell.end());
  TerminalSession signing(program, {});
  signing.expect("PIN");
  CHECK_FALSE(signing.echoes());
  signing.send(control_z);
  signing.expect("stopped");
  CHECK(signing.echoes());
  signing.send("\n");
  signing.expect("PIN of");
  CHECK_FALSE(signing.echoes());
  signing.send("1234\n");
  signing.expect("ended with 0");
  CHECK(signing.wait().status == 0);
  CHECK(signing.echoed_at_end());
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("a wrong PIN is sent once and asked for once, however many files there are") {
  Desk desk;
  put_document(desk);
  desk.write("a", "a");
  desk.write("b", "b");
  TerminalSession signing(desk.eidtool_program("sign doc a b"), {});
  signing.expect("PIN");
  signing.send("9999\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 5);
  CHECK(desk.logged("C_Login") == 1);
  CHECK_FALSE(contains(outcome.terminal, "9999"));
  CHECK(desk.files().size() == 3);
}

TEST_CASE("a wrong PIN from a file, a variable or a descriptor is sent once too") {
  Desk desk;
  put_document(desk);
  desk.write("a", "a");
  desk.write("wrong", "9999\n");
  desk.environment["WRONG_PIN"] = "9999";
  for (const auto& options : {"--pin-file wrong", "--pin-env WRONG_PIN", "--pin-fd 5"}) {
    desk.forget_log();
    auto program = desk.eidtool_program(std::string("sign doc a ") + options);
    program.descriptors[5] = "9999\n";
    const auto outcome = check_refused(desk, program, 5, "PIN");
    CHECK(desk.logged("C_Login") == 1);
    CHECK_FALSE(contains(outcome.errors, "9999"));
  }
}

TEST_CASE("a PIN comes from a file, a descriptor, a variable or a URI") {
  Desk desk;
  put_document(desk);
  desk.environment["CARD_PIN"] = "1234";
  const auto file = (desk.folder().parent_path() / "pin").string();
  for (const auto& options : {std::string("--pin-file ../pin"), std::string("--pin-env CARD_PIN"),
                              std::string("--pin-fd 5"), "--uri 'pkcs11:?pin-source=file:" + file + "'"}) {
    INFO(options);
    auto program = desk.eidtool_program("sign doc --force --no-input " + options);
    program.descriptors[5] = "1234\n";
    const auto outcome = Desk::run_eidtool(program);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
  }
  CHECK(desk.eidtool("sign - --pin-file ../pin", "text").status == 0);
}

TEST_CASE("--pin-prompt asks, whatever else is set") {
  Desk desk;
  put_document(desk);
  desk.write("wrong", "9999\n");
  TerminalSession signing(desk.eidtool_program("sign doc --pin-prompt --pin-file wrong"), {});
  signing.expect("PIN");
  signing.send("1234\n");
  CHECK(signing.wait().status == 0);
}

TEST_CASE("without a terminal, or with --no-input, nobody is asked") {
  Desk desk;
  put_document(desk);
  check_refused(desk, "sign doc", 5, "terminal");
  check_refused(desk, "sign doc --no-input", 5, "--no-input");
  TerminalSession forbidden(desk.eidtool_program("sign doc --no-input"), {});
  const auto outcome = forbidden.wait();
  CHECK(outcome.status == 5);
  CHECK_FALSE(contains(outcome.terminal, "to sign with"));
  CHECK(desk.logged("C_Login") == 0);
  const auto lines = json_lines(desk.eidtool("sign doc --no-input --json").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/kind") == "pin_required");
}

TEST_CASE("PINs that no token takes are not sent") {
  Desk desk;
  put_document(desk);
  desk.write("empty", "");
  desk.write("blank", "\n1234\n");
  desk.write("short", "123\n");
  desk.write("long", std::string(300, '1') + "\n");
  check_refused(desk, "sign doc --pin-file empty", 5, "PIN");
  check_refused(desk, "sign doc --pin-file blank", 5, "PIN");
  check_refused(desk, "sign doc --pin-file short", 5, "short");
  check_refused(desk, "sign doc --pin-file long", 5, "long");
  for (const std::string typed : {"\n", "12\n"}) {
    TerminalSession signing(desk.eidtool_program("sign doc"), {});
    signing.expect("PIN");
    signing.send(typed);
    CHECK(signing.wait().status == 5);
  }
  CHECK(desk.logged("C_Login") == 0);
  CHECK(desk.files().size() == 5);
}

TEST_CASE("what keys and editors leave beside a PIN is not sent with it") {
  Desk desk;
  put_document(desk);
  desk.write("marked", "\357\273\2771234\n");
  desk.write("utf16", std::string("\377\3761\0002\0003\0004\000\n", 11));
  desk.write("tab", "1234\t\n");
  check_refused(desk, "sign doc --pin-file marked", 5, "byte order mark");
  check_refused(desk, "sign doc --pin-file utf16", 5, "control character");
  check_refused(desk, "sign doc --pin-file tab", 5, "control character");
  // A backspace that is not the terminal's own, and an arrow key.
  for (const std::string typed : {"1235\b4\n", "1234\033[D\n"}) {
    TerminalSession signing(desk.eidtool_program("sign doc"), {});
    signing.expect("PIN");
    signing.send(typed);
    signing.expect("control character");
    CHECK(signing.wait().status == 5);
  }
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("sources of PINs that are none are told") {
  Desk desk;
  put_document(desk);
  check_refused(desk, "sign doc --pin-file missing", 3, "missing");
  check_refused(desk, "sign doc --pin-file .", 3, "");
  check_refused(desk, "sign doc --pin-env NO_SUCH_VARIABLE", 5, "NO_SUCH_VARIABLE");
  check_refused(desk, "sign doc --pin-fd nonsense", 2, "nonsense");
  check_refused(desk, "sign doc --pin-fd 99", 2, "99");
  check_refused(desk, "sign doc --pin-fd -1", 2, "");
  check_refused(desk, "sign doc --pin-file ../pin --pin-env HOME", 2, "more than one source");
  check_refused(desk, "sign doc --pin-prompt --no-input", 2, "--no-input");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("no number names the copy of the standard input that eidtool keeps for itself") {
  Desk desk;
  put_document(desk);
  for (int number = 1; number < 32; ++number) {
    auto program = desk.eidtool_program("sign doc --pin-fd " + std::to_string(number));
    program.input = "1234\n";
    check_refused(desk, program, 2, "--pin-fd " + std::to_string(number) + " is not open for reading");
  }
  CHECK(desk.logged("C_Login") == 0);
  // The numbers that it would take for itself are its caller's where the caller uses them.
  for (const int number : {10, 11, 12}) {
    auto program = desk.eidtool_program("sign doc --force --pin-fd " + std::to_string(number));
    program.descriptors[number] = "1234\n";
    CHECK(Desk::run_eidtool(program).status == 0);
  }
  auto program = desk.eidtool_program("sign doc --force --pin-fd 0");
  program.input = "1234\n";
  CHECK(Desk::run_eidtool(program).status == 0);
}

TEST_CASE("a locked token gets no PIN, one on its final try only when that is allowed") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("token-flags set CKF_USER_PIN_LOCKED\n");
  check_refused(desk, "sign doc --pin-file ../pin", 5, "locked");
  CHECK(desk.logged("C_Login") == 0);
  desk.filter("token-flags set CKF_USER_PIN_FINAL_TRY\n");
  const auto refusal = check_refused(desk, "sign doc --pin-file ../pin", 5, "one try");
  CHECK(says(refusal, "hint", "--allow-final-try"));
  CHECK(desk.logged("C_Login") == 0);
  CHECK(desk.eidtool("sign doc --pin-file ../pin --allow-final-try").status == 0);
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("wrong PINs count down to the lock, one at a time, and eidtool stops before the last") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("wrong", "9999\n");
  desk.filter("lock-after 3\n");
  check_refused(desk, "sign doc --pin-file wrong", 5, "PIN");
  check_refused(desk, "sign doc --pin-file wrong", 5, "ONE try");
  check_refused(desk, "sign doc --pin-file wrong", 5, "one try");
  CHECK(desk.logged("C_Login") == 2);
  check_refused(desk, "sign doc --pin-file wrong --allow-final-try", 5, "now locked");
  CHECK(desk.logged("C_Login") == 3);
  check_refused(desk, "sign doc --pin-file ../pin --allow-final-try", 5, "locked");
  CHECK(desk.logged("C_Login") == 3);
}

TEST_CASE("the prompt warns of wrong PINs before") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("token-flags set CKF_USER_PIN_COUNT_LOW\n");
  TerminalSession low(desk.eidtool_program("sign doc"), {});
  low.expect("wrong PIN was entered before");
  low.send(control_c);
  CHECK(low.wait().status == 5);
  desk.filter("token-flags set CKF_USER_PIN_FINAL_TRY\n");
  TerminalSession last(desk.eidtool_program("sign doc --allow-final-try"), {});
  last.expect("LAST TRY");
  last.send(control_c);
  CHECK(last.wait().status == 5);
}

TEST_CASE("a module that asks by itself and wants another login first is sent no PIN") {
  Desk desk;
  desk.write("doc", "text");
  desk.filter("manufacturer Portuguese Government\nmodel Portuguese eID N\n");
  const auto refusal = check_refused(desk, "sign doc --pin-file ../pin", 6, "nothing was sent");
  CHECK(says(refusal, "hint", "CAN"));
  check_refused(desk, "objects --login --pin-file ../pin", 6, "nothing was sent");
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a PIN whose fate is unknown is not tried again") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("a", "a");
  desk.filter("return C_Login CKR_GENERAL_ERROR\n");
  check_refused(desk, "sign doc a --pin-file ../pin", 6, "CKR_GENERAL_ERROR");
  CHECK(desk.logged("C_Login") == 1);
}

TEST_CASE("the PIN is in no output, however verbose") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("odd", "8675309\n");
  desk.filter("");
  for (const auto& line : {"sign doc -v --pin-file odd", "sign doc -v --json --pin-file odd"}) {
    const auto outcome = desk.eidtool(line);
    CHECK(outcome.status == 5);
    CHECK_FALSE(contains(outcome.output + outcome.errors, "8675309"));
  }
}

TEST_CASE("a second PIN that is refused for an always-authenticate key ends the batch") {
  Desk desk;
  put_document(desk);
  desk.write("a", "a");
  desk.write("b", "b");
  TerminalSession signing(desk.eidtool_program("sign --as signature doc a b"), {});
  signing.expect("PIN");
  signing.send("1234\n");
  signing.expect("PIN of");
  signing.send("9999\n");
  const auto outcome = signing.wait();
  CHECK(outcome.status == 5);
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 2);
  CHECK(desk.has("doc.sig"));
  CHECK_FALSE(desk.has("a.sig"));
  CHECK_FALSE(desk.has("b.sig"));
}

}  // namespace eidtool::tests
