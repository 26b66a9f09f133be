// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/module.hpp"

#include <p11-kit/p11-kit.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "config.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/configuration.hpp"
#include "pkcs11/slot.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::pkcs11 {

namespace {

/// p11-kit's words for the last failure on this thread.
std::string last_message() {
  const char* message = p11_kit_message();
  return message == nullptr ? "no reason given" : printable(message);
}

std::string configured_name(CK_FUNCTION_LIST* functions) {
  char* name = p11_kit_module_get_name(functions);
  std::string text = name == nullptr ? "" : name;
  std::free(name);
  return text;
}

std::string file_of(CK_FUNCTION_LIST* functions) {
  char* path = p11_kit_module_get_filename(functions);
  std::string text = path == nullptr ? "" : path;
  std::free(path);
  return text;
}

}  // namespace

std::string to_text(Version version) { return std::to_string(version.major) + "." + std::to_string(version.minor); }

std::string text_of_field(const unsigned char* field, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(field), size);
  text = text.substr(0, text.find('\0'));
  const auto last = text.find_last_not_of(' ');
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

struct Module::State {
  State(CK_FUNCTION_LIST* list, std::string called) : functions(list), name(std::move(called)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    // What a module answers to its end is of no use to anyone any more.
    if (initialised) (void)p11_kit_module_finalize(functions);
    p11_kit_module_release(functions);
  }

  void initialise() {
    const auto rv = p11_kit_module_initialize(functions);
    if (rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED || rv == CKR_ARGUMENTS_BAD) {
      const auto error = error_for(rv, "C_Initialize", "module " + in_quotes(name));
      // No card was looked for yet.
      throw Error(error.kind(), error.what(),
                  "it could not begin: is its own configuration there and right (SoftHSM: SOFTHSM2_CONF; OpenSC: "
                  "opensc.conf), and the service that it needs running?")
          .with_function("C_Initialize", rv);
    }
    check(rv, "C_Initialize", "module " + in_quotes(name));
    initialised = true;
    check(functions->C_GetInfo(&info), "C_GetInfo", "module " + in_quotes(name));
  }

  CK_FUNCTION_LIST* functions;
  std::string name;
  bool initialised = false;
  CK_INFO info{};
};

Module::Module(std::shared_ptr<State> state) : state_(std::move(state)) {}

Module Module::load(const std::filesystem::path& path) {
  // p11-kit takes every relative name for one in its own folder; a user means the working directory.
  std::error_code ignored;
  const auto file = std::filesystem::exists(path, ignored) ? std::filesystem::absolute(path) : path;
  auto* functions = p11_kit_module_load(file.c_str(), 0);
  if (functions == nullptr) {
    throw Error(ErrorKind::module_failed, "cannot load module " + in_quotes(path.string()) + ": " + last_message(),
                "--module names a PKCS#11 library, such as opensc-pkcs11.so")
        .with_file(path.string());
  }
  auto state = std::make_shared<State>(functions, path.filename().string());
  state->initialise();
  return Module(std::move(state));
}

Module::Configured Module::load_configured(const Uri* uri) {
  Configured result;
  const auto wanted_name = uri != nullptr ? uri->module_name() : std::nullopt;
  const auto is_wanted = [&](const std::string& name) { return !wanted_name || *wanted_name == name; };
  std::vector<std::string> loaded;
  std::vector<FileIdentity> libraries;
  CK_FUNCTION_LIST** list = p11_kit_modules_load(nullptr, 0);
  if (list == nullptr) result.failures.push_back({"p11-kit", last_message()});
  for (auto** item = list; item != nullptr && *item != nullptr; ++item) {
    auto state = std::make_shared<State>(*item, configured_name(*item));
    loaded.push_back(state->name);
    if (const auto identity = identity_of(file_of(*item))) libraries.push_back(*identity);
    const bool is_trust_module = (p11_kit_module_get_flags(*item) & P11_KIT_MODULE_TRUSTED) != 0;
    if (is_trust_module || !is_wanted(state->name)) continue;
    try {
      state->initialise();
    } catch (const Error& error) {  // an absent module: it is named, and the others are used
      result.failures.push_back({state->name, error.what()});
      continue;
    }
    Module module(std::move(state));
    if (uri == nullptr || uri->matches_module(module)) result.modules.push_back(std::move(module));
  }
  std::free(list);
  // Modules whose library is missing vanish from p11-kit's list without a word.
  for (const auto& configured : configured_modules()) {
    bool is_loaded = false;
    for (const auto& name : loaded) is_loaded = is_loaded || name == configured.name;
    // p11-kit takes two configurations of one library for one module, under one of the names.
    const auto library = identity_of(std::filesystem::path(config::module_path) / configured.library);
    is_loaded = is_loaded || (library && std::find(libraries.begin(), libraries.end(), *library) != libraries.end());
    if (is_loaded || list == nullptr || !is_wanted(configured.name)) continue;
    result.failures.push_back({configured.name, "its library " + in_quotes(configured.library) + " cannot be loaded"});
  }
  return result;
}

const std::string& Module::name() const { return state_->name; }

ModuleInfo Module::info() const {
  const auto& info = state_->info;
  return {file_of(state_->functions), text_of_field(info.libraryDescription, sizeof info.libraryDescription),
          text_of_field(info.manufacturerID, sizeof info.manufacturerID),
          Version{info.libraryVersion.major, info.libraryVersion.minor}};
}

const CK_INFO& Module::raw_info() const { return state_->info; }

std::vector<Slot> Module::slots(Slots which) const {
  const CK_BBOOL with_token = which == Slots::with_token ? CK_TRUE : CK_FALSE;
  const auto subject = "module " + in_quotes(name());
  std::vector<CK_SLOT_ID> ids;
  constexpr int most_tries = 8;  // readers come and go between the two calls, but not for ever
  for (int tries = 0;; ++tries) {
    CK_ULONG count = 0;
    check(functions().C_GetSlotList(with_token, nullptr, &count), "C_GetSlotList", subject);
    ids.resize(count);
    if (count == 0) break;
    const auto rv = functions().C_GetSlotList(with_token, ids.data(), &count);
    if (rv == CKR_BUFFER_TOO_SMALL && tries < most_tries) continue;
    check(rv, "C_GetSlotList", subject);
    if (count < ids.size()) ids.resize(count);
    break;
  }
  std::vector<Slot> slots;
  for (const auto id : ids) slots.emplace_back(*this, id);
  return slots;
}

const CK_FUNCTION_LIST& Module::functions() const { return *state_->functions; }

}  // namespace eidtool::pkcs11
