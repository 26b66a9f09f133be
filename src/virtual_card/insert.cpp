// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "virtual_card/card_contents.hpp"
#include "virtual_card/card_file.hpp"
#include "virtual_card/card_record.hpp"
#include "virtual_card/chip/trace.hpp"
#include "virtual_card/commands.hpp"
#include "virtual_card/vpcd.hpp"

namespace eidtool::virtual_card {

namespace {

namespace fs = std::filesystem;

/// What --pull-at takes, and the instruction byte that it means.
struct Instruction {
  std::string_view name;
  std::uint8_t code;
};
constexpr std::array instructions = {Instruction{"select", 0xa4}, Instruction{"read", 0xb0},
                                     Instruction{"verify", 0x20}, Instruction{"environment", 0x22},
                                     Instruction{"sign", 0x2a}};

/// Everything that the command line says, checked.
struct InsertionRequest {
  fs::path file;
  std::uint16_t port;
  bool background;
  std::optional<std::string> trace;
  std::optional<Instruction> pull_at;
};

InsertionRequest insertion_request_of(const cli::Arguments& arguments) {
  InsertionRequest request{};
  request.file = arguments.positional().front();
  request.background = arguments.has("background");
  request.trace = arguments.value("trace");
  if (request.background && request.trace == "-") {
    throw Error(ErrorKind::usage, "--background leaves no standard output to trace to", "give --trace a file");
  }
  const auto text = arguments.value("port").value_or(std::to_string(vpcd_port));
  unsigned long port = 0;
  if (!parse_number(text, port) || port == 0 || port > 0xffffU) {
    throw Error(ErrorKind::usage, "--port cannot be " + in_quotes(text), "it is a number from 1 to 65535");
  }
  request.port = static_cast<std::uint16_t>(port);
  if (const auto name = arguments.value("pull-at")) {
    for (const auto& instruction : instructions) {
      if (instruction.name == *name) request.pull_at = instruction;
    }
  }
  return request;
}

/// Lines of what the reader and the card say to each other.
class Trace {
 public:
  explicit Trace(const std::optional<std::string>& file) {
    if (!file) return;
    if (*file == "-") {
      stream_ = FileDescriptor(::fcntl(standard_streams::output(), F_DUPFD_CLOEXEC, 3));
    } else {
      stream_ = FileDescriptor(::open(file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
    if (!stream_) throw io_error("cannot write the trace to", *file, errno);
    name_ = *file;
  }

  void line(const std::string& text) const {
    if (stream_) write_all(stream_.number(), as_bytes(text + "\n"), name_);
  }

 private:
  FileDescriptor stream_;
  std::string name_;
};

/// SIGINT, SIGTERM and SIGHUP as a descriptor that can be waited for: each means that the card is pulled.
class Pull {
 public:
  Pull() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);
    descriptor_ = FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC));
    if (!descriptor_) throw io_error("cannot wait for", "signals", errno);
  }
  int descriptor() const { return descriptor_.number(); }

 private:
  FileDescriptor descriptor_;
};

/// The caller of --background waits until the card is in; afterwards nothing here holds its streams.
class Background {
 public:
  /// Returns twice, as fork() does: in the caller with an exit status, in the card's own process with nothing.
  std::optional<int> leave() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw io_error("cannot make", "a pipe", errno);
    FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw io_error("cannot start", "a process for the card", errno);
    if (child == 0) {
      ready_ = std::move(writing);
      (void)::setsid();
      return std::nullopt;
    }
    writing.close();
    std::uint8_t byte = 0;
    ssize_t count = 0;
    while ((count = ::read(reading.number(), &byte, 1)) < 0 && errno == EINTR) {
    }
    if (count == 1) return cli::exit_status::done;
    // It said why; here is only the number.
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : cli::exit_status::bug;
  }

  /// In the card's own process: the card is in, the caller may go on.
  void report_ready() {
    if (!ready_) return;
    const FileDescriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int stream :
         {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, standard_streams::input(), standard_streams::output()}) {
      if (stream >= 0) (void)::dup2(nothing.number(), stream);
    }
    const std::uint8_t byte = 0;
    (void)!::write(ready_.number(), &byte, 1);
    ready_.close();
  }

 private:
  FileDescriptor ready_;
};

class Insert : public cli::Command {
 public:
  std::string_view name() const override { return "insert"; }
  std::string_view summary() const override { return "put an emulated card into a virtual reader"; }

  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool-virtual-card insert card.json", "the card is in until Ctrl-C pulls it out"},
        {"eidtool-virtual-card insert --background card.json", "until eidtool-virtual-card remove card.json"},
        {"eidtool-virtual-card insert --trace - card.json", "and show every command that it gets"},
    };
  }

  void declare_options(cli::OptionSet& options) const override {
    options.flag("background", "return once the card is in, and leave it in");
    options.value("trace", "FILE", "append each command and its meaning to FILE, PINs masked; - is the standard output")
        .kind = cli::ValueKind::file;
    auto& pull_at = options.value("pull-at", "COMMAND",
                                  "pull the card out instead of answering the first select, read, verify (of a PIN), "
                                  "environment or sign");
    for (const auto& instruction : instructions) pull_at.choices.emplace_back(instruction.name);
    options.value("port", "N", "where the reader waits (default " + std::to_string(vpcd_port) + ", its first slot)");
    options.positional("FILE", 1, 1);
  }

  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    const auto request = insertion_request_of(arguments);
    Background background;
    if (request.background) {
      if (const auto status = background.leave()) return *status;
    }
    const Pull pull;
    const Trace trace(request.trace);
    CardFile file(request.file);
    auto card = file.card();
    chip::Chip chip(chip_contents(card), [&](const chip::Contents& contents) {
      take_over(card, contents);
      file.store(card);
    });
    bool is_in = false;
    bool pulled_itself = false;
    VpcdSlot::Watch watch;
    watch.pulled = pull.descriptor();
    watch.on_powered = [&] {
      if (is_in) return;
      is_in = true;
      auto record = card_record("The card of " + printable(card.citizen.common_name) + " is in the reader",
                                request.file.string());
      record.heading_alone().add("inserted", true).add("process", static_cast<std::int64_t>(::getpid()));
      context.output.confirm(record);
      background.report_ready();
    };
    watch.on_reset = [&] { trace.line("reset"); };
    watch.on_command = [&](BytesView command, BytesView response) { trace.line(chip::trace_line(command, response)); };
    watch.pulled_at = [&](BytesView command) {
      if (!request.pull_at || command.size() < 2 || command[1] != request.pull_at->code) return false;
      // One that brings a PIN: without data VERIFY merely asks, many times before.
      constexpr std::uint8_t verify = 0x20;
      if (command[1] == verify && command.size() < 6) return false;
      trace.line("pulled out at " + std::string(request.pull_at->name));
      return pulled_itself = true;
    };

    auto end = VpcdSlot::End::not_noticed;
    while (end == VpcdSlot::End::not_noticed) end = VpcdSlot(request.port).serve(chip, watch);
    if (end == VpcdSlot::End::reader_gone) {
      throw Error(ErrorKind::token_removed, "the virtual reader went away, with the card in it");
    }
    if (pulled_itself) context.console.notice("the card was pulled out, as asked for with --pull-at");
    return cli::exit_status::done;
  }
};

}  // namespace

const cli::Command& insert() {
  static const Insert command;
  return command;
}

}  // namespace eidtool::virtual_card
