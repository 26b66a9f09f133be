// SPDX-License-Identifier: Apache-2.0
#include "base/status_line.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/text.hpp"

namespace eidtool::status_line {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::milliseconds step{100};
constexpr std::uint64_t large_size = 64U << 20U;  // bytes
constexpr std::string_view wiping = "\r\x1b[K";

std::atomic<bool> is_allowed = false;
/// Something stands in the line.
std::atomic<bool> is_shown = false;
static_assert(std::atomic<bool>::is_always_lock_free);

/// Never ended: the thread is not.
struct State {
  std::mutex drawing;      // around what is written
  std::size_t hidden = 0;  // how many want the line for themselves
  std::mutex mutex;        // around all that follows
  bool has_task = false;
  Progress progress;
  Clock::time_point begin;  // of the task
  Wait* waits = nullptr;
};
State& state() {
  static auto& one = *new State;
  return one;
}

std::string byte_text(double bytes) {
  constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  const bool is_whole = unit == 0 || bytes >= 9.95;
  const auto tenths = std::lround(bytes * (is_whole ? 1 : 10));
  const auto number =
      is_whole ? std::to_string(tenths) : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
  return number + " " + std::string(units[unit]);
}

std::string rate_text(double rate) {
  if (rate >= 9.95) return std::to_string(std::lround(rate));
  const auto tenths = std::lround(rate * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string duration_text(double seconds) {
  const auto whole = std::lround(std::ceil(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

/// A module, or another process, asks for something there, or the terminal is another's at the moment.
bool is_terminal_taken() {
  termios settings{};
  if (::tcgetattr(STDERR_FILENO, &settings) != 0) return true;
  constexpr tcflag_t echo_flag = ECHO;
  return (settings.c_lflag & echo_flag) == 0 || ::tcgetpgrp(STDERR_FILENO) != ::getpgrp();
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

struct Waits {
  static void add(Wait& wait) {
    const std::scoped_lock lock(state().mutex);
    wait.begin_ = Clock::now();
    wait.next_ = state().waits;
    state().waits = &wait;
  }
  static void remove(const Wait& wait) {
    const std::scoped_lock lock(state().mutex);
    for (auto** place = &state().waits; *place != nullptr; place = &(*place)->next_) {
      if (*place != &wait) continue;
      *place = wait.next_;
      return;
    }
  }
  /// Of the one that lasts longest, if that is long. The lock is held.
  static std::string_view text(Clock::time_point now) {
    const Wait* longest = nullptr;
    for (const auto* wait = state().waits; wait != nullptr; wait = wait->next_) {
      if (longest == nullptr || wait->begin_ < longest->begin_) longest = wait;
    }
    return longest != nullptr && now - longest->begin_ >= patience ? longest->words_ : std::string_view();
  }
};

namespace {

/// What the line is to say now; empty: nothing.
std::string current_text() {
  auto& all = state();
  const std::scoped_lock lock(all.mutex);
  const auto now = Clock::now();
  std::string text;
  if (all.has_task && now - all.begin >= patience) {
    all.progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - all.begin);
    text = text_of(all.progress);
  }
  const auto waiting = Waits::text(now);
  if (!text.empty() && !waiting.empty()) text += "; ";
  return text.append(waiting);
}

[[noreturn]] void draw_for_ever() {
  std::string drawn;
  for (;;) {
    std::this_thread::sleep_for(step);
    const std::scoped_lock lock(state().drawing);
    const auto text = current_text();
    if (text.empty()) wipe();
    const bool is_there = is_shown && text == drawn;
    if (text.empty() || is_there || state().hidden > 0 || is_terminal_taken() || !is_allowed) continue;
    drawn = text;
    // The last column stays free: a terminal would go on to the next line.
    const auto line = "\r" + wrapped(text, columns() - 1).front() + "\x1b[K";
    is_shown = true;
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  }
}

}  // namespace

void allow() {
  if (is_allowed) return;
  // Signals are the main thread's.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread(draw_for_ever).detach();
    is_allowed = true;
  } catch (const std::system_error&) {
    // Without one nothing is said, and all is done.
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Hidden::Hidden() {
  if (!is_allowed) return;
  const std::scoped_lock lock(state().drawing);
  ++state().hidden;
  wipe();
}

Hidden::~Hidden() {
  if (!is_allowed) return;
  const std::scoped_lock lock(state().drawing);
  --state().hidden;
}

void wipe() noexcept {
  if (!is_shown.exchange(false)) return;
  const int error_before = errno;
  (void)!::write(STDERR_FILENO, wiping.data(), wiping.size());
  errno = error_before;
}

void end() noexcept {
  is_allowed = false;
  wipe();
}

Task::Task(const std::string& words, std::size_t count) {
  const std::scoped_lock lock(state().mutex);
  state().progress = {words, count};
  state().begin = Clock::now();
  state().has_task = true;
}

Task::~Task() {
  {
    const std::scoped_lock lock(state().mutex);
    state().has_task = false;
  }
  const Hidden wiped;
}

void Task::advance() {
  const std::scoped_lock lock(state().mutex);
  ++state().progress.done;
}

Reading::Reading(std::optional<std::uint64_t> size) : size_(size) {
  const std::scoped_lock lock(state().mutex);
  auto& progress = state().progress;
  if (size_) progress.size = progress.size.value_or(0) + *size_;
}

Reading::~Reading() {
  const std::scoped_lock lock(state().mutex);
  auto& progress = state().progress;
  progress.bytes -= done_;
  if (size_) progress.size = *progress.size - *size_;
  if (progress.size == 0) progress.size.reset();
}

void Reading::advance(std::uint64_t size) {
  const std::scoped_lock lock(state().mutex);
  done_ += size;
  state().progress.bytes += size;
  state().progress.bytes_ever += size;
}

Wait::Wait(const char* words) noexcept : words_(is_allowed ? words : nullptr) {
  if (words_ != nullptr) Waits::add(*this);
}

Wait::~Wait() {
  if (words_ != nullptr) Waits::remove(*this);
}

std::string text_of(const Progress& progress) {
  const auto seconds = static_cast<double>(progress.elapsed.count()) / 1000;
  auto text = progress.words + ":";
  const auto add_time = [&](double left, double done) {
    if (done > 0 && left > 0) text += ", " + duration_text(left * seconds / done) + " left";
  };
  const auto bytes = static_cast<double>(progress.bytes);
  const auto of_size = progress.size ? " of " + byte_text(static_cast<double>(*progress.size)) : "";
  if (progress.count != 1) {
    const auto done = static_cast<double>(progress.done);
    text += " " + std::to_string(progress.done) + " of " + std::to_string(progress.count);
    // How long a large one takes the others do not tell.
    if (progress.bytes >= large_size) return text + "; " + byte_text(bytes) + of_size;
    if (progress.done > 0) text += ", " + rate_text(done / seconds) + " a second";
    add_time(static_cast<double>(progress.count) - done, done);
    return text;
  }
  text += " " + byte_text(bytes) + of_size;
  const auto ever = static_cast<double>(progress.bytes_ever);
  if (ever > 0) text += ", " + byte_text(ever / seconds) + " a second";
  if (progress.size) add_time(static_cast<double>(*progress.size) - bytes, ever);
  return text;
}

}  // namespace eidtool::status_line
