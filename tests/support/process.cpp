// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace eidtool::tests {

namespace {

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// Content that can be read from a descriptor at once, however long it is.
FileDescriptor file_in_memory(const std::string& content) {
  FileDescriptor file(::memfd_create("descriptor", MFD_CLOEXEC));
  if (!file || ::write(file.number(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    throw std::runtime_error("cannot make a file in memory");
  }
  ::lseek(file.number(), 0, SEEK_SET);
  return file;
}

FileDescriptor opened(const std::filesystem::path& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return file;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// In the new process, which has our memory until it begins a program of its own: system calls alone.
struct Start {
  std::array<int, 3> streams;
  std::vector<std::pair<int, int>> further;  // ours, the program's
  int terminal;
  const char* folder;
  rlim_t file_size_limit;
  char** words;
  char** environment;

  [[noreturn]] void operator()() const {
    ::setsid();
    if (terminal >= 0) ::ioctl(terminal, TIOCSCTTY, 0);
    for (int number = 0; number < 3; ++number) {
      if (::dup2(streams[static_cast<std::size_t>(number)], number) < 0) ::_exit(127);
    }
    for (const auto& [ours, number] : further) {
      if (::dup2(ours, number) < 0) ::_exit(127);
    }
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    if (file_size_limit != RLIM_INFINITY) {
      const rlimit limit{file_size_limit, file_size_limit};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      ::signal(SIGXFSZ, SIG_IGN);
    }
    if (*folder != '\0' && ::chdir(folder) != 0) ::_exit(127);
    ::execvpe(words[0], words, environment);
    ::_exit(127);
  }
};

}  // namespace

Child::Child(const Program& program, const Terminal& terminal)
    : deadline_(std::chrono::steady_clock::now() + program.time_limit), input_(program.input) {
  ::signal(SIGPIPE, SIG_IGN);
  for (const auto& word : program.words) name_ += (name_.empty() ? "" : " ") + word;

  // Numbers above those that the program is to have, so that giving it one never closes another.
  std::vector<FileDescriptor> theirs;
  const auto move_up = [&](FileDescriptor descriptor) {
    theirs.emplace_back(::fcntl(descriptor.number(), F_DUPFD_CLOEXEC, 100));
    return theirs.back().number();
  };
  const auto stream_of = [&](Stream stream, const std::function<int()>& make) {
    if (terminal.descriptor < 0 || stream == Stream::pipe) return make();
    return move_up(FileDescriptor(::dup(terminal.descriptor)));
  };
  Start start{};
  start.streams[0] = stream_of(terminal.input, [&] {
    if (program.input_file) return move_up(opened(*program.input_file, O_RDONLY));
    auto pipe = make_pipe();
    input_end_ = std::move(pipe.writing);
    return move_up(std::move(pipe.reading));
  });
  start.streams[1] = stream_of(terminal.output, [&] {
    if (program.output_file) return move_up(opened(*program.output_file, O_WRONLY | O_CREAT | O_TRUNC));
    auto pipe = make_pipe();
    output_end_ = std::move(pipe.reading);
    return move_up(std::move(pipe.writing));
  });
  start.streams[2] = stream_of(terminal.errors, [&] {
    auto pipe = make_pipe();
    errors_end_ = std::move(pipe.reading);
    return move_up(std::move(pipe.writing));
  });
  for (const auto& [number, content] : program.descriptors) {
    start.further.emplace_back(move_up(file_in_memory(content)), number);
  }
  start.terminal = terminal.descriptor;
  start.folder = program.folder.c_str();
  start.file_size_limit = program.file_size_limit ? static_cast<rlim_t>(*program.file_size_limit) : RLIM_INFINITY;

  auto words = program.words;
  std::vector<std::string> variables;
  for (const auto& [name, value] : program.environment) variables.push_back(name + "=" + value);
  auto word_pointers = pointers(words);
  auto variable_pointers = pointers(variables);
  start.words = word_pointers.data();
  start.environment = variable_pointers.data();

  // execvpe() looks along our own PATH, which meson sets; the tests' programs stand in usual places.
  // Not fork(): under the address sanitizer, copying what this process has mapped takes longer than the program runs.
  id_ = ::vfork();
  if (id_ < 0) throw std::runtime_error("cannot start " + name_);
  if (id_ == 0) start();

  if (input_end_) ::fcntl(input_end_.number(), F_SETFL, O_NONBLOCK);
  if (output_end_) sources_.push_back({output_end_.number(), &outcome_.output, true});
  if (errors_end_) sources_.push_back({errors_end_.number(), &outcome_.errors, true});
  if (terminal.controller >= 0) sources_.push_back({terminal.controller, &outcome_.terminal, true});
}

Child::~Child() {
  if (id_ <= 0) return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

void Child::give_up(const std::string& why) {
  throw std::runtime_error(name_ + ": " + why + "\n--- output\n" + outcome_.output + "\n--- errors\n" +
                           outcome_.errors + "\n--- terminal\n" + outcome_.terminal);
}

void Child::feed() {
  if (!input_.empty()) {
    const auto size = ::write(input_end_.number(), input_.data(), input_.size());
    if (size > 0) {
      input_.erase(0, static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      input_.clear();  // it closed its end: it did not want more
    }
  }
  if (input_.empty()) input_end_.close();
}

void Child::exchange(const std::function<bool()>& done) {
  if (input_end_) feed();
  while (!done()) {
    std::vector<pollfd> events;
    std::vector<Source*> sources;
    for (auto& source : sources_) {
      if (!source.open) continue;
      events.push_back({source.descriptor, POLLIN, 0});
      sources.push_back(&source);
    }
    if (sources.empty()) return;
    if (input_end_) events.push_back({input_end_.number(), POLLOUT, 0});
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
    if (left <= 0) give_up("no end within its time limit");
    // In short steps, so that `done` may also be about what is no stream.
    ::poll(events.data(), events.size(), static_cast<int>(std::min<std::int64_t>(left, 20)));
    for (std::size_t index = 0; index < sources.size(); ++index) {
      if (events[index].revents == 0) continue;
      std::array<char, 65536> buffer;
      const auto size = ::read(sources[index]->descriptor, buffer.data(), buffer.size());
      // A pseudo-terminal answers EIO when its other side is closed.
      if (size > 0) sources[index]->text->append(buffer.data(), static_cast<std::size_t>(size));
      if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) sources[index]->open = false;
    }
    if (input_end_ && events.back().revents != 0) feed();
  }
}

bool Child::has_ended() const {
  siginfo_t information{};
  return ::waitid(P_PID, static_cast<id_t>(id_), &information, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         information.si_pid != 0;
}

Outcome Child::wait() {
  exchange([] { return false; });
  // All streams are closed; a program that then still goes on is no concern of the time limit but of
  // the whole test's.
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
  id_ = -1;
  outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  constexpr int not_started = 127;
  if (outcome_.status == not_started && outcome_.output.empty() && outcome_.errors.empty())
    give_up("cannot be started");
  return outcome_;
}

Outcome run(const Program& program) { return Child(program, Child::Terminal{}).wait(); }

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool quoted = false;
  for (const char letter : line) {
    if (letter == '\'') {
      quoted = !quoted;
      in_word = true;
    } else if (letter == ' ' && !quoted) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += letter;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace eidtool::tests
