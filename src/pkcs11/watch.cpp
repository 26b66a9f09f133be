// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/watch.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/status_line.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"

namespace eidtool::pkcs11 {

namespace {

using Clock = std::chrono::steady_clock;

/// Null until watch_calls(); never ended, since a module may crash while the process ends.
WatchOrder* watch_order = nullptr;
std::atomic<bool> all_is_done = false;

thread_local Watch* current_call = nullptr;
/// The calls that run, of each thread one: its place is its own, unless there are more threads than places.
std::array<std::atomic<Watch*>, 512> running_calls{};
std::atomic<std::size_t> thread_count = 0;
thread_local const std::size_t place_of_thread = thread_count++ % running_calls.size();
/// Names of documents and outputs are meant from here, whatever folder a module goes to; -1: nobody knows it.
int working_folder = -1;
/// A module may fork; what becomes of such a process is no concern of this one.
pid_t watched_process = -1;
LastWords words_for_unknown_end;
/// One of several; made with the first order, since later nobody may be there to make words.
const WatchedModule* any_module = nullptr;
/// From watch_exit() to the end.
const Watch* end_of_process = nullptr;

/// It has called modules: what it runs into outside of a call is its own doing.
thread_local bool is_own_thread = false;

/// This thread's. In a thread of the module's own, one of any other: the likeliest to know of it.
const Watch* running_call() {
  if (current_call != nullptr || is_own_thread) return current_call;
  for (const auto& call : running_calls) {
    if (const auto* found = call.load()) return found;
  }
  return nullptr;
}
thread_local bool is_unhurried = false;

/// Only what a signal handler may do, and by one thread. In one piece, for other threads may write meanwhile.
void say(int descriptor, std::string_view words, std::string_view function) noexcept {
  if (descriptor < 0) return;
  static std::array<char, 1U << 14U> piece;
  std::size_t size = 0;
  const auto flush = [&] {
    (void)!::write(descriptor, piece.data(), size);
    size = 0;
  };
  const auto add = [&](std::string_view text) {
    while (!text.empty()) {
      if (size == piece.size()) flush();
      const auto fitting = text.copy(piece.data() + size, piece.size() - size);
      size += fitting;
      text.remove_prefix(fitting);
    }
  };
  while (!words.empty()) {
    const auto found = std::min(words.find(Watch::any_function), words.size());
    add(words.substr(0, found));
    words.remove_prefix(found);
    if (words.empty()) break;
    add(function);
    words.remove_prefix(Watch::any_function.size());
  }
  if (size > 0) flush();
}

/// Only what a signal handler may do.
[[noreturn]] void end_process(const LastWords& words, std::string_view function) noexcept {
  // Of several threads one: what the others ran into may be its doing.
  static std::atomic<bool> is_ending = false;
  thread_local bool is_this_one = false;
  if (is_ending.exchange(true) && !is_this_one) {
    for (;;) ::pause();
  }
  is_this_one = true;
  remove_temporaries();
  status_line::end();
  restore_terminal();
  say(STDERR_FILENO, words.errors, function);
  say(watch_order->output, words.output, function);
  if (watch_order->exit_status == status_of_interrupt) end_by_interrupt();
  ::_exit(watch_order->exit_status);
}
[[noreturn]] void end_process(const Watch& call, WatchedModule::Fate fate) noexcept {
  end_process(call.module().last_words(fate, call.occasion()), call.function());
}

constexpr std::array crash_signals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
std::array<struct sigaction, crash_signals.size()> actions_before;

extern "C" void end_crash(int number, siginfo_t* information, void*) {
  if (::getpid() == watched_process) {
    if (const auto* call = running_call()) end_process(*call, WatchedModule::Fate::crashed);
    remove_temporaries();
    status_line::end();
    restore_terminal();
  }
  // Not in a module's call: a bug of our own, which is to be seen as what it is. What an instruction caused happens
  // again by itself.
  for (std::size_t index = 0; index < crash_signals.size(); ++index) {
    if (crash_signals[index] == number) ::sigaction(number, &actions_before[index], nullptr);
  }
  if (information->si_code <= 0) (void)::raise(number);  // somebody sent it
}

/// Somebody called exit(). Ourselves only when all is done.
void end_exit() {
  if (::getpid() != watched_process) return;
  const auto* call = running_call();
  if (call != nullptr && call != end_of_process) end_process(*call, WatchedModule::Fate::ended_process);
  if (!all_is_done) end_process(words_for_unknown_end, "");
}

/// Before the first call of each thread.
void prepare_thread() noexcept {
  if (is_own_thread) return;
  is_own_thread = true;
  // Where handlers run: the module may have used up the other stack. A thread may have one already, of a sanitizer.
  alignas(16) thread_local std::array<char, 1U << 16U> own_stack;
  stack_t stack{};
  const bool has_one = ::sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0;
  if (!has_one) {
    stack = {};
    stack.ss_sp = own_stack.data();
    stack.ss_size = own_stack.size();
    ::sigaltstack(&stack, nullptr);
  }
  // Once for each: where two call exit(), glibc has the second go on with what the first did not come to, and end the
  // process while the first is still at it.
  (void)std::atexit(end_exit);
  (void)std::at_quick_exit(end_exit);
}

void install_handlers() {
  prepare_thread();
  struct sigaction action {};
  action.sa_sigaction = end_crash;
  action.sa_flags = SA_ONSTACK | SA_SIGINFO;
  for (std::size_t index = 0; index < crash_signals.size(); ++index) {
    ::sigaction(crash_signals[index], &action, &actions_before[index]);
  }
}

const char* words_for_wait(const char* function) noexcept {
  const bool signs = std::strcmp(function, "C_Sign") == 0 || std::strcmp(function, "C_SignFinal") == 0;
  return signs ? "waiting for the card, or a touch…" : "waiting for the card…";
}

}  // namespace

/// The thread that looks after calls with a limit. It looks from time to time and counts only the time between: while
/// the whole process is stopped no module is late.
class Watcher {
 public:
  static Watcher& instance() {
    static auto& watcher = *new Watcher;  // never ended: its thread is not
    return watcher;
  }

  /// False: the system gave it no thread.
  bool runs() const noexcept { return runs_; }

  void enter(Watch& call) {
    const std::scoped_lock lock(mutex_);
    running_.push_back(&call);
    if (running_.size() == 1) changed_.notify_one();
  }
  void leave(Watch& call) {
    const std::scoped_lock lock(mutex_);
    std::erase(running_, &call);
    // A module that takes one after the other lets the rest wait inside: it goes on as long as any come back.
    for (auto* other : running_) other->left_ = watch_order->limit;
  }

 private:
  static constexpr std::chrono::milliseconds step{100};

  Watcher() {
    // Signals are the main thread's.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([this] { watch(); }).detach();
      runs_ = true;
    } catch (const std::system_error&) {
      // Whoever wants a limit is told, by watch_calls().
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  [[noreturn]] void watch() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !running_.empty(); });
      const auto begin = Clock::now();
      lock.unlock();
      std::this_thread::sleep_for(step);
      lock.lock();
      const auto passed = std::min<Clock::duration>(Clock::now() - begin, 2 * step);
      // The lock is kept: no call can end meanwhile.
      for (auto* call : running_) {
        call->left_ -= passed;
        if (call->left_ <= Clock::duration::zero()) end_process(*call, WatchedModule::Fate::hangs);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Watch*> running_;
  bool runs_ = false;
};

void watch_calls(WatchOrder order) {
  if (watch_order != nullptr) return;
  watch_order = new WatchOrder(std::move(order));
  watched_process = ::getpid();
  words_for_unknown_end = watch_order->error_words(
      Error(ErrorKind::module_failed, "something ended the program in the middle of the command",
            "a PKCS#11 module did, most likely: --module FILE uses one alone"));
  any_module = new WatchedModule("");
  working_folder = ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  remember_terminal();
  tidy_up_at_signals();
  install_handlers();
  if (watch_order->limit.count() > 0 && !Watcher::instance().runs()) {
    throw Error(ErrorKind::module_failed, "no thread can be made that looks after modules",
                "is the limit of processes reached (ulimit -u)? --module-timeout 0 does without");
  }
}

bool keep_folder_of_thread() noexcept {
  thread_local bool is_kept = false;
  is_kept = is_kept || ::unshare(CLONE_FS) == 0;
  return is_kept;
}

void expect_end(int exit_status) {
  if (watch_order == nullptr) return;
  all_is_done = true;
  watch_order->exit_status = exit_status;
  // Nobody waits long for a module to tidy up.
  constexpr std::chrono::seconds patience{5};
  if (watch_order->limit > patience || watch_order->limit.count() == 0) watch_order->limit = patience;
}

void watch_exit(const WatchedModule* module) {
  if (watch_order == nullptr || end_of_process != nullptr) return;
  // Neither ever ends: what destroys the others may be what crashes.
  end_of_process = new Watch(*(module == nullptr ? any_module : new WatchedModule(*module)), "exit");
}

WatchedModule::WatchedModule(const std::string& name) : is_watched_(watch_order != nullptr) {
  if (watch_order == nullptr) return;
  for (const auto fate : fates) {
    for (const auto occasion : occasions) {
      words_[static_cast<std::size_t>(fate)][static_cast<std::size_t>(occasion)] = words_for(fate, occasion, name);
    }
  }
}

LastWords WatchedModule::words_for(Fate fate, Occasion occasion, const std::string& name) const {
  const std::string function(Watch::any_function);
  auto message = name.empty() ? std::string("a module") : "module " + in_quotes(name);
  switch (fate) {
    case Fate::crashed: message += " crashed in " + function; break;
    case Fate::ended_process: message += " ended the process in " + function; break;
    case Fate::hangs: message += " did not come back from " + function; break;
  }
  if (occasion == Occasion::end) return watch_order->warning_words(message + "; all was done before");
  if (fate == Fate::hangs) {
    message += " within " + counted(static_cast<std::size_t>(watch_order->limit.count()), "second", "seconds");
  }
  std::string hint = "--module FILE uses another module alone";
  if (occasion == Occasion::login) {
    hint = "whether the card counted the PIN as wrong is not known: 'eidtool slots' shows its state";
  } else if (fate == Fate::hangs) {
    hint = "is the card well in its reader? --module-timeout waits longer, " + hint;
  }
  return watch_order->error_words(Error(ErrorKind::module_failed, message, hint).with_function(function, std::nullopt));
}

Watch::Watch(const WatchedModule& module, const char* function) noexcept
    : module_(module), function_(function), outer_(current_call), wait_(words_for_wait(function)) {
  if (!module_.is_watched()) return;
  current_call = this;
  running_calls[place_of_thread] = this;
  prepare_thread();
  if (watch_order->limit.count() == 0 || is_unhurried || !Watcher::instance().runs()) return;
  left_ = watch_order->limit;
  Watcher::instance().enter(*this);
  is_timed_ = true;
}

Watch::~Watch() {
  if (!module_.is_watched()) return;
  if (is_timed_) Watcher::instance().leave(*this);
  current_call = outer_;
  running_calls[place_of_thread] = outer_;
  const int error_before = errno;
  if (working_folder >= 0) (void)!::fchdir(working_folder);
  errno = error_before;
}

WatchedModule::Occasion Watch::occasion() const {
  if (all_is_done) return WatchedModule::Occasion::end;
  return std::string_view(function_) == "C_Login" ? WatchedModule::Occasion::login : WatchedModule::Occasion::work;
}

Unhurried::Unhurried(bool applies) noexcept : before_(is_unhurried) {
  is_unhurried = is_unhurried || applies;
  if (applies) hidden_.emplace();
}
Unhurried::~Unhurried() { is_unhurried = before_; }

}  // namespace eidtool::pkcs11
