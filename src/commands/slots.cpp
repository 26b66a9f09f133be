// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/modules.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::commands {

namespace {

class Slots : public cli::Command {
 public:
  std::string_view name() const override { return "slots"; }
  std::string_view summary() const override { return "List readers and the tokens in them, with every detail."; }
  std::vector<cli::Example> examples() const override {
    return {{"eidtool slots", "what is in the readers now"},
            {"eidtool slots --all --mechanisms", "empty readers too, and what each token can do"},
            {"eidtool --json slots | jq -r .token.uri", "the URIs of all tokens, for other commands"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.flag("all", "also slots without a token, and tokens not initialised yet");
    options.flag("mechanisms", "also the mechanisms of each token");
    declare_token_options(options);
  }
  bool lists_modules() const override { return true; }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

std::vector<std::string> mechanism_texts(const pkcs11::Token& token) {
  std::vector<std::string> texts;
  for (const auto& mechanism : token.mechanisms()) {
    auto text = pkcs11::without_prefix(pkcs11::mechanism_name(mechanism.type));
    texts.push_back(text);
  }
  return texts;
}

cli::Record token_record(const pkcs11::Token& token, bool with_mechanisms) {
  const auto info = token.info();
  const auto* profile = token.profile();
  cli::Record record;
  record.add("label", info.label)
      .add("manufacturer", info.manufacturer)
      .add("model", info.model)
      .add("serial_number", info.serial_number)
      .add("flags", pkcs11::token_flag_names(info.flags))
      .add("pin_min_length", static_cast<std::int64_t>(info.pin_min_length))
      .add("pin_max_length", static_cast<std::int64_t>(info.pin_max_length))
      .add("pin_state", std::string(name(info.pin_state())))
      .add("hardware_version", to_text(info.hardware_version))
      .add("firmware_version", to_text(info.firmware_version));
  record.add("profile", profile != nullptr ? cli::Value(std::string(profile->name)) : cli::Value(nullptr));
  record.add("uri", token.uri());
  if (with_mechanisms) record.add("mechanisms", mechanism_texts(token));
  return record;
}

std::string heading_for(const pkcs11::SlotInfo& slot, const std::optional<pkcs11::Token>& token) {
  if (!token) return "Empty slot: " + printable(slot.description);
  const auto info = token->info();
  const auto* profile = token->profile();
  if (!info.has(CKF_TOKEN_INITIALIZED)) return "Uninitialised token: " + printable(slot.description);
  const auto label = info.label.empty() ? std::string("a token without a label") : printable(info.label);
  return profile == nullptr ? label : std::string(profile->name) + ": " + label;
}

cli::Record slot_record(const pkcs11::Slot& slot, const std::optional<pkcs11::Token>& token, bool with_mechanisms) {
  const auto info = slot.info();
  const auto module = slot.module().info();
  cli::Record module_record;
  if (!module.path.empty()) module_record.add("path", module.path);
  module_record.add("description", module.description).add("version", to_text(module.version));
  cli::Record record("slot");
  record.heading(heading_for(info, token));
  if (token) {
    record.add_record("token", token_record(*token, with_mechanisms));
  } else {
    record.add("token", nullptr);
  }
  record.add("slot_id", static_cast<std::int64_t>(slot.id()))
      .add("description", info.description)
      .add("manufacturer", info.manufacturer)
      .add("hardware_version", to_text(info.hardware_version))
      .add("firmware_version", to_text(info.firmware_version))
      .add("removable", info.removable)
      .add_record("module", std::move(module_record));
  return record;
}

int Slots::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto selection = selection_from(arguments);
  const bool all = arguments.has("all") && selection.words.empty();
  const auto listing = list_modules(selection, context, Failures::all, [&](const pkcs11::Module& module) {
    std::size_t token_count = 0;
    for (const auto& slot : module.slots(all ? pkcs11::Module::Slots::all : pkcs11::Module::Slots::with_token)) {
      const auto token = slot.token();
      // A token that nobody initialised is as good as none: SoftHSM always shows one.
      if (!all && (!token || !token->info().has(CKF_TOKEN_INITIALIZED))) continue;
      if (token && !selection.matches(*token)) continue;
      try {
        context.output.print(slot_record(slot, token, arguments.has("mechanisms")));
        ++token_count;
      } catch (const Error& error) {  // absent: it was unplugged since it was listed
        if (error.kind() != ErrorKind::token_removed || error.function() != "C_GetSlotInfo") throw;
      }
    }
    return token_count;
  });
  if (!context.asked && listing.record_count == 0) {
    context.console.hint(selection.words.empty()
                             ? "no token was found: is the card in the reader, and its PKCS#11 module "
                               "configured or given with --module?"
                             : "no token fits " + selection.description());
  }
  return cli::exit_status::done;
}

}  // namespace

const cli::Command& slots() {
  static const Slots command;
  return command;
}

}  // namespace eidtool::commands
