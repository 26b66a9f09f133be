// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>

#include "base/files.hpp"
#include "base/status_line.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/help.hpp"
#include "config.hpp"

namespace eidtool::cli {

namespace {

/// No core dump and no debugger of the same user finds a PIN in this process.
void make_undumpable() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0);
}

OptionSet make_global_options() {
  OptionSet options;
  auto& module = options.value("module", "FILE", "use this PKCS#11 module alone, not the configured ones");
  module.repeatable = true;
  module.kind = ValueKind::file;
  options.value("module-timeout", "SECONDS",
                "give up on a module that takes longer for one call; 0 never (default: 30)");
  options.flag("json", "print results as JSON Lines");
  options.value("color", "WHEN", "auto, always or never").choices = {"auto", "always", "never"};
  options.flag("quiet", "only results that were asked for, warnings and errors", 'q');
  options.flag("verbose", "also say what is done", 'v');
  options.flag("no-input", "never ask for anything");
  options.flag("version", "print the version");
  options.flag("help", "print this help", 'h');
  return options;
}

Color color_of(const Arguments& arguments) {
  const auto color = arguments.value("color").value_or("auto");
  if (color == "always") return Color::always;
  return color == "never" ? Color::never : Color::automatic;
}

Verbosity verbosity_of(const Arguments& arguments) {
  if (arguments.has("quiet") && arguments.has("verbose")) {
    throw Error(ErrorKind::usage, "--quiet and --verbose exclude each other");
  }
  if (arguments.has("quiet")) return Verbosity::quiet;
  return arguments.has("verbose") ? Verbosity::verbose : Verbosity::normal;
}

std::chrono::seconds module_timeout_of(const Arguments& arguments) {
  const auto text = arguments.value("module-timeout");
  if (!text) return std::chrono::seconds(30);
  unsigned long seconds = 0;
  constexpr unsigned long most = 86400;
  if (parse_number(*text, seconds) && seconds <= most) return std::chrono::seconds(seconds);
  throw Error(ErrorKind::usage, "--module-timeout cannot be " + in_quotes(*text),
              "it is a number of seconds up to " + std::to_string(most) + "; 0 waits for ever");
}

/// Where a person watches, on a terminal that can go back in a line; not where a pager may have it.
bool shows_progress(Verbosity verbosity, Color color) {
  struct stat output {};
  const bool is_piped =
      ::fstat(standard_streams::output(), &output) == 0 && (S_ISFIFO(output.st_mode) || S_ISSOCK(output.st_mode));
  return verbosity != Verbosity::quiet && !is_piped && ::isatty(STDERR_FILENO) != 0 && color != Color::never &&
         use_color(Color::automatic, STDERR_FILENO);
}

/// What the words ask for before they were understood: an error is to be reported in that shape too.
bool asks_for_json(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--") return false;
    if (word == "--json") return true;
  }
  return false;
}

std::string names_of_commands(const Program& program) {
  std::vector<std::string> names;
  for (const auto* command : program.commands) {
    if (!command->hidden()) names.emplace_back(command->name());
  }
  return join(names, ", ");
}

int run_without_command(const Program& program, const Arguments& arguments, Output& output) {
  if (arguments.has("version")) {
    output.line(std::string(program.name) + " " + config::version);
    return exit_status::done;
  }
  if (arguments.has("help")) {
    output.write(as_bytes(help(program)));
    return exit_status::done;
  }
  throw Error(ErrorKind::usage, "no command was given",
              "the commands are " + names_of_commands(program) + "; --help says more");
}

int run_words(const Program& program, std::vector<std::string> words, Output& fallback,
              const std::optional<AskedModule>& asked = std::nullopt) {
  const auto position = command_position(words);
  if (position == words.size() && std::find(words.begin(), words.end(), "--") != words.end()) {
    throw Error(ErrorKind::usage, "no command stands before '--'",
                "the command comes first: " + std::string(program.name) + " COMMAND [options] -- FILE…");
  }
  if (position == words.size()) return run_without_command(program, parse(global_options(), words), fallback);
  const auto* command = find_command(program, words[position]);
  if (command == nullptr) {
    throw Error(ErrorKind::usage, "there is no command " + in_quotes(words[position]),
                "the commands are " + names_of_commands(program));
  }
  if (asked && !command->lists_modules()) {
    throw Error(ErrorKind::usage, in_quotes(words[position]) + " is no listing: no module is asked for it alone");
  }
  const auto whole_line = words;
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(position));
  const auto arguments = parse(options_of(*command), words);
  if (arguments.has("help")) {
    fallback.write(as_bytes(help(program, *command)));
    return exit_status::done;
  }
  if (arguments.has("version")) return run_without_command(program, arguments, fallback);
  const auto verbosity = verbosity_of(arguments);
  const auto color = color_of(arguments);
  const auto rendering = asked ? Rendering::wire : arguments.has("json") ? Rendering::json : Rendering::text;
  Output output(rendering, color, verbosity == Verbosity::quiet);
  Console console(std::string(program.name), verbosity, use_color(color, STDERR_FILENO));
  // The process that asked shows it.
  if (!asked && shows_progress(verbosity, color)) status_line::allow();
  Context context{
      program,    output, console, arguments.values("module"), !arguments.has("no-input"), module_timeout_of(arguments),
      whole_line, asked};
  return command->run(arguments, context);
}

}  // namespace

const OptionSet& global_options() {
  static const OptionSet options = make_global_options();
  return options;
}

OptionSet options_of(const Command& command) {
  OptionSet options = global_options();
  command.declare_options(options);
  return options;
}

const Command* find_command(const Program& program, std::string_view name) {
  for (const auto* command : program.commands) {
    if (command->name() == name) return command;
  }
  return nullptr;
}

std::size_t command_position(const std::vector<std::string>& words) {
  for (std::size_t index = 0; index < words.size(); ++index) {
    const auto& word = words[index];
    if (word.size() < 2 || word[0] != '-') return index;
    if (word == "--") return words.size();
    if (word.compare(0, 2, "--") != 0) continue;
    const auto* option = global_options().find(std::string_view(word).substr(2));
    if (option != nullptr && option->takes_value()) ++index;
  }
  return words.size();
}

int run_for_module(const Program& program, const std::vector<std::string>& words, const AskedModule& asked) {
  Output output(Rendering::wire, Color::never, false);
  try {
    return run_words(program, words, output, asked);
  } catch (const Error& error) {  // the other process reports it
    output.failure(error);
    return exit_status_of(error.kind());
  }
}

namespace {

int run_reporting(const Program& program, int argc, char** argv) {
  make_undumpable();
  standard_streams::take_over();
  // A reader that goes away is an error of the write, not the end of the process.
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGXFSZ, SIG_IGN);  // likewise a file that may not grow further
  (void)::setlocale(LC_CTYPE, "C.UTF-8");

  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto rendering = asks_for_json(words) ? Rendering::json : Rendering::text;
  Output output(rendering, Color::never, false);
  Console console(std::string(program.name), Verbosity::normal, use_color(Color::automatic, STDERR_FILENO));
  const auto report = [&](const Error& error) {
    console.error(error);
    try {
      output.failure(error);
    } catch (const Error&) {
      // The standard output is gone; what went wrong stands on the standard error already.
    }
    return exit_status_of(error.kind());
  };
  try {
    return run_words(program, words, output);
  } catch (const Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    return report(Error(ErrorKind::internal, "out of memory"));
  } catch (const std::exception& exception) {
    return report(Error(ErrorKind::internal, std::string("unexpected: ") + exception.what(),
                        "this is a bug in eidtool: please report it with the command line"));
  }
}

}  // namespace

int run(const Program& program, int argc, char** argv) {
  const int status = run_reporting(program, argc, argv);
  {
    const status_line::Hidden hidden;
    status_line::end();
  }
  if (program.at_end != nullptr) program.at_end(status);
  if (status == exit_status::interrupted) end_by_interrupt();
  return status;
}

}  // namespace eidtool::cli
