// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace eidtool::tests {

using Environment = std::map<std::string, std::string>;

/// A program to run: no shell, no inherited variable, no terminal.
struct Program {
  std::vector<std::string> words;  // the first is found along the environment's PATH
  Environment environment;
  std::filesystem::path folder;
  std::string input;                                 // what it reads from its standard input
  std::optional<std::filesystem::path> input_file;   // instead of `input`
  std::optional<std::filesystem::path> output_file;  // instead of Outcome::output
  std::map<int, std::string> descriptors;            // further open ones, and what can be read from them
  std::optional<std::uint64_t> file_size_limit;      // bytes; RLIMIT_FSIZE, with SIGXFSZ ignored
  std::chrono::seconds time_limit{120};
};

/// How a program ended and what it said.
struct Outcome {
  int status = -1;  // exit status; -1 where a signal ended it
  int signal = 0;
  std::string output;    // standard output
  std::string errors;    // standard error
  std::string terminal;  // what its terminal showed, where it had one
};

/// Throws std::runtime_error where it cannot be started or takes longer than its time limit.
Outcome run(const Program& program);

/// A program that is running. Killed, if need be, when this ends.
class Child {
 public:
  enum class Stream { pipe, terminal };
  /// A terminal that the program gets as its controlling one; none: -1.
  struct Terminal {
    int descriptor = -1;  // the program's side
    int controller = -1;  // ours
    Stream input = Stream::terminal;
    Stream output = Stream::terminal;
    Stream errors = Stream::terminal;
  };

  Child(const Program& program, const Terminal& terminal);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  /// Feeds and reads the program's streams until `done` is true or all of them are at their end.
  /// Throws at the time limit, saying what came so far.
  void exchange(const std::function<bool()>& done);

  /// True from the moment it has ended, though nobody waited for it yet.
  bool has_ended() const;

  /// Reads on to the end and waits for the program.
  Outcome wait();

  const Outcome& so_far() const { return outcome_; }
  pid_t id() const { return id_; }

 private:
  struct Source {
    int descriptor;
    std::string* text;
    bool open;
  };
  void feed();
  [[noreturn]] void give_up(const std::string& why);

  std::string name_;
  std::chrono::steady_clock::time_point deadline_;
  pid_t id_ = -1;
  std::string input_;
  FileDescriptor input_end_;
  FileDescriptor output_end_;
  FileDescriptor errors_end_;
  std::vector<FileDescriptor> kept_;
  std::vector<Source> sources_;
  Outcome outcome_;
};

/// True where the environment's PATH has a program of that name.
bool is_installed(const std::string& program);

/// "sign 'my file.pdf' -o x": the words, at blanks, with single quotes around those that hold some.
std::vector<std::string> words_of(const std::string& line);

}  // namespace eidtool::tests
