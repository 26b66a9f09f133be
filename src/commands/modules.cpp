// SPDX-License-Identifier: Apache-2.0
#include "commands/modules.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/status_line.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/wire.hpp"
#include "crypto/memory.hpp"

namespace eidtool::commands {

namespace {

/// A module that can be meant, not loaded yet.
struct Candidate {
  std::string name;                                    // a file of --module, or of the configuration
  std::optional<pkcs11::ConfiguredModule> configured;  // nothing: --module

  /// As messages name it.
  std::string title() const { return configured ? name : std::filesystem::path(name).filename().string(); }
  pkcs11::Module load() const { return configured ? pkcs11::Module::load(*configured) : pkcs11::Module::load(name); }
  /// A package brought it along, and it cannot begin for this user: SoftHSM without a configuration that can be read.
  bool is_of_no_use(const Error& error) const {
    return configured && configured->is_from_package && error.function() == "C_Initialize";
  }
};

/// One library by several names is one module: its tokens count once.
class Libraries {
 public:
  /// False where the file was met before; true for one that cannot be looked at.
  bool is_new(const std::filesystem::path& file) {
    const auto identity = identity_of(file);
    if (!identity) return true;
    if (std::ranges::find(met_, *identity) != met_.end()) return false;
    met_.push_back(*identity);
    return true;
  }

 private:
  std::vector<FileIdentity> met_;
};

std::vector<Candidate> candidates_for(const Selection& selection, const cli::Context& context) {
  auto files = context.modules;
  if (selection.uri && selection.uri->module_path()) files.push_back(*selection.uri->module_path());
  std::vector<Candidate> candidates;
  Libraries libraries;
  for (const auto& file : files) {
    if (libraries.is_new(pkcs11::library_file(file))) candidates.push_back({file, std::nullopt});
  }
  if (!files.empty()) return candidates;
  const auto wanted = selection.uri ? selection.uri->module_name() : std::nullopt;
  for (const auto& configured : pkcs11::configured_modules()) {
    if (wanted && *wanted != configured.name) continue;
    if (libraries.is_new(configured.library)) candidates.push_back({configured.name, configured});
  }
  return candidates;
}

Error no_module(const Selection& selection) {
  return Error(ErrorKind::not_found, selection.uri ? "no PKCS#11 module fits the URI" : "no PKCS#11 module can be used",
               "--module FILE names one; 'p11-kit list-modules' shows the configured ones");
}

/// Before the first module is loaded.
void prepare(const cli::Context& context) {
  crypto::leave_own_memory_unlocked();
  pkcs11::WatchOrder order;
  order.limit = context.module_timeout;
  order.output = standard_streams::output();
  order.exit_status = cli::exit_status_of(ErrorKind::module_failed);
  order.error_words = [&output = context.output, &console = context.console](const Error& error) {
    // The process that asked reports it.
    return pkcs11::LastWords{output.is_wire() ? "" : console.error_text(error), output.failure_text(error)};
  };
  order.warning_words = [&console = context.console](const std::string& message) {
    return pkcs11::LastWords{console.warning_text(message), ""};
  };
  pkcs11::watch_calls(std::move(order));
}

/// Failures of some modules are warnings. Where all that can be meant failed, the one with the highest exit status is
/// the command's.
void report(std::vector<Error> failures, std::size_t module_count, cli::Context& context) {
  auto worst = failures.end();
  if (failures.size() == module_count) {
    worst =
        std::ranges::max_element(failures, {}, [](const Error& error) { return cli::exit_status_of(error.kind()); });
  }
  for (auto failure = failures.begin(); failure != failures.end(); ++failure) {
    if (failure != worst) context.console.warning(failure->what());
  }
  if (worst != failures.end()) throw Error(*worst);
}

std::vector<pkcs11::Module> open_modules(const Selection& selection, TokenSearch& search, cli::Context& context) {
  prepare(context);
  std::vector<pkcs11::Module> modules;
  std::vector<Error> failures;
  const auto candidates = candidates_for(selection, context);
  for (const auto& candidate : candidates) {
    try {
      auto module = candidate.load();
      context.console.detail("using module " + in_quotes(module.name()) + " " + module.info().path);
      if (!selection.uri || selection.uri->matches_module(module)) modules.push_back(std::move(module));
    } catch (const Error& error) {  // one of a batch
      if (candidate.is_of_no_use(error)) {
        search.left_out.push_back(error);
      } else {
        failures.push_back(error);
      }
    }
  }
  if (failures.size() + search.left_out.size() == candidates.size()) {
    // Nobody is in the way: they are what went wrong too.
    failures.insert(failures.end(), search.left_out.begin(), search.left_out.end());
    search.left_out.clear();
  }
  for (const auto& one : search.left_out) context.console.detail(one.what());
  report(std::move(failures), candidates.size(), context);
  if (modules.empty()) {
    search.say_left_out(context);
    throw no_module(selection);
  }
  return modules;
}

/// The process that lists one module, and what it told so far.
class ModuleProcess {
 public:
  ModuleProcess(Candidate candidate, const cli::Context& context)
      : candidate_(std::move(candidate)),
        process_(words_to_ask({candidate_.name, candidate_.configured.has_value(), ::getpid()}, context.words)) {}

  const Candidate& candidate() const { return candidate_; }
  bool has_ended() const { return has_ended_; }
  const ChildProcess& process() const { return process_; }

  std::vector<cli::Record> records;
  std::size_t token_count = 0;
  std::optional<Error> failure;

  /// To be called where its process stands still: the watch over its calls does too.
  void give_up_stopped() {
    fail("stopped its process");
    process_.kill();
    attend(true);
  }

  /// To be called where it told something, or where its process has ended.
  void attend(bool has_process_ended) {
    // What it told before its end is all there; that of processes that the module made never needs to end.
    auto reading = ChildProcess::Reading::bytes;
    do {
      const auto seen = text_.size();
      reading = process_.read(text_);
      told_size_ += text_.size() - seen;
      if (told_size_ > most_told && !failure) fail("tells more than anybody wants to know");
      take_lines(seen);
    } while (has_process_ended && reading == ChildProcess::Reading::bytes && !failure);
    const bool goes_on = !has_process_ended && reading != ChildProcess::Reading::end;
    if (goes_on && !is_complete_ && !failure) return;
    const auto end = process_.end(patience);
    has_ended_ = true;
    if (!is_complete_ && !failure) fail("ended its process (" + end + ")");
    // It may have switched off the echo.
    if (failure) restore_terminal();
  }

 private:
  /// Far above what the largest listings have.
  static constexpr std::size_t most_told = 128UL << 20UL;  // bytes
  /// Once all was told; longer than its process gives a module to tidy up.
  static constexpr std::chrono::seconds patience{10};

  void fail(const std::string& what) {
    failure = Error(ErrorKind::module_failed, "module " + in_quotes(candidate_.title()) + " " + what,
                    "--module FILE uses another module alone");
  }

  /// Before `seen` there is no end of a line.
  void take_lines(std::size_t seen) {
    std::size_t begin = 0;
    for (auto end = text_.find('\n', seen); end != std::string::npos; end = text_.find('\n', begin)) {
      take(std::string_view(text_).substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
  }

  /// Nothing behind a failure, however much of it came at once.
  void take(std::string_view text) {
    if (failure) return;
    try {
      auto line = cli::from_wire(text);
      if (auto* record = std::get_if<cli::Record>(&line)) records.push_back(std::move(*record));
      if (const auto* error = std::get_if<Error>(&line)) failure = *error;
      if (const auto* last = std::get_if<cli::WireEnd>(&line)) {
        is_complete_ = true;
        token_count = static_cast<std::size_t>(last->token_count);
      }
    } catch (const Error& error) {  // the module found the descriptor, and wrote there
      // Which of the lines before were its process's own, nobody knows.
      records.clear();
      token_count = 0;
      fail(std::string("disturbed its process: ") + error.what());
    }
  }

  Candidate candidate_;
  ChildProcess process_;
  std::string text_;
  std::size_t told_size_ = 0;
  bool is_complete_ = false;
  bool has_ended_ = false;
};

/// Waits until one of them says something, ends or stands still. Each looks after its calls itself, and ends where one
/// hangs.
void wait_for_any(std::vector<ModuleProcess>& all) {
  std::vector<pollfd> polled;
  // poll() passes over negative descriptors.
  for (const auto& asked : all) {
    polled.push_back({asked.has_ended() ? -1 : asked.process().output_descriptor(), POLLIN, 0});
    polled.push_back({asked.has_ended() ? -1 : asked.process().end_descriptor(), POLLIN, 0});
  }
  constexpr int stop_interval = 500;  // milliseconds, from one look for processes that stand still to the next
  if (::poll(polled.data(), polled.size(), stop_interval) < 0 && errno != EINTR) {
    throw Error(ErrorKind::internal, io_error("cannot wait for", "modules", errno).what());
  }
  for (std::size_t index = 0; index < all.size(); ++index) {
    const bool has_told = polled[2 * index].revents != 0;
    const bool has_process_ended = polled[2 * index + 1].revents != 0;
    if (!all[index].has_ended() && (has_told || has_process_ended)) all[index].attend(has_process_ended);
    if (!all[index].has_ended() && all[index].process().is_stopped()) all[index].give_up_stopped();
  }
}

Listing list_this_module(const Selection& selection, cli::Context& context, const ModuleLister& list) {
  if (context.asked->parent > 0) end_with(context.asked->parent);
  prepare(context);
  const auto candidates = candidates_for(selection, context);
  const auto found = std::ranges::find(candidates, context.asked->name, &Candidate::name);
  if (found == candidates.end()) throw no_module(selection);
  const auto module = found->load();
  context.console.detail("using module " + in_quotes(module.name()) + " " + module.info().path);
  const bool fits = !selection.uri || selection.uri->matches_module(module);
  const cli::WireEnd end{fits ? static_cast<std::int64_t>(list(module)) : 0};
  context.output.line(cli::to_wire(end));
  return {};
}

}  // namespace

void TokenSearch::say_left_out(cli::Context& context) const {
  for (const auto& one : left_out) context.console.warning(one.what());
}

std::vector<pkcs11::Token> tokens_in(const pkcs11::Module& module, const Selection& selection) {
  std::vector<pkcs11::Token> tokens;
  for (const auto& slot : module.slots(pkcs11::Module::Slots::with_token)) {
    auto token = slot.token();
    if (token && token->info().has(CKF_TOKEN_INITIALIZED) && selection.matches(*token)) tokens.push_back(*token);
  }
  return tokens;
}

TokenSearch find_tokens(const Selection& selection, cli::Context& context) {
  TokenSearch search;
  const auto modules = open_modules(selection, search, context);
  std::vector<Error> failures;
  for (const auto& module : modules) {
    try {
      for (auto& token : tokens_in(module, selection)) search.tokens.push_back(std::move(token));
    } catch (const Error& error) {  // one of a batch: the others may hold what is wanted
      failures.push_back(error);
    }
  }
  if (search.tokens.empty()) search.say_left_out(context);
  report(std::move(failures), modules.size(), context);
  return search;
}

Listing list_modules(const Selection& selection, cli::Context& context, Failures failures, const ModuleLister& list) {
  if (context.asked) return list_this_module(selection, context, list);
  auto candidates = candidates_for(selection, context);
  if (candidates.empty()) throw no_module(selection);
  remember_terminal();
  tidy_up_at_signals();
  std::vector<ModuleProcess> all;
  all.reserve(candidates.size());
  for (auto& candidate : candidates) all.emplace_back(std::move(candidate), context);
  const status_line::Wait waiting("waiting for the card…");
  Listing listing;
  for (std::size_t next = 0; next < all.size();) {
    if (!all[next].has_ended()) {
      wait_for_any(all);
      continue;
    }
    for (const auto& record : all[next].records) context.output.print(record);
    listing.record_count += all[next].records.size();
    listing.token_count += all[next].token_count;
    listing.is_complete = listing.is_complete && !all[next].failure;
    ++next;
  }
  std::vector<Error> told;
  for (const auto& asked : all) {
    if (!asked.failure) continue;
    const bool is_held_back = failures == Failures::those_that_matter && listing.record_count > 0 &&
                              asked.candidate().is_of_no_use(*asked.failure);
    if (is_held_back) {
      context.console.detail(asked.failure->what());
    } else {
      told.push_back(*asked.failure);
    }
  }
  report(std::move(told), all.size(), context);
  return listing;
}

std::vector<std::string> words_to_ask(const cli::AskedModule& asked, const std::vector<std::string>& command_line) {
  std::vector<std::string> words = {"ask-module",
                                    asked.is_configured ? "--configured" : "--file",
                                    asked.name,
                                    "--parent",
                                    std::to_string(asked.parent),
                                    "--"};
  words.insert(words.end(), command_line.begin(), command_line.end());
  return words;
}

}  // namespace eidtool::commands
