// SPDX-License-Identifier: Apache-2.0
#include "base/status_line.hpp"

#include <poll.h>
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
  std::size_t readings = 0;
  Clock::time_point begin_of_reading;
  Wait* waits = nullptr;
};
State& state() {
  static auto& one = *new State;
  return one;
}

/// Below 10 with one decimal.
std::string number_text(double number) {
  if (number >= 9.95) return std::to_string(std::lround(number));
  const auto tenths = std::lround(number * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string byte_text(double bytes) {
  constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return (unit == 0 ? std::to_string(std::lround(bytes)) : number_text(bytes)) + " " + std::string(units[unit]);
}

double per_second(double done, std::chrono::milliseconds elapsed) {
  return elapsed.count() > 0 ? done * 1000 / static_cast<double>(elapsed.count()) : 0;
}

std::string duration_text(double seconds) {
  const auto whole = std::lround(std::ceil(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

/// In the background the terminal is another's. For handlers too.
bool is_foreground() noexcept { return ::tcgetpgrp(STDERR_FILENO) == ::getpgrp(); }

/// A module, or another process, asks for something there, or the terminal is another's at the moment.
bool is_terminal_taken() {
  termios settings{};
  if (::tcgetattr(STDERR_FILENO, &settings) != 0) return true;
  constexpr tcflag_t echo_flag = ECHO;
  return (settings.c_lflag & echo_flag) == 0 || !is_foreground();
}

/// Not where a person stopped its output (Ctrl-S): nobody is to wait for that because of this line. For handlers too.
bool is_writable() noexcept {
  pollfd terminal{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT) != 0;
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
    using std::chrono::milliseconds;
    all.progress.elapsed = std::chrono::duration_cast<milliseconds>(now - all.begin);
    auto& bytes = all.progress.bytes;
    if (bytes) bytes->elapsed = std::chrono::duration_cast<milliseconds>(now - all.begin_of_reading);
    text = text_of(all.progress);
  }
  const auto waiting = Waits::text(now);
  if (!text.empty() && !waiting.empty()) text += "; ";
  return text.append(waiting);
}

/// As much of it as fits. The last column stays free: a terminal would go on to the next line.
std::string cut(const std::string& text) {
  constexpr std::size_t fewest_columns = 12;  // of a window that a word and a number fit into
  const auto width = columns();
  return text.empty() || width < fewest_columns ? std::string() : wrapped(text, width - 1).front();
}

[[noreturn]] void draw_for_ever() {
  std::string drawn;
  for (;;) {
    std::this_thread::sleep_for(step);
    const std::scoped_lock lock(state().drawing);
    const auto text = cut(current_text());
    if (text.empty()) wipe();
    const bool is_taken = is_terminal_taken();
    if (is_taken) is_shown = false;  // who has it writes over the line: it is drawn anew afterwards
    const bool is_there = is_shown && text == drawn;
    if (text.empty() || is_there || is_taken || state().hidden > 0 || !is_allowed || !is_writable()) continue;
    drawn = text;
    const auto line = "\r" + text + "\x1b[K";
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

Hidden::Hidden() : begin_(Clock::now()) {
  if (!is_allowed) return;
  const std::scoped_lock lock(state().drawing);
  ++state().hidden;
  wipe();
}

Hidden::~Hidden() {
  if (!is_allowed) return;
  auto& all = state();
  const std::scoped_lock lock(all.drawing, all.mutex);
  --all.hidden;
  const auto lasted = Clock::now() - begin_;
  if (lasted < patience) return;
  all.begin += lasted;
  all.begin_of_reading += lasted;
}

void wipe() noexcept {
  if (!is_shown.exchange(false)) return;
  const int error_before = errno;
  if (is_writable() && is_foreground()) (void)!::write(STDERR_FILENO, wiping.data(), wiping.size());
  errno = error_before;
}

void end() noexcept {
  is_allowed = false;
  wipe();
}

Task::Task(const std::string& words, std::size_t count) {
  const std::scoped_lock lock(state().mutex);
  state().progress.words = words;
  state().progress.count = count;
  state().progress.done = 0;
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

Reading::Reading(std::optional<std::uint64_t> size) {
  auto& all = state();
  const std::scoped_lock lock(all.mutex);
  counts_ = !size || *size >= large_size || all.progress.count == 1;
  if (!counts_) return;
  if (all.readings++ == 0) {
    all.progress.bytes.emplace();
    all.begin_of_reading = Clock::now();
  }
  auto& bytes = *all.progress.bytes;
  if (size) bytes.size = bytes.size.value_or(0) + *size;
}

Reading::~Reading() {
  if (!counts_) return;
  auto& all = state();
  const std::scoped_lock lock(all.mutex);
  // Where several read at a time the sums grow on: they tell how far all are that are at hand.
  if (--all.readings == 0) all.progress.bytes.reset();
}

void Reading::advance(std::uint64_t size) const {
  if (!counts_) return;
  const std::scoped_lock lock(state().mutex);
  state().progress.bytes->done += size;
}

Wait::Wait(const char* words) noexcept : words_(is_allowed ? words : nullptr) {
  if (words_ != nullptr) Waits::add(*this);
}

Wait::~Wait() {
  if (words_ != nullptr) Waits::remove(*this);
}

std::string text_of(const Progress& progress) {
  if (progress.count == 0 || (progress.count == 1 && !progress.bytes)) return {};
  auto text = progress.words + ":";
  const auto add_time = [&](double left, double rate) {
    if (rate > 0 && left > 0) text += ", " + duration_text(left / rate) + " left";
  };
  const auto add_bytes = [&] {
    const auto done = static_cast<double>(progress.bytes->done);
    text += " " + byte_text(done);
    if (progress.bytes->size) text += " of " + byte_text(static_cast<double>(*progress.bytes->size));
    const auto rate = per_second(done, progress.bytes->elapsed);
    if (rate > 0) text += ", " + byte_text(rate) + " a second";
    if (progress.bytes->size) add_time(static_cast<double>(*progress.bytes->size) - done, rate);
  };
  if (progress.count == 1) {
    add_bytes();
    return text;
  }
  text += " " + std::to_string(progress.done) + " of " + std::to_string(progress.count);
  if (progress.bytes) {  // how long a large one takes the others do not tell
    text += ";";
    add_bytes();
    return text;
  }
  const auto done = static_cast<double>(progress.done);
  const auto rate = per_second(done, progress.elapsed);
  if (rate > 0) text += ", " + number_text(rate) + " a second";
  add_time(static_cast<double>(progress.count) - done, rate);
  return text;
}

}  // namespace eidtool::status_line
