// SPDX-License-Identifier: Apache-2.0
// Watched calls end the process that makes them: each stands in a process of its own.
#include "pkcs11/watch.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "base/files.hpp"
#include "support/catch.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::pkcs11 {

namespace {

constexpr int status_of_failure = 6;
constexpr int went_on = 42;

/// How such a process ended.
struct Ending {
  int status = -1;
  int signal = 0;
  std::string errors;
  std::string output;
};

std::string read_to_end(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Ending in_own_process(const std::function<void(int output)>& deed) {
  std::array<int, 2> errors{};
  std::array<int, 2> output{};
  REQUIRE(::pipe(errors.data()) == 0);
  REQUIRE(::pipe(output.data()) == 0);
  const auto process = ::fork();
  REQUIRE(process >= 0);
  if (process == 0) {
    ::dup2(errors[1], STDERR_FILENO);
    for (const int one : {errors[0], errors[1], output[0]}) ::close(one);
    // Catch's own are for its own process.
    for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT}) (void)::signal(number, SIG_DFL);
    deed(output[1]);
    ::_exit(went_on);
  }
  ::close(errors[1]);
  ::close(output[1]);
  Ending ending;
  ending.errors = read_to_end(errors[0]);
  ending.output = read_to_end(output[0]);
  ::close(errors[0]);
  ::close(output[0]);
  int status = 0;
  REQUIRE(::waitpid(process, &status, 0) == process);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  if (WIFEXITED(status)) ending.status = WEXITSTATUS(status);
  return ending;
}

WatchOrder order(int output, std::chrono::seconds limit = std::chrono::seconds(0)) {
  WatchOrder order;
  order.limit = limit;
  order.output = output;
  order.exit_status = status_of_failure;
  order.error_words = [](const Error& error) {
    return LastWords{"error: " + std::string(error.what()) + " hint: " + error.hint(), "record " + error.function()};
  };
  order.warning_words = [](const std::string& message) { return LastWords{"warning: " + message, ""}; };
  return order;
}

/// As a module would, and where no sanitizer sees it coming.
void touch_nothing() {
  auto* page = ::mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 0;
}

[[noreturn]] void never_come_back() {
  for (;;) ::pause();
}

/// `deed` inside a watched call.
Ending in_call(const char* function, const std::function<void()>& deed,
               std::chrono::seconds limit = std::chrono::seconds(0)) {
  return in_own_process([&](int output) {
    watch_calls(order(output, limit));
    const WatchedModule module("bad.so");
    const Watch watch(module, function);
    deed();
  });
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Deeper than any stack, also where the compiler would make a loop of it: it calls what it cannot know, and has
/// something left to do afterwards.
int recurse(int depth) {
  int (*volatile deeper)(int) = recurse;
  std::array<volatile char, 4096> room{};
  room[0] = static_cast<char>(depth);
  const int below = deeper(depth + 1);
  return below + room[0];
}

}  // namespace

TEST_CASE("a crash inside a call is told with module and function, on both streams") {
  for (const auto& deed : {std::function<void()>(touch_nothing), std::function<void()>([] { std::abort(); }),
                           std::function<void()>([] { (void)::raise(SIGTRAP); })}) {
    const auto ending = in_call("C_GetSlotList", deed);
    CHECK(ending.status == status_of_failure);
    CHECK(contains(ending.errors, "error: module 'bad.so' crashed in C_GetSlotList"));
    CHECK(contains(ending.errors, "--module"));
    CHECK(ending.output == "record C_GetSlotList");
  }
}

TEST_CASE("a crash by which the stack is used up is told as well") {
  if (tests::has_sanitizers) return;  // they have stacks of their own
  const auto ending = in_call("C_Sign", [] { (void)recurse(0); });
  CHECK(ending.status == status_of_failure);
  CHECK(contains(ending.errors, "crashed in C_Sign"));
}

TEST_CASE("a module that calls exit() ends nothing with a status of its own") {
  for (const auto& deed : {std::function<void()>([] { std::exit(EXIT_SUCCESS); }),
                           std::function<void()>([] { std::quick_exit(EXIT_SUCCESS); })}) {
    const auto ending = in_call("C_Login", deed);
    CHECK(ending.status == status_of_failure);
    CHECK(contains(ending.errors, "module 'bad.so' ended the process in C_Login"));
    // What became of the PIN nobody knows.
    CHECK(contains(ending.errors, "PIN"));
  }
  const auto between_calls = in_own_process([](int output) {
    watch_calls(order(output));
    std::exit(EXIT_SUCCESS);
  });
  CHECK(between_calls.status == status_of_failure);
  CHECK(contains(between_calls.errors, "something ended the program"));
}

TEST_CASE("a call that does not come back is told after its time") {
  const auto ending = in_call("C_FindObjects", never_come_back, std::chrono::seconds(1));
  CHECK(ending.status == status_of_failure);
  CHECK(contains(ending.errors, "module 'bad.so' did not come back from C_FindObjects within 1 second"));
  CHECK(ending.output == "record C_FindObjects");
}

TEST_CASE("calls that come back in time, one after the other, are let go on") {
  const auto ending = in_own_process([](int output) {
    watch_calls(order(output, std::chrono::seconds(1)));
    const WatchedModule module("good.so");
    constexpr int many = 6;
    constexpr useconds_t part = 300'000;  // microseconds; together more than the limit
    for (int count = 0; count < many; ++count) {
      const Watch watch(module, "C_GetAttributeValue");
      ::usleep(part);
    }
    const Unhurried unhurried(true);
    const Watch watch(module, "C_Login");
    ::usleep(many * part);
  });
  CHECK(ending.status == went_on);
  CHECK(ending.errors == "");
}

TEST_CASE("a crash in a thread of the module's own names the call that runs") {
  const auto ending = in_call("C_Sign", [] { std::thread(touch_nothing).join(); });
  CHECK(ending.status == status_of_failure);
  CHECK(contains(ending.errors, "crashed in C_Sign"));
}

TEST_CASE("a crash outside of calls stays what it is") {
  const auto ending = in_own_process([](int output) {
    watch_calls(order(output));
    const WatchedModule module("good.so");
    { const Watch watch(module, "C_GetInfo"); }
    touch_nothing();
  });
  if (tests::has_sanitizers) return;  // they end it in their own way
  CHECK(ending.signal == SIGSEGV);
  CHECK(ending.errors == "");
  CHECK(ending.output == "");
}

TEST_CASE("a crash outside of calls is no doing of a call that another thread makes") {
  const auto ending = in_own_process([](int output) {
    watch_calls(order(output));
    const WatchedModule module("good.so");
    { const Watch watch(module, "C_GetInfo"); }
    std::atomic<bool> calls = false;
    std::thread([&] {
      const Watch watch(module, "C_Sign");
      calls = true;
      never_come_back();
    }).detach();
    while (!calls) std::this_thread::yield();
    touch_nothing();
  });
  if (tests::has_sanitizers) return;  // they end it in their own way
  CHECK(ending.signal == SIGSEGV);
  CHECK(ending.errors == "");
}

TEST_CASE("what becomes of a process that the module forks is not told") {
  for (const bool crashes : {true, false}) {
    const auto ending = in_call("C_Initialize", [&] {
      const auto forked = ::fork();
      if (forked == 0 && crashes) (void)::raise(SIGKILL);
      if (forked == 0) std::exit(3);
      int status = 0;
      ::waitpid(forked, &status, 0);
    });
    CHECK(ending.status == went_on);
    CHECK(ending.errors == "");
    CHECK(ending.output == "");
  }
}

TEST_CASE("when all is done a module changes neither status nor results") {
  for (const auto& deed : {std::function<void()>(touch_nothing), std::function<void()>([] { std::exit(3); })}) {
    const auto ending = in_call("C_Finalize", [&] {
      expect_end(1);
      deed();
    });
    CHECK(ending.status == 1);
    CHECK(contains(ending.errors, "warning: module 'bad.so' "));
    CHECK(contains(ending.errors, "C_Finalize; all was done before"));
    CHECK(ending.output == "");
  }
}

TEST_CASE("what destructors of a module do when the process ends changes neither status nor results") {
  const auto at_exit = [](void (*deed)()) {
    return in_own_process([&](int output) {
      watch_calls(order(output, std::chrono::seconds(1)));
      const WatchedModule module("bad.so");
      expect_end(1);
      watch_exit(&module);
      REQUIRE(std::atexit(deed) == 0);
      std::exit(1);
    });
  };
  const auto crashed = at_exit(touch_nothing);
  CHECK(crashed.status == 1);
  CHECK(contains(crashed.errors, "warning: module 'bad.so' crashed in exit; all was done before"));
  CHECK(crashed.output == "");
  const auto hung = at_exit(never_come_back);
  CHECK(hung.status == 1);
  CHECK(contains(hung.errors, "warning: module 'bad.so' did not come back from exit; all was done before"));
  const auto good = at_exit([] { ::_exit(went_on); });
  CHECK(good.status == went_on);
  CHECK(good.errors == "");
}

TEST_CASE("a module that goes to another folder takes nobody along") {
  const auto ending = in_own_process([](int output) {
    const auto before = std::filesystem::current_path();
    watch_calls(order(output));
    {
      const WatchedModule module("bad.so");
      const Watch watch(module, "C_Initialize");
      std::filesystem::current_path("/");
    }
    expect_end(1);
    ::_exit(std::filesystem::current_path() == before && before != "/" ? went_on : 1);
  });
  CHECK(ending.status == went_on);
}

TEST_CASE("an end of the process that nothing disturbs is no failure of a module") {
  const auto ending = in_own_process([](int output) {
    // Ahead of watch_calls(), so that it runs behind what that registers, and before what the tests themselves have.
    REQUIRE(std::atexit([] { ::_exit(went_on); }) == 0);
    watch_calls(order(output));
    expect_end(1);
    watch_exit(nullptr);
    std::exit(1);
  });
  CHECK(ending.status == went_on);
  CHECK(ending.errors == "");
}

TEST_CASE("the first order counts, and without one nothing is watched") {
  const auto twice = in_own_process([](int output) {
    watch_calls(order(output));
    auto second = order(output);
    second.exit_status = 7;
    watch_calls(second);
    const WatchedModule module("bad.so");
    const Watch watch(module, "C_GetInfo");
    std::abort();
  });
  CHECK(twice.status == status_of_failure);
  const auto unwatched = in_own_process([](int) {
    const WatchedModule module("bad.so");
    CHECK_FALSE(module.is_watched());
    const Watch watch(module, "C_GetInfo");
    std::abort();
  });
  CHECK(unwatched.signal == SIGABRT);
}

}  // namespace eidtool::pkcs11
