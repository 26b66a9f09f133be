// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace eidtool {

namespace {

constexpr const char* role_word = "play-a-child";
constexpr std::size_t long_output = 1U << 20U;  // bytes; more than a pipe holds
constexpr std::chrono::seconds patience{60};

void put(std::string_view text) { (void)!::write(STDOUT_FILENO, text.data(), text.size()); }

[[noreturn]] void stay() {
  // For a test that fails.
  constexpr unsigned longest = 120;  // seconds
  ::alarm(longest);
  for (;;) ::pause();
}

/// What this program does where it is run by one of the tests below.
[[noreturn]] void play(std::string_view role, const char* argument) {
  if (role == "say") put(argument);
  if (role == "read") {
    char byte = 0;
    put(::read(STDIN_FILENO, &byte, 1) == 0 ? "nothing to read" : "something to read");
  }
  if (role == "say-much") {
    for (std::size_t size = 0; size < long_output; ++size) put("x");
  }
  if (role == "exit") ::_exit(std::atoi(argument));
  if (role == "crash") (void)::raise(SIGKILL);
  if (role == "fork") {
    const auto other = ::fork();
    if (other == 0) stay();
    put(std::to_string(other));
  }
  if (role == "stay") {
    put("here");
    stay();
  }
  if (role == "stay-with") {
    end_with(static_cast<pid_t>(std::atoi(argument)));
    put("here");
    stay();
  }
  if (role == "is-open") put(::fcntl(std::atoi(argument), F_GETFD) >= 0 ? "open" : "closed");
  ::_exit(0);
}

/// Before main(), which is Catch's.
[[gnu::constructor]] void play_if_asked(int count, char** words) {
  if (count == 4 && std::strcmp(words[1], role_word) == 0) play(words[2], words[3]);
}

ChildProcess start(const std::string& role, const std::string& argument = "") {
  return ChildProcess({role_word, role, argument});
}

bool waits_for(int descriptor) {
  pollfd one{descriptor, POLLIN, 0};
  constexpr int most = 60'000;  // milliseconds
  return ::poll(&one, 1, most) == 1;
}

/// All output until its end.
std::string output_of(ChildProcess& process) {
  std::string text;
  for (;;) {
    if (!waits_for(process.output_descriptor())) return "nothing came";
    if (process.read(text) == ChildProcess::Reading::end) return text;
  }
}

/// Descriptors of a pipe that are handed on.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    reading = FileDescriptor(ends[0]);
    writing = FileDescriptor(ends[1]);
  }
  FileDescriptor reading;
  FileDescriptor writing;
};

}  // namespace

TEST_CASE("a child process gets its words, reads nothing, and is read") {
  auto saying = start("say", "a word with 'quotes' and \xff");
  CHECK(output_of(saying) == "a word with 'quotes' and \xff");
  CHECK(saying.end(patience) == "status 0");
  auto reading = start("read");
  CHECK(output_of(reading) == "nothing to read");
  auto much = start("say-much");
  CHECK(output_of(much) == std::string(long_output, 'x'));
  CHECK(much.end(patience) == "status 0");
}

TEST_CASE("how a child process ended is told for people") {
  CHECK(start("exit", "6").end(patience) == "status 6");
  CHECK(start("crash").end(patience) == "signal 9");
}

TEST_CASE("the end of a child process shows, though another keeps its output open") {
  auto process = start("fork");
  REQUIRE(waits_for(process.end_descriptor()));
  std::string text;
  CHECK(process.read(text) == ChildProcess::Reading::bytes);
  CHECK(process.read(text) == ChildProcess::Reading::nothing_yet);
  CHECK(::kill(static_cast<pid_t>(std::stol(text)), SIGKILL) == 0);  // it was there all the time
  CHECK(process.end(patience) == "status 0");
}

TEST_CASE("a child process that does not end is killed when nobody waits any more") {
  auto process = start("stay");
  std::string text;
  REQUIRE(waits_for(process.output_descriptor()));
  CHECK(process.read(text) == ChildProcess::Reading::bytes);
  CHECK(process.end(std::chrono::milliseconds(1)) == "signal 9");
  Pipe pipe;
  {
    const auto other = start("stay");
    pipe.writing.close();
    pollfd one{pipe.reading.number(), POLLIN, 0};
    CHECK(::poll(&one, 1, 0) == 0);  // it holds the other end
  }
  CHECK(waits_for(pipe.reading.number()));
}

TEST_CASE("a child process gets the descriptors that were handed down, and none of eidtool's own") {
  const Pipe pipe;
  const auto number = pipe.reading.number();
  auto heir = start("is-open", std::to_string(number));
  CHECK(output_of(heir) == "open");
  REQUIRE(::fcntl(number, F_SETFD, FD_CLOEXEC) == 0);
  auto other = start("is-open", std::to_string(number));
  CHECK(output_of(other) == "closed");
  const auto first = start("stay");
  auto second = start("is-open", std::to_string(first.output_descriptor()));
  CHECK(output_of(second) == "closed");
}

TEST_CASE("a child process ends with the one that made it, and where that has ended before") {
  Pipe pipe;
  const auto maker = ::fork();
  REQUIRE(maker >= 0);
  if (maker == 0) {
    auto process = start("stay-with", std::to_string(::getpid()));
    std::string text;
    (void)waits_for(process.output_descriptor());
    (void)process.read(text);
    ::_exit(text == "here" ? 0 : 1);
  }
  pipe.writing.close();
  int status = -1;
  REQUIRE(::waitpid(maker, &status, 0) == maker);
  CHECK(status == 0);
  CHECK(waits_for(pipe.reading.number()));
  char none = 0;
  CHECK(::read(pipe.reading.number(), &none, 1) == 0);

  auto late = start("stay-with", "1");
  CHECK(output_of(late) == "");
  CHECK(late.end(patience) == "signal 9");
}

}  // namespace eidtool
