// SPDX-License-Identifier: Apache-2.0
// The line that a terminal shows while something takes long.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>

#include "support/cards.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

constexpr const char* wiping = "\r\x1b[K";
const std::string line_of_three = "sign one two three --jobs 1 --force --as authentication --pin-file ../pin ";

class ProgressDesk : public Desk {
 public:
  explicit ProgressDesk(const std::string& script) {
    for (const auto* name : {"one", "two", "three"}) write(name, name);
    environment["TERM"] = "xterm";
    filter(script);
  }

  TerminalSession session(const std::string& line, const TerminalSession::Shape& shape = {}) const {
    return {eidtool_program(line), shape};
  }
};

/// What a terminal is left with that goes back at a carriage return and wipes from there.
std::string left_of(const std::string& shown) {
  std::string text;
  std::string line;
  std::size_t column = 0;
  for (std::size_t at = 0; at < shown.size(); ++at) {
    if (shown.compare(at, 3, "\x1b[K") == 0) {
      line.resize(column);
      at += 2;
    } else if (shown[at] == '\r') {
      column = 0;
    } else if (shown[at] == '\n') {
      text += line + "\n";
      line.clear();
      column = 0;
    } else {
      line.resize(std::max(line.size(), column + 1));
      line[column++] = shown[at];
    }
  }
  return text + line;
}

/// Types the PIN behind a prompt that ends so, after longer than the line would take to appear.
void answer_late(TerminalSession& session, const std::string& prompt_end) {
  session.wait_until([&] { return session.shown().ends_with(prompt_end); });
  const auto before = session.shown().size();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(800);
  session.wait_until([&] { return std::chrono::steady_clock::now() > end; });
  CHECK(session.shown().size() == before);
  session.send("1234\n");
}

}  // namespace

TEST_CASE("while the card does not answer a terminal says so, with what was done, and nothing of it stays") {
  ProgressDesk desk("await C_Sign go after 1\n");
  auto session = desk.session(line_of_three);
  session.expect("signing: 1 of 3");
  session.expect("waiting for the card");
  desk.write("go", "");
  const auto outcome = session.wait();
  CHECK(outcome.status == 0);
  const auto left = left_of(outcome.terminal);
  INFO(left);
  CHECK(contains(left, "3 documents signed"));
  CHECK(contains(left, "'three.sig': signature of 'three'"));
  CHECK_FALSE(contains(left, "signing:"));
  CHECK_FALSE(contains(left, "waiting"));
}

TEST_CASE("the line is as wide as the window at most") {
  ProgressDesk desk("await C_Sign go after 1\n");
  TerminalSession::Shape narrow;
  narrow.columns = 24;
  auto session = desk.session(line_of_three, narrow);
  session.expect("\rsigning: 1 of 3, ");
  const auto before = session.shown().size();
  session.expect("\x1b[K");
  desk.write("go", "");
  CHECK_FALSE(contains(session.wait().terminal.substr(before), "waiting"));
}

TEST_CASE("a listing waits aloud too") {
  ProgressDesk desk("await C_GetSlotList go\n");
  auto session = desk.session("slots");
  session.expect("waiting for the card");
  desk.write("go", "");
  const auto outcome = session.wait();
  CHECK(outcome.status == 0);
  CHECK_FALSE(contains(left_of(outcome.terminal), "waiting"));
}

TEST_CASE("of a large document the line tells the bytes, as far as they are known") {
  ProgressDesk desk("");
  desk.write("large", "");
  fs::resize_file(desk.path("large"), 3ULL << 29U);
  auto session = desk.session("sign large --cert-out c.der --pin-file ../pin");
  session.expect(" of 1.5 GiB, ");
  session.expect(" s left");
  CHECK(session.wait().status == 0);

  desk.write("piece", std::string(3U << 20U, 'x'));
  desk.write("both", std::string(6U << 20U, 'x'));
  REQUIRE(desk.eidtool("sign both --pin-file ../pin").status == 0);
  for (const auto* name : {"pipe", "gate"}) REQUIRE(::mkfifo(desk.path(name).c_str(), 0600) == 0);
  for (const std::string line : {"sign pipe --pin-file ../pin", "verify both.sig --document pipe --cert c.der"}) {
    INFO(line);
    Child writer(desk.program({"sh", "-c", "(cat piece; read _ < gate; cat piece) > pipe"}), {});
    auto piped = desk.session(line);
    piped.expect(line.starts_with("sign") ? "signing: 3.0 MiB, " : "checking: 3.0 MiB, ");
    desk.write("gate", "\n");
    CHECK(piped.wait().status == 0);
    CHECK(writer.wait().status == 0);
  }
}

TEST_CASE("there is no such line where nobody watches, or where it is not wanted") {
  ProgressDesk desk("delay C_Sign 700\n");
  const auto check_none = [](const Outcome& outcome) {
    CHECK(outcome.status == 0);
    for (const auto* text : {&outcome.terminal, &outcome.output, &outcome.errors}) {
      CHECK_FALSE(contains(*text, "waiting"));
      CHECK_FALSE(contains(*text, wiping));
    }
  };
  const std::string line = "sign one --force --pin-file ../pin ";
  check_none(desk.session(line + "--quiet").wait());
  check_none(desk.session(line + "--color never").wait());
  TerminalSession::Shape piped_errors;
  piped_errors.errors = Child::Stream::pipe;
  check_none(desk.session(line, piped_errors).wait());
  TerminalSession::Shape piped_output;
  piped_output.output = Child::Stream::pipe;  // a pager may have the terminal
  check_none(desk.session(line, piped_output).wait());
  desk.environment["NO_COLOR"] = "1";
  check_none(desk.session(line).wait());
  desk.environment.erase("NO_COLOR");
  desk.environment["TERM"] = "dumb";
  check_none(desk.session(line).wait());
}

TEST_CASE("nothing is drawn over a PIN prompt, be it a module's own") {
  ProgressDesk desk("delay C_Sign 700\n");
  auto session = desk.session("sign one two --as signature --jobs 1");
  for (int count = 0; count < 2; ++count) {
    session.expect("PIN of");
    answer_late(session, ": ");
  }
  CHECK(session.wait().status == 0);

  desk.filter("echo-off C_Initialize\ndelay C_Sign 800\n");
  CHECK_FALSE(contains(desk.session("sign one --force --pin-file ../pin").wait().terminal, wiping));

  // With its echo on, by a module that is known to ask.
  desk.filter(std::string(belgian_card) + "token-flags clear CKF_LOGIN_REQUIRED\nlog-in-by-itself\n" +
              "delay C_SignInit 700\nprompt C_Sign The card's own PIN:\n");
  auto asking = desk.session("sign one two --force --label 'CITIZEN AUTHENTICATION CERTIFICATE'");
  for (int count = 0; count < 2; ++count) {
    asking.expect("The card's own PIN:");
    answer_late(asking, "PIN:");
  }
  const auto outcome = asking.wait();
  CHECK(outcome.status == 0);
  CHECK_FALSE(contains(left_of(outcome.terminal), "signing"));
}

TEST_CASE("a terminal whose output was stopped holds nothing up because of the line") {
  ProgressDesk desk("await C_Sign go\n");
  auto program = desk.eidtool_program("sign one --as authentication --pin-file ../pin");
  program.words.insert(program.words.begin(), {"sh", "-c", "exec \"$@\" > out", "sh"});
  TerminalSession session(program, {});
  session.expect("waiting for the card");
  session.send("\x13");  // Ctrl-S
  desk.write("go", "");
  siginfo_t ending{};
  session.wait_until([&] {
    return ::waitid(P_PID, static_cast<id_t>(session.id()), &ending, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ending.si_pid == session.id();
  });
  CHECK(ending.si_status == 0);
}

TEST_CASE("the line is gone where the command ends in the middle") {
  ProgressDesk desk("block C_Sign\n");
  auto session = desk.session("sign one --pin-file ../pin");
  session.expect("waiting for the card");
  session.send(control_c);
  const auto interrupted = session.wait();
  CHECK(interrupted.signal == SIGINT);
  CHECK_FALSE(contains(left_of(interrupted.terminal), "waiting"));

  const auto late = desk.session("sign one --pin-file ../pin --module-timeout 2").wait();
  CHECK(late.status == 6);
  CHECK(contains(late.terminal, "waiting for the card"));
  const auto left = left_of(late.terminal);
  INFO(left);
  CHECK_FALSE(contains(left, "waiting"));
  CHECK(contains(left, "error:"));

  auto batch = desk.session(line_of_three);
  batch.expect("waiting for the card");
  batch.send(control_c);
  batch.expect("what is at hand is finished first");
  batch.expect("waiting for the card");  // again
  batch.send(control_c);
  CHECK_FALSE(contains(left_of(batch.wait().terminal), "waiting"));
}

}  // namespace eidtool::tests
