// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// One line at the foot of the terminal, on the standard error, that says how far something is that takes longer than
/// half a second. A thread of its own draws it, and it is wiped before anything else is written there.
namespace eidtool::status_line {

/// From now on there may be one; before, nothing is ever shown. To be called where the standard error is a terminal
/// that can go back to the beginning of a line.
void allow();

/// While one lives there is no line, and who has one may write to the terminal. A person may be asked meanwhile: what
/// is long is left out of what the line tells of speed.
class Hidden {
 public:
  Hidden();
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden();

 private:
  std::chrono::steady_clock::time_point begin_;
};

/// Wipes it. A signal handler may call it, before it writes there.
void wipe() noexcept;
/// The same, and there is none from here on: the process ends. A signal handler may call it.
void end() noexcept;

/// What a command is at: `signing`, so many things. One at a time.
class Task {
 public:
  Task(const std::string& words, std::size_t count);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task();
  /// One more is done.
  void advance();
};

/// One reading of something, of so many bytes; nothing: nobody knows how many. Any thread.
class Reading {
 public:
  explicit Reading(std::optional<std::uint64_t> size);
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading();
  void advance(std::uint64_t size) const;

 private:
  bool counts_;  // of several things only large ones do
};

/// What blocks meanwhile, said as long as it lasts. Any thread.
class Wait {
 public:
  /// `words` live for ever; null: nothing is said.
  explicit Wait(const char* words) noexcept;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait();

 private:
  friend struct Waits;
  const char* words_;
  std::chrono::steady_clock::time_point begin_{};
  Wait* next_ = nullptr;
};

/// What is read at the moment.
struct ReadBytes {
  std::uint64_t done = 0;
  std::optional<std::uint64_t> size{};  // nothing: nobody knows
  std::chrono::milliseconds elapsed{0};
};

/// What the line shows of a task.
struct Progress {
  std::string words;      // `signing`
  std::size_t count = 1;  // things
  std::size_t done = 0;
  std::chrono::milliseconds elapsed{0};
  std::optional<ReadBytes> bytes{};
};

/// `signing: 12 of 1000, 250 a second, 4 s left` of several things, `signing: 512 MiB of 4.0 GiB, …` of one, and of
/// several where one is large `signing: 3 of 4; 512 MiB of 4.0 GiB, …`. Empty where there is nothing to tell.
std::string text_of(const Progress& progress);

}  // namespace eidtool::status_line
