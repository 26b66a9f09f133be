// SPDX-License-Identifier: Apache-2.0
#include "modules/filter_module.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string_view>

#include "base/files.hpp"

namespace eidtool::tests::filter {

namespace {

struct State {
  Script script;
  const CK_FUNCTION_LIST* real = nullptr;
  std::map<std::string_view, unsigned long> counts;  // of calls, by function
};

State load() {
  State state;
  const char* script = std::getenv("EIDTOOL_TEST_SCRIPT");
  if (script != nullptr) state.script = Script::read(script);
  const char* path = std::getenv("EIDTOOL_TEST_MODULE");
  if (path == nullptr) throw std::runtime_error("EIDTOOL_TEST_MODULE is not set");
  void* library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(::dlerror());
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get == nullptr || get(&functions) != CKR_OK) throw std::runtime_error(std::string(path) + " is no module");
  state.real = functions;
  return state;
}

State& state() {
  static State loaded = load();
  return loaded;
}

/// What stands before every call: the log, a delay, and what the script has it answer instead.
CK_RV before(const char* name, bool logs) {
  if (logs) log(name);
  const auto& delays = script().delays;
  if (const auto delay = delays.find(name); delay != delays.end()) {
    ::usleep(static_cast<useconds_t>(delay->second * 1000));
  }
  const auto& returns = script().returns;
  const auto found = returns.find(name);
  if (found == returns.end()) return CKR_OK;
  return state().counts[name]++ < found->second.after ? CKR_OK : found->second.rv;
}

/// One function of the table: what is called instead of the real one, where anything is. Those that do
/// more than go through write their own line in the log.
template <auto Member>
struct Wrapped;
template <typename... Arguments, CK_RV (*CK_FUNCTION_LIST::*Member)(Arguments...)>
struct Wrapped<Member> {
  using Function = CK_RV (*)(Arguments...);
  inline static const char* name = nullptr;
  inline static Function instead = nullptr;
  inline static bool logs = true;

  static CK_RV call(Arguments... arguments) {
    try {
      const auto rv = before(name, logs);
      if (rv != CKR_OK) {
        if (!logs) log(name);
        return rv;
      }
      return instead != nullptr ? instead(arguments...) : (real().*Member)(arguments...);
    } catch (const std::exception& exception) {
      // Nothing may leave a C function; a test that is wrong is to fail loudly.
      std::fprintf(stderr, "filter module: %s\n", exception.what());
      return CKR_FUNCTION_FAILED;
    }
  }
};

enum class Logs { by_name, by_itself };

template <auto Member>
void wrap(CK_FUNCTION_LIST& table, const char* name, typename Wrapped<Member>::Function instead = nullptr,
          Logs logs = Logs::by_name) {
  Wrapped<Member>::name = name;
  Wrapped<Member>::instead = instead;
  Wrapped<Member>::logs = logs == Logs::by_name;
  if (real().*Member != nullptr) table.*Member = &Wrapped<Member>::call;
}

CK_FUNCTION_LIST make_table();

CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  static CK_FUNCTION_LIST table = make_table();
  *list = &table;
  return CKR_OK;
}

#define WRAP(function, ...) wrap<&CK_FUNCTION_LIST::function>(table, #function __VA_OPT__(, ) __VA_ARGS__)

CK_FUNCTION_LIST make_table() {
  auto table = real();
  table.C_GetFunctionList = get_function_list;
  WRAP(C_Initialize, initialize);
  WRAP(C_Finalize);
  WRAP(C_GetInfo);
  WRAP(C_GetSlotList);
  WRAP(C_GetSlotInfo, get_slot_info);
  WRAP(C_GetTokenInfo, get_token_info);
  WRAP(C_GetMechanismList, get_mechanism_list);
  WRAP(C_GetMechanismInfo, get_mechanism_info);
  WRAP(C_InitToken);
  WRAP(C_InitPIN);
  WRAP(C_SetPIN);
  WRAP(C_OpenSession);
  WRAP(C_CloseSession);
  WRAP(C_CloseAllSessions);
  WRAP(C_GetSessionInfo);
  WRAP(C_GetOperationState);
  WRAP(C_SetOperationState);
  WRAP(C_Login, login, Logs::by_itself);
  WRAP(C_Logout);
  WRAP(C_CreateObject);
  WRAP(C_CopyObject);
  WRAP(C_DestroyObject);
  WRAP(C_GetObjectSize);
  WRAP(C_GetAttributeValue, get_attribute_value);
  WRAP(C_SetAttributeValue);
  WRAP(C_FindObjectsInit);
  WRAP(C_FindObjects, find_objects);
  WRAP(C_FindObjectsFinal);
  WRAP(C_EncryptInit);
  WRAP(C_Encrypt);
  WRAP(C_EncryptUpdate);
  WRAP(C_EncryptFinal);
  WRAP(C_DecryptInit);
  WRAP(C_Decrypt);
  WRAP(C_DecryptUpdate);
  WRAP(C_DecryptFinal);
  WRAP(C_DigestInit);
  WRAP(C_Digest);
  WRAP(C_DigestUpdate);
  WRAP(C_DigestKey);
  WRAP(C_DigestFinal);
  WRAP(C_SignInit, sign_init, Logs::by_itself);
  WRAP(C_Sign, sign);
  WRAP(C_SignUpdate, sign_update);
  WRAP(C_SignFinal, sign_final);
  WRAP(C_SignRecoverInit);
  WRAP(C_SignRecover);
  WRAP(C_VerifyInit);
  WRAP(C_Verify);
  WRAP(C_VerifyUpdate);
  WRAP(C_VerifyFinal);
  WRAP(C_VerifyRecoverInit);
  WRAP(C_VerifyRecover);
  WRAP(C_DigestEncryptUpdate);
  WRAP(C_DecryptDigestUpdate);
  WRAP(C_SignEncryptUpdate);
  WRAP(C_DecryptVerifyUpdate);
  WRAP(C_GenerateKey);
  WRAP(C_GenerateKeyPair);
  WRAP(C_WrapKey);
  WRAP(C_UnwrapKey);
  WRAP(C_DeriveKey);
  WRAP(C_SeedRandom);
  WRAP(C_GenerateRandom);
  WRAP(C_GetFunctionStatus);
  WRAP(C_CancelFunction);
  WRAP(C_WaitForSlotEvent);
  return table;
}

}  // namespace

const CK_FUNCTION_LIST& real() { return *state().real; }
const Script& script() { return state().script; }

void log(const std::string& line) {
  if (script().log.empty()) return;
  const FileDescriptor file(::open(script().log.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  const auto text = line + "\n";
  // A log that cannot be written is missed by the test that reads it.
  (void)!::write(file.number(), text.data(), text.size());
}

}  // namespace eidtool::tests::filter

extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  try {
    return eidtool::tests::filter::get_function_list(list);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "filter module: %s\n", exception.what());
    return CKR_GENERAL_ERROR;
  }
}
