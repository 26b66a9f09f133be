// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/status_line.hpp"

namespace eidtool::pkcs11 {

/// What a process says where a module ends it: bytes for the standard error and for the results' descriptor.
struct LastWords {
  std::string errors;
  std::string output;
};

/// How calls into modules are watched. They are other people's code: one may crash, end the process, or not come back.
struct WatchOrder {
  std::chrono::seconds limit{0};  // of one call, anew for those beside it when one comes back; 0: none
  int output = -1;                // descriptor of the results; -1: none
  int exit_status = 1;
  /// Makes the words for an error, when a module is loaded: in a handler of a crash nothing can be made any more. Where
  /// they hold Watch::any_function, the function's name is put.
  std::function<LastWords(const Error&)> error_words;
  /// The same for a module that fails when all is done: a warning.
  std::function<LastWords(const std::string& message)> warning_words;
};

/// From now on, until the process ends, the calls of modules loaded later are watched: handlers of SIGSEGV and the like
/// are installed, and where there is a limit a thread looks after it. The first order counts, further ones do not.
void watch_calls(WatchOrder order);

/// From now on the current folder is this thread's own: a module that changes it in a call, behind which ~Watch goes
/// back, changes it for no other thread. False where the system does not allow that.
bool keep_folder_of_thread() noexcept;

/// All is done: a module that fails now is warned of, and the process ends with that status all the same.
void expect_end(int exit_status);

/// A module, as far as watching it goes. Without watch_calls() before, nothing is watched. Lives as long as its calls.
class WatchedModule {
 public:
  explicit WatchedModule(const std::string& name);

  enum class Fate { crashed, ended_process, hangs };
  static constexpr std::array fates = {Fate::crashed, Fate::ended_process, Fate::hangs};
  /// What the call was for, as far as the words differ.
  enum class Occasion { work, login, end };
  static constexpr std::array occasions = {Occasion::work, Occasion::login, Occasion::end};

  const LastWords& last_words(Fate fate, Occasion occasion) const {
    return words_[static_cast<std::size_t>(fate)][static_cast<std::size_t>(occasion)];
  }
  bool is_watched() const { return is_watched_; }

 private:
  LastWords words_for(Fate fate, Occasion occasion, const std::string& name) const;

  bool is_watched_;
  std::array<std::array<LastWords, occasions.size()>, fates.size()> words_;
};

/// The modules are finalised, and nothing is left but the end of the process, in which destructors of theirs run: it is
/// watched as a call of that module; null: of one of several.
void watch_exit(const WatchedModule* module);

/// Stands around one call into a module, on the stack.
class Watch {
 public:
  /// Stands for the function's name in words that were made before.
  static constexpr std::string_view any_function = "C_AnyFunction";

  /// `function` lives for ever: `C_Sign`.
  Watch(const WatchedModule& module, const char* function) noexcept;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  const WatchedModule& module() const { return module_; }
  const char* function() const { return function_; }
  WatchedModule::Occasion occasion() const;

 private:
  friend class Watcher;
  const WatchedModule& module_;
  const char* function_;
  Watch* outer_;  // one call inside another does not happen, but costs nothing
  bool is_timed_ = false;
  std::chrono::steady_clock::duration left_{};  // of its time, where it is timed
  const status_line::Wait wait_;
};

/// While this lives, calls of this thread may take as long as they like, and there is no line of progress: a person is
/// typing on a keypad, or in the module's own dialogue.
class Unhurried {
 public:
  explicit Unhurried(bool applies) noexcept;
  Unhurried(const Unhurried&) = delete;
  Unhurried& operator=(const Unhurried&) = delete;
  ~Unhurried();

 private:
  bool before_;
  std::optional<status_line::Hidden> hidden_;
};

}  // namespace eidtool::pkcs11
