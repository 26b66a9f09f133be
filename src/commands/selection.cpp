// SPDX-License-Identifier: Apache-2.0
#include "commands/selection.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "pkcs11/module.hpp"

namespace eidtool::commands {

bool Selection::matches(const pkcs11::Token& token) const {
  const auto info = token.info();
  if (slot_id && *slot_id != token.slot_id()) return false;
  if (token_label && *token_label != info.label) return false;
  if (serial_number && *serial_number != info.serial_number) return false;
  return !uri || (uri->matches_module(token.module()) && uri->matches_token(token));
}

bool Selection::matches_id(const std::optional<Bytes>& object_id) const {
  const auto own = object_id.value_or(Bytes());
  if (id && !equal_ignoring_trailing_zeros(*id, own)) return false;
  const auto in_uri = uri ? uri->object_id() : std::nullopt;
  return !in_uri || equal_ignoring_trailing_zeros(*in_uri, own);
}

std::vector<std::string> Selection::labels() const {
  std::vector<std::string> labels;
  if (label) labels.push_back(*label);
  if (uri && uri->object_label()) labels.push_back(*uri->object_label());
  return labels;
}

bool Selection::names_object() const { return id || label || (uri && (uri->object_id() || uri->object_label())); }

std::string Selection::description() const { return join(words, ", "); }

void declare_token_options(cli::OptionSet& options) {
  options.value("uri", "URI", "the token or object of this PKCS#11 URI (RFC 7512)").kind = cli::ValueKind::uri;
  options.value("slot", "ID", "the token in this slot").kind = cli::ValueKind::slot_id;
  options.value("token", "LABEL", "the token with this label").kind = cli::ValueKind::token_label;
  options.value("serial", "TEXT", "the token with this serial number").kind = cli::ValueKind::serial_number;
}

void declare_key_options(cli::OptionSet& options) {
  options.value("id", "HEX", "the key or certificate with this id").kind = cli::ValueKind::object_id;
  options.value("label", "TEXT", "the key or certificate with this label").kind = cli::ValueKind::object_label;
  options.value("as", "PURPOSE", "the pair for this purpose: authentication or signature").choices = {"authentication",
                                                                                                      "signature"};
}

Selection selection_from(const cli::Arguments& arguments) {
  Selection selection;
  for (const auto* option : {"uri", "slot", "token", "serial", "id", "label", "as"}) {
    if (const auto value = arguments.value(option))
      selection.words.push_back(std::string("--") + option + " " + in_quotes(*value));
  }
  if (const auto text = arguments.value("uri")) selection.uri = pkcs11::Uri::parse(*text);
  if (const auto text = arguments.value("slot")) {
    unsigned long number = 0;
    if (!parse_number(*text, number)) {
      throw Error(ErrorKind::usage, "--slot cannot be " + in_quotes(*text),
                  "it is a slot's number, as 'eidtool slots' shows it");
    }
    selection.slot_id = number;
  }
  selection.token_label = arguments.value("token");
  selection.serial_number = arguments.value("serial");
  if (const auto text = arguments.value("id")) {
    selection.id = from_hex(*text);
    if (!selection.id) {
      throw Error(ErrorKind::usage, "--id cannot be " + in_quotes(*text),
                  "it is hex, as 'eidtool objects' shows it: 45");
    }
  }
  selection.label = arguments.value("label");
  if (const auto text = arguments.value("as")) {
    selection.purpose = *text == "signature" ? Purpose::signature : Purpose::authentication;
  }
  return selection;
}

namespace {

/// One library by several names is one module: its tokens count once.
class Libraries {
 public:
  /// False where the file was met before; true for one that cannot be looked at.
  bool is_new(const std::filesystem::path& file) {
    const auto identity = identity_of(file);
    if (!identity) return true;
    if (std::find(met_.begin(), met_.end(), *identity) != met_.end()) return false;
    met_.push_back(*identity);
    return true;
  }

 private:
  std::vector<FileIdentity> met_;
};

std::vector<pkcs11::Module> load_named(const std::vector<std::string>& paths, cli::Context& context) {
  std::vector<pkcs11::Module> modules;
  std::vector<Error> failures;
  Libraries libraries;
  for (const auto& path : paths) {
    // A name without a folder, which p11-kit looks up, tells its file only when it is loaded.
    const bool is_found = identity_of(path).has_value();
    if (is_found && !libraries.is_new(path)) continue;
    try {
      auto module = pkcs11::Module::load(path);
      if (is_found || libraries.is_new(module.info().path)) modules.push_back(std::move(module));
    } catch (const Error& error) {  // one of a batch
      failures.push_back(error);
    }
  }
  // With no other to show, the failure of the last is the command's.
  const auto own = modules.empty() && !failures.empty() ? std::optional(failures.back()) : std::nullopt;
  if (own) failures.pop_back();
  for (const auto& failure : failures) context.console.warning(failure.what());
  if (own) throw Error(*own);
  return modules;
}

}  // namespace

std::vector<pkcs11::Module> open_modules(const Selection& selection, cli::Context& context) {
  auto paths = context.modules;
  if (selection.uri && selection.uri->module_path()) paths.push_back(*selection.uri->module_path());
  std::vector<pkcs11::Module> modules;
  if (!paths.empty()) {
    modules = load_named(paths, context);
  } else {
    auto configured = pkcs11::Module::load_configured(selection.uri ? &*selection.uri : nullptr);
    for (const auto& failure : configured.failures) {
      context.console.warning("module " + in_quotes(failure.name) + " is left out: " + failure.reason);
    }
    modules = std::move(configured.modules);
  }
  for (const auto& module : modules)
    context.console.detail("using module " + in_quotes(module.name()) + " " + module.info().path);
  if (!modules.empty()) return modules;
  throw Error(ErrorKind::not_found, selection.uri ? "no PKCS#11 module fits the URI" : "no PKCS#11 module can be used",
              "--module FILE names one; 'p11-kit list-modules' shows the configured ones");
}

std::vector<pkcs11::Token> find_tokens(const std::vector<pkcs11::Module>& modules, const Selection& selection,
                                       cli::Context& context) {
  std::vector<pkcs11::Token> tokens;
  std::size_t failed = 0;
  for (const auto& module : modules) {
    try {
      for (const auto& slot : module.slots(pkcs11::Module::Slots::with_token)) {
        auto token = slot.token();
        if (token && token->info().has(CKF_TOKEN_INITIALIZED) && selection.matches(*token)) tokens.push_back(*token);
      }
    } catch (const Error& error) {  // one of a batch: the others are shown
      if (++failed == modules.size()) throw;
      context.console.warning(error.what());
    }
  }
  return tokens;
}

}  // namespace eidtool::commands
