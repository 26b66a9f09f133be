// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/module.hpp"

#include <p11-kit/p11-kit.h>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/slot.hpp"

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
  /// Ends with the last Module of it; where calls are watched, with end_modules().
  static std::shared_ptr<State> make(const std::string& called) {
    const auto end = [](State* state) {
      if (!state->watched.is_watched()) {
        delete state;
        return;
      }
      ended().push_back(state);
    };
    return {new State(called), end};
  }
  static std::vector<State*>& ended() {
    static auto& states = *new std::vector<State*>;
    return states;
  }
  explicit State(std::string called) : name(std::move(called)), watched(name) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    const Watch watch(watched, "C_Finalize");
    // What a module answers to its end is of no use to anyone any more.
    if (functions) (void)p11_kit_module_finalize(list);
    if (list != nullptr) p11_kit_module_release(list);
  }

  void load(const char* file) {
    const Watch watch(watched, "C_GetFunctionList");
    list = p11_kit_module_load(file, 0);
  }

  /// p11-kit then loads all that it is configured with: it has no function for one that runs elsewhere.
  void load_by_configuration() {
    const Watch watch(watched, "C_GetFunctionList");
    auto** all = p11_kit_modules_load(nullptr, 0);
    for (auto** item = all; item != nullptr && *item != nullptr; ++item) {
      if (list == nullptr && configured_name(*item) == name) {
        list = *item;
      } else {
        p11_kit_module_release(*item);
      }
    }
    std::free(all);
  }

  void initialise() {
    CK_RV rv = CKR_OK;
    {
      const Watch watch(watched, "C_Initialize");
      rv = call_initialize();
    }
    const auto subject = "module " + in_quotes(name);
    if (rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED || rv == CKR_ARGUMENTS_BAD) {
      const auto error = error_for(rv, "C_Initialize", subject);
      // No card was looked for yet.
      throw Error(error.kind(), error.what(),
                  "it could not begin: is its own configuration there and right (SoftHSM: SOFTHSM2_CONF; OpenSC: "
                  "opensc.conf), and the service that it needs running?")
          .with_function("C_Initialize", rv);
    }
    check(rv, "C_Initialize", subject);
    functions.emplace(*list, watched);
    check(functions->C_GetInfo(&info), "C_GetInfo", subject);
  }

  CK_RV call_initialize() {
    if (init_reserved.empty()) return p11_kit_module_initialize(list);
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    arguments.pReserved = init_reserved.data();
    return list->C_Initialize(&arguments);
  }

  CK_FUNCTION_LIST* list = nullptr;
  std::string name;
  WatchedModule watched;
  std::string init_reserved;           // as long as the module: it may go on reading it
  std::optional<Functions> functions;  // nothing: not initialised
  CK_INFO info{};
};

Module::Module(std::shared_ptr<State> state) : state_(std::move(state)) {}

void end_modules(int exit_status) {
  expect_end(exit_status);
  Module::end_all();
}

void Module::end_all() {
  auto& ended = State::ended();
  std::optional<WatchedModule> only;
  if (ended.size() == 1) only = ended.front()->watched;
  for (const auto* state : ended) delete state;
  ended.clear();
  // Libraries may stay loaded: their destructors run when the process ends.
  watch_exit(only ? &*only : nullptr);
}

std::filesystem::path library_file(const std::filesystem::path& name) {
  // p11-kit takes every relative name for one in its own folder; a user means the working directory.
  std::error_code ignored;
  if (std::filesystem::exists(name, ignored)) return std::filesystem::absolute(name);
  return std::filesystem::path(config::module_path) / name;
}

Module Module::load(const std::filesystem::path& path) {
  const auto file = library_file(path);
  auto state = State::make(path.filename().string());
  state->load(file.c_str());
  if (state->list == nullptr) {
    throw Error(ErrorKind::module_failed, "cannot load module " + in_quotes(path.string()) + ": " + last_message(),
                "--module names a PKCS#11 library, such as opensc-pkcs11.so")
        .with_file(path.string());
  }
  state->initialise();
  return Module(std::move(state));
}

Module Module::load(const ConfiguredModule& configured) {
  auto state = State::make(configured.name);
  state->init_reserved = configured.init_reserved;
  if (configured.is_remote) {
    state->load_by_configuration();
  } else {
    state->load(configured.library.c_str());
  }
  if (state->list == nullptr) {
    throw Error(ErrorKind::module_failed,
                "module " + in_quotes(configured.name) + " cannot be loaded: " + last_message(),
                "its configuration names " + (configured.library.empty() ? "none" : in_quotes(configured.library)) +
                    "; 'p11-kit list-modules' shows what is configured")
        .with_file(configured.library);
  }
  state->initialise();
  return Module(std::move(state));
}

const std::string& Module::name() const { return state_->name; }

ModuleInfo Module::info() const {
  const auto& info = state_->info;
  return {file_of(state_->list), text_of_field(info.libraryDescription, sizeof info.libraryDescription),
          text_of_field(info.manufacturerID, sizeof info.manufacturerID),
          Version{info.libraryVersion.major, info.libraryVersion.minor}};
}

const CK_INFO& Module::raw_info() const { return state_->info; }

std::vector<Slot> Module::slots(Slots which) const {
  const CK_BBOOL with_token = which == Slots::with_token ? CK_TRUE : CK_FALSE;
  const auto subject = "module " + in_quotes(name());
  std::vector<CK_SLOT_ID> ids;
  constexpr CK_ULONG most_slots = 1UL << 12UL;  // a module that says that there are more is mistaken
  constexpr int most_tries = 8;                 // readers come and go between the two calls, but not for ever
  for (int tries = 0;; ++tries) {
    CK_ULONG count = 0;
    check(functions().C_GetSlotList(with_token, nullptr, &count), "C_GetSlotList", subject);
    if (count > most_slots) {
      throw Error(ErrorKind::module_failed, subject + " claims " + std::to_string(count) + " slots");
    }
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

const Functions& Module::functions() const { return *state_->functions; }

}  // namespace eidtool::pkcs11
