// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/pin_options.hpp"
#include "commands/choose_key.hpp"
#include "commands/modules.hpp"
#include "commands/records.hpp"
#include "pkcs11/names.hpp"
#include "pkcs11/watch.hpp"

namespace eidtool::commands {

namespace {

class Objects : public cli::Command {
 public:
  std::string_view name() const override { return "objects"; }
  std::string_view summary() const override { return "List the certificates, keys and other objects on the tokens."; }
  std::vector<cli::Example> examples() const override {
    return {{"eidtool objects", "what is visible without a PIN"},
            {"eidtool objects --login", "private keys too; asks for the PIN"},
            {"eidtool objects --class certificate --attributes", "every attribute of the certificates"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.flag("login", "log in to one token first, to see its private objects too");
    options.flag("attributes", "every attribute of each object, decoded");
    options.value("class", "CLASS", "only objects of this class").choices = pkcs11::object_class_choices();
    declare_token_options(options);
    declare_key_options(options);
    cli::declare_pin_options(options);
  }
  bool lists_modules() const override { return true; }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

bool is_wanted(const pkcs11::Token& token, const pkcs11::Object& object, const Selection& selection) {
  if (selection.id || (selection.uri && selection.uri->object_id())) {
    if (!selection.matches_id(object.attribute_if_any(CKA_ID))) return false;
  }
  const auto label = object.text(CKA_LABEL).value_or("");
  for (const auto& wanted : selection.labels()) {
    if (wanted != label) return false;
  }
  if (selection.uri && selection.uri->object_class() && selection.uri->object_class() != object.number(CKA_CLASS))
    return false;
  if (!selection.purpose) return true;
  const auto value = object.attribute_if_any(CKA_VALUE);
  if (object.number(CKA_CLASS) != CKO_CERTIFICATE || !value) return false;
  const auto certificate = crypto::Certificate::from_der(*value, "certificate " + in_quotes(label));
  return !certificate.is_ca() && purpose_of(token, label, certificate) == selection.purpose;
}

std::size_t list(const pkcs11::Session& session, const Selection& selection, const cli::Arguments& arguments,
                 cli::Context& context) {
  pkcs11::Template wanted;
  if (const auto name = arguments.value("class"))
    wanted.add_number(CKA_CLASS, pkcs11::object_class_by_name(*name).value());
  std::size_t count = 0;
  for (const auto& found : session.find(wanted)) {
    const auto object = found.with({CKA_CLASS, CKA_LABEL, CKA_ID, CKA_PRIVATE});
    if (!is_wanted(session.token(), object, selection)) continue;
    context.output.print(object_record(session.token(), object, {arguments.has("attributes")}));
    ++count;
  }
  return count;
}

/// What is visible without a login on one module's tokens; how many of them there were.
std::size_t list_module(const pkcs11::Module& module, const Selection& selection, const cli::Arguments& arguments,
                        cli::Context& context) {
  const auto tokens = tokens_in(module, selection);
  for (const auto& token : tokens) {
    try {
      list(token.open_session(), selection, arguments, context);
    } catch (const Error& error) {  // one of a batch: the others are shown
      if (tokens.size() == 1 || error.kind() == ErrorKind::io) throw;
      context.console.warning(error.what());
    }
  }
  return tokens.size();
}

/// Which token a login means: the purpose chooses it, the other key options only filter.
Selection for_token(const Selection& selection) {
  auto reduced = selection;
  reduced.id.reset();
  reduced.label.reset();
  return reduced;
}

std::size_t list_after_login(const Selection& selection, PinSource& pins, const cli::Arguments& arguments,
                             cli::Context& context) {
  const auto token = choose_token(for_token(selection), context);
  const auto session = token.open_session();
  pkcs11::Authenticator authenticator(
      pins, arguments.has("allow-final-try") ? pkcs11::FinalTry::allow : pkcs11::FinalTry::refuse);
  authenticator.login(session, "");
  const auto count = list(session, selection, arguments, context);
  // All is shown: what a module does while its session is closed changes nothing in that.
  pkcs11::expect_end(cli::exit_status::done);
  return count;
}

int Objects::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto selection = selection_from(arguments);
  const auto list_each = [&](const pkcs11::Module& module) {
    return list_module(module, selection, arguments, context);
  };
  if (context.asked) {
    (void)list_modules(selection, context, Failures::all, list_each);  // the process that asked counts
    return cli::exit_status::done;
  }
  std::size_t count = 0;
  const auto pins = cli::pin_source(arguments, context, selection.uri ? selection.uri->pin_file() : std::nullopt);
  if (arguments.has("login")) {
    count = list_after_login(selection, *pins, arguments, context);
  } else {
    const auto listing = list_modules(selection, context, Failures::those_that_matter, list_each);
    if (!listing.is_complete) return cli::exit_status::done;  // what failed was said
    if (listing.token_count == 0) {
      context.console.hint("no token was found; 'eidtool slots --all' shows the readers");
      return cli::exit_status::done;
    }
    count = listing.record_count;
  }
  if (count == 0) context.console.hint("no object was found; --login shows private ones too");
  return cli::exit_status::done;
}

}  // namespace

const cli::Command& objects() {
  static const Objects command;
  return command;
}

}  // namespace eidtool::commands
