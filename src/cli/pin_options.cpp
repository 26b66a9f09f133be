// SPDX-License-Identifier: Apache-2.0
#include "cli/pin_options.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/terminal.hpp"

namespace eidtool::cli {

namespace {

std::string prompt_for(const PinRequest& request) {
  auto prompt = (request.pin_name.empty() ? "PIN" : brief(request.pin_name)) + " of " + in_quotes(request.token);
  if (!request.card.empty()) prompt += " (" + brief(request.card) + ")";
  if (!request.key.empty()) prompt += ", to sign with " + in_quotes(request.key);
  if (request.state == PinState::count_low) prompt += " [a wrong PIN was entered before]";
  if (request.state == PinState::final_try) prompt += " [LAST TRY: one more wrong PIN locks it]";
  return prompt + ": ";
}

class PromptedPin : public PinSource {
 public:
  explicit PromptedPin(Context& context) : context_(context) {}

  Pin get(const PinRequest& request) override {
    if (!context_.may_ask) {
      throw Error(ErrorKind::pin_required,
                  "the PIN of " + in_quotes(request.token) + " is needed and --no-input forbids asking",
                  "--pin-file, --pin-fd or --pin-env give it without asking");
    }
    auto terminal = Terminal::open();
    if (!terminal) {
      throw Error(ErrorKind::pin_required,
                  "the PIN of " + in_quotes(request.token) + " is needed and there is no terminal to ask on",
                  "--pin-file, --pin-fd or --pin-env give it without asking");
    }
    return terminal->ask_pin(prompt_for(request));
  }
  bool repeats() const override { return false; }
  bool may_ask() const override { return context_.may_ask; }
  void announce(const PinRequest& request, std::string_view where) override {
    context_.console.notice("enter the " + (request.pin_name.empty() ? "PIN" : request.pin_name) + " of " +
                            in_quotes(request.token) + " " + std::string(where));
  }

 private:
  Context& context_;
};

/// A PIN that is stored somewhere: read at the first use, kept for further ones.
class StoredPin : public PromptedPin {
 public:
  StoredPin(Context& context, std::string where, std::function<Pin()> read)
      : PromptedPin(context), where_(std::move(where)), read_(std::move(read)) {}

  Pin get(const PinRequest& request) override {
    if (pin_.empty()) pin_ = read_();
    if (pin_.empty()) {
      throw Error(ErrorKind::pin_required,
                  "the PIN of " + in_quotes(request.token) + " is needed and " + where_ + " holds none");
    }
    return pin_.duplicate();
  }
  bool repeats() const override { return true; }

 private:
  std::string where_;
  std::function<Pin()> read_;
  Pin pin_;
};

/// The first line, without its end, read byte by byte into locked memory alone.
Pin read_first_line(InputFile& file) {
  Pin pin;
  char byte = 0;
  while (file.read({reinterpret_cast<std::uint8_t*>(&byte), 1}) == 1 && byte != '\n') {
    if (!pin.append(byte)) {
      throw Error(ErrorKind::pin_refused, "the first line of " + in_quotes(file.name()) + " is too long to be a PIN")
          .with_file(file.name());
    }
  }
  if (!pin.empty() && pin.bytes().back() == '\r') pin.remove_last();
  return pin;
}

std::unique_ptr<PinSource> from_file(Context& context, const std::string& path) {
  // Opened now: a wrong name is to be told before anything else is done.
  auto file = std::make_shared<InputFile>(path);
  return std::make_unique<StoredPin>(context, in_quotes(path), [file] { return read_first_line(*file); });
}

std::unique_ptr<PinSource> from_descriptor(Context& context, const std::string& text) {
  unsigned long number = 0;
  constexpr unsigned long most = 1U << 20U;
  if (!parse_number(text, number) || number > most) {
    throw Error(ErrorKind::usage, "--pin-fd cannot be " + in_quotes(text),
                "it is the number of an open file descriptor");
  }
  // 0 is where take_over() put the real standard input; 1 and 2 are written to, not read.
  const int given = number == 0 ? standard_streams::input() : static_cast<int>(number);
  // Our own copies of the standard streams are nobody's PIN, though their numbers can be guessed.
  const bool is_ours = number != 0 && (given == standard_streams::input() || given == standard_streams::output());
  const int flags = ::fcntl(given, F_GETFL);
  const bool readable = flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && number != 1 && number != 2 && !is_ours;
  FileDescriptor copy(readable ? ::fcntl(given, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1);
  if (!copy) throw Error(ErrorKind::usage, "--pin-fd " + text + " is not open for reading");
  // What asks other modules is not to inherit it.
  (void)::fcntl(given, F_SETFD, FD_CLOEXEC);
  auto file = std::make_shared<InputFile>(std::move(copy), "file descriptor " + text);
  return std::make_unique<StoredPin>(context, file->name(), [file] { return read_first_line(*file); });
}

std::unique_ptr<PinSource> from_environment(Context& context, const std::string& name) {
  if (std::getenv(name.c_str()) == nullptr) {
    throw Error(ErrorKind::pin_required, "the environment variable " + in_quotes(name) + " of --pin-env is not set");
  }
  return std::make_unique<StoredPin>(context, "the environment variable " + in_quotes(name), [name] {
    Pin pin;
    const char* value = std::getenv(name.c_str());
    for (const char* byte = value; byte != nullptr && *byte != '\0'; ++byte) {
      if (!pin.append(*byte))
        throw Error(ErrorKind::pin_refused, "the environment variable " + in_quotes(name) + " is too long to be a PIN");
    }
    return pin;
  });
}

}  // namespace

void declare_pin_options(OptionSet& options) {
  options.flag("pin-prompt", "ask for the PIN on the terminal, whatever else is set");
  options.value("pin-file", "FILE", "read the PIN from the first line of a file").kind = ValueKind::file;
  options.value("pin-fd", "N", "read the PIN from the first line of an open file descriptor");
  options.value("pin-env", "NAME", "read the PIN from an environment variable");
  options.flag("allow-final-try", "send a PIN even where a wrong one would lock the token");
}

std::unique_ptr<PinSource> pin_source(const Arguments& arguments, Context& context,
                                      const std::optional<std::string>& uri_pin_file) {
  if (arguments.has("pin-prompt")) {
    if (!context.may_ask) throw Error(ErrorKind::usage, "--pin-prompt and --no-input exclude each other");
    return std::make_unique<PromptedPin>(context);
  }
  const auto file = arguments.value("pin-file");
  const auto descriptor = arguments.value("pin-fd");
  const auto variable = arguments.value("pin-env");
  const int count =
      int{file.has_value()} + int{descriptor.has_value()} + int{variable.has_value()} + int{uri_pin_file.has_value()};
  if (count > 1) {
    throw Error(ErrorKind::usage, "the PIN has more than one source",
                "give one of --pin-file, --pin-fd, --pin-env and the URI's pin-source");
  }
  if (file) return from_file(context, *file);
  if (descriptor) return from_descriptor(context, *descriptor);
  if (variable) return from_environment(context, *variable);
  if (uri_pin_file) return from_file(context, *uri_pin_file);
  return std::make_unique<PromptedPin>(context);
}

}  // namespace eidtool::cli
