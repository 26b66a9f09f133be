// SPDX-License-Identifier: Apache-2.0
#include "commands/modules.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/wire.hpp"

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

void watch_calls(const cli::Context& context) {
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

/// Failures of some modules: warnings; of all: the last is the command's.
void report(std::vector<Error> failures, std::size_t module_count, cli::Context& context) {
  const auto own = !failures.empty() && failures.size() == module_count ? std::optional(failures.back()) : std::nullopt;
  if (own) failures.pop_back();
  for (const auto& failure : failures) context.console.warning(failure.what());
  if (own) throw Error(*own);
}

std::vector<pkcs11::Module> open_modules(const Selection& selection, TokenSearch& search, cli::Context& context) {
  watch_calls(context);
  std::vector<pkcs11::Module> modules;
  std::vector<Error> failures;
  const auto candidates = candidates_for(selection, context);
  for (const auto& candidate : candidates) {
    try {
      auto module = candidate.load();
      context.console.detail("using module " + in_quotes(module.name()) + " " + module.info().path);
      if (!selection.uri || selection.uri->matches_module(module)) modules.push_back(std::move(module));
    } catch (const Error& error) {  // one of a batch
      if (candidate.is_of_no_use(error) && candidates.size() > 1) {
        context.console.detail(error.what());
        search.left_out.emplace_back(error.what());
      } else {
        failures.push_back(error);
      }
    }
  }
  report(std::move(failures), candidates.size() - search.left_out.size(), context);
  if (modules.empty()) {
    search.say_left_out(context);
    throw no_module(selection);
  }
  return modules;
}

/// The process that lists one module, and what it told so far.
class Asked {
 public:
  Asked(Candidate candidate, const cli::Context& context)
      : candidate_(std::move(candidate)),
        process_(words_to_ask({candidate_.name, candidate_.configured.has_value()}, context.words)) {}

  const Candidate& candidate() const { return candidate_; }
  bool has_ended() const { return has_ended_; }
  int descriptor() const { return process_.descriptor(); }

  std::vector<cli::Record> records;
  std::size_t token_count = 0;
  std::optional<Error> failure;

  void read() {
    const bool goes_on = process_.read(text_);
    take_lines();
    // A process that the module made may keep the pipe open when all was said.
    if (goes_on && !is_complete_ && !failure) return;
    const auto end = process_.end();
    has_ended_ = true;
    if (!is_complete_ && !failure) fail("ended its process (" + end + ")");
  }

 private:
  void fail(const std::string& what) {
    failure = Error(ErrorKind::module_failed, "module " + in_quotes(candidate_.title()) + " " + what,
                    "--module FILE uses another module alone");
  }

  void take_lines() {
    std::size_t begin = 0;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', begin)) {
      take(std::string_view(text_).substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
  }

  void take(std::string_view text) {
    try {
      auto line = cli::from_wire(text);
      if (auto* record = std::get_if<cli::Record>(&line)) records.push_back(std::move(*record));
      if (const auto* error = std::get_if<Error>(&line)) failure = *error;
      if (const auto* last = std::get_if<cli::WireEnd>(&line)) {
        is_complete_ = true;
        token_count = static_cast<std::size_t>(last->token_count);
      }
    } catch (const Error& error) {  // the module found the descriptor, and wrote there
      if (!failure) fail(std::string("disturbed its process: ") + error.what());
    }
  }

  Candidate candidate_;
  ChildProcess process_;
  std::string text_;
  bool is_complete_ = false;
  bool has_ended_ = false;
};

/// Waits until one of them says something or ends. Each looks after its calls itself, and ends where one hangs.
void wait_for_any(std::vector<Asked>& all) {
  std::vector<pollfd> polled;
  // poll() passes over negative descriptors.
  for (const auto& asked : all) polled.push_back({asked.has_ended() ? -1 : asked.descriptor(), POLLIN, 0});
  if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
    throw Error(ErrorKind::internal, io_error("cannot wait for", "modules", errno).what());
  }
  for (std::size_t index = 0; index < all.size(); ++index) {
    if (polled[index].fd >= 0 && polled[index].revents != 0) all[index].read();
  }
}

Listing list_this_module(const Selection& selection, cli::Context& context, const ModuleLister& list) {
  end_with_parent();
  watch_calls(context);
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
  for (const auto& one : left_out) context.console.warning(one);
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
  report(std::move(failures), modules.size(), context);
  if (search.tokens.empty()) search.say_left_out(context);
  return search;
}

Listing list_modules(const Selection& selection, cli::Context& context, Failures failures, const ModuleLister& list) {
  if (context.asked) return list_this_module(selection, context, list);
  auto candidates = candidates_for(selection, context);
  if (candidates.empty()) throw no_module(selection);
  std::vector<Asked> all;
  all.reserve(candidates.size());
  for (auto& candidate : candidates) all.emplace_back(std::move(candidate), context);
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
  std::vector<std::string> words = {"ask-module", asked.is_configured ? "--configured" : "--file", asked.name, "--"};
  words.insert(words.end(), command_line.begin(), command_line.end());
  return words;
}

}  // namespace eidtool::commands
