// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "modules/filter_module.hpp"

namespace eidtool::tests::filter {

namespace {

std::atomic<bool> pulled = false;

/// How often each was called, and each length asked for.
std::mutex counts_mutex;
std::map<std::string, unsigned long> calls;
std::map<std::string, std::size_t> claims;
std::condition_variable has_come;

/// Waits until so many calls of a function have come behind the first, this one among them.
void meet(const std::string& function, unsigned long number) {
  std::unique_lock lock(counts_mutex);
  has_come.notify_all();
  constexpr std::chrono::seconds longest{60};
  if (!has_come.wait_for(lock, longest, [&] { return calls[function] > number; })) std::abort();
}

/// Waits until there is a file.
void await(const std::string& file) {
  constexpr useconds_t step = 2000;  // microseconds
  while (::access(file.c_str(), F_OK) != 0) ::usleep(step);
}

[[noreturn]] void die(Script::Death death) {
  switch (death) {
    case Script::Death::segmentation_fault: {
      // Really, and where no sanitizer sees it coming.
      auto* page = ::mmap(nullptr, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      *static_cast<volatile char*>(page) = 0;
      break;
    }
    case Script::Death::trap: ::raise(SIGTRAP); break;
    case Script::Death::stop: ::raise(SIGSTOP); break;
    case Script::Death::exit: std::exit(EXIT_SUCCESS);
    case Script::Death::exit_at_once: ::_exit(EXIT_SUCCESS);
    // The call waits for the thread, which ends all.
    case Script::Death::exit_in_thread: std::thread([] { std::exit(EXIT_SUCCESS); }).join(); break;
    case Script::Death::fault_in_thread: std::thread([] { die(Script::Death::segmentation_fault); }).join(); break;
    case Script::Death::abort: break;
  }
  std::abort();
}

/// A process of the module's own, which keeps the descriptors that a daemon would keep: all but the standard streams.
void fork_away(const std::string& text) {
  std::array<int, 2> done{};
  if (::pipe(done.data()) != 0) std::abort();
  const auto process = ::fork();
  if (process == 0) {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(descriptor);
    constexpr int many = 64;
    for (int descriptor = STDERR_FILENO + 1; descriptor < many && !text.empty(); ++descriptor) {
      if (descriptor != done[1]) (void)!::write(descriptor, text.data(), text.size());
    }
    ::close(done[0]);
    ::close(done[1]);
    // For a test that forgets it.
    constexpr unsigned longest = 120;  // seconds
    ::alarm(longest);
    for (;;) ::pause();
  }
  ::close(done[1]);
  char none = 0;
  (void)!::read(done[0], &none, 1);  // until the other has written
  ::close(done[0]);
  log("forked " + std::to_string(process));
}

void switch_echo_off() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  termios settings{};
  if (terminal < 0 || ::tcgetattr(terminal, &settings) != 0) std::abort();
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(terminal, TCSANOW, &settings);
  ::close(terminal);
}

/// What a token that is gone answers: its slot's functions (PKCS#11 2.40 §5.5) and those of its sessions, which
/// its removal closed (§5.6). Nothing where the function has no need of one.
std::optional<CK_RV> answer_without_token(const std::string& function) {
  constexpr std::array of_module = {"C_Initialize",  "C_Finalize",    "C_GetInfo",
                                    "C_GetSlotList", "C_GetSlotInfo", "C_WaitForSlotEvent"};
  constexpr std::array of_slot = {"C_GetTokenInfo", "C_GetMechanismList", "C_GetMechanismInfo",
                                  "C_InitToken",    "C_OpenSession",      "C_CloseAllSessions"};
  if (std::find(of_module.begin(), of_module.end(), function) != of_module.end()) return std::nullopt;
  const bool is_of_slot = std::find(of_slot.begin(), of_slot.end(), function) != of_slot.end();
  return is_of_slot ? CKR_TOKEN_NOT_PRESENT : CKR_SESSION_HANDLE_INVALID;
}

/// The entry for a function, where its occasion has come.
template <typename Entry, typename When>
const Entry* due(const std::map<std::string, Entry>& entries, const std::string& function, unsigned long calls_before,
                 const When& when) {
  const auto found = entries.find(function);
  return found != entries.end() && when(found->second).has_come(calls_before) ? &found->second : nullptr;
}

constexpr auto when_of = [](const auto& entry) { return entry.when; };

}  // namespace

bool is_pulled() { return pulled; }

void ask(const std::string& prompt) {
  (void)!::write(STDOUT_FILENO, prompt.data(), prompt.size());
  std::array<char, 256> buffer{};
  log("answered " + std::to_string(::read(STDIN_FILENO, buffer.data(), buffer.size())) + " bytes");
}

CK_ULONG claimed(const std::string& what, CK_ULONG truth) {
  const auto found = script().lengths.find(what);
  if (found == script().lengths.end()) return truth;
  const auto& lengths = found->second;
  const std::scoped_lock lock(counts_mutex);
  return lengths.at(std::min(claims[what]++, lengths.size() - 1)).value_or(truth);
}

std::optional<CK_RV> fault_before(const std::string& function) {
  const auto before = [&] {
    const std::scoped_lock lock(counts_mutex);
    return calls[function]++;
  }();
  if (pulled) {
    if (const auto answer = answer_without_token(function)) return answer;
  }
  if (script().folder_changes.count(function) != 0 && ::chdir("/") != 0) std::abort();
  if (const auto delay = script().delays.find(function); delay != script().delays.end()) {
    ::usleep(static_cast<useconds_t>(delay->second * 1000));
  }
  if (const auto meeting = script().meetings.find(function); before > 0 && meeting != script().meetings.end()) {
    meet(function, meeting->second);
  }
  if (const auto* awaited = due(script().awaited, function, before, when_of)) await(awaited->file);
  if (const auto prompt = script().prompts.find(function); prompt != script().prompts.end()) ask(prompt->second);
  if (const auto fork = script().forks.find(function); fork != script().forks.end()) fork_away(fork->second);
  if (script().hidden_echoes.count(function) != 0) switch_echo_off();
  if (due(script().blocks, function, before, [](const auto& when) { return when; }) != nullptr) {
    log("blocked");
    for (;;) ::pause();
  }
  if (const auto* crash = due(script().crashes, function, before, when_of)) die(crash->death);
  if (const auto* pull = due(script().pulls, function, before, when_of); pull != nullptr && pull->rv != CKR_OK) {
    pulled = true;
    return pull->rv;
  }
  if (const auto* answer = due(script().returns, function, before, when_of)) return answer->rv;
  return std::nullopt;
}

void fault_after(const std::string& function) {
  const std::scoped_lock lock(counts_mutex);
  if (due(script().pulls, function, calls[function] - 1, when_of) != nullptr) pulled = true;
}

}  // namespace eidtool::tests::filter
