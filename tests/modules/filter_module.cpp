// SPDX-License-Identifier: Apache-2.0
#include "modules/filter_module.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "base/files.hpp"

namespace eidtool::tests::filter {

namespace {

struct State {
  Script script;
  const CK_FUNCTION_LIST* real = nullptr;
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

/// What they remember is for one thread at a time; what may happen before is outside.
std::mutex memory_mutex;
template <typename Function, typename... Arguments>
CK_RV one_at_a_time(Function instead, Arguments... arguments) {
  const std::scoped_lock lock(memory_mutex);
  return instead(arguments...);
}

/// One function of the table: what is called instead of the real one, and what the log says of a call, where it is
/// more than the name.
template <auto Member>
struct Wrapped;
template <typename... Arguments, CK_RV (*CK_FUNCTION_LIST::*Member)(Arguments...)>
struct Wrapped<Member> {
  using Function = CK_RV (*)(Arguments...);
  using Describe = std::string (*)(Arguments...);
  inline static const char* name = nullptr;
  inline static Function instead = nullptr;
  inline static Describe describe = nullptr;

  static CK_RV call(Arguments... arguments) {
    try {
      log(describe != nullptr ? describe(arguments...) : name);
      if (const auto rv = fault_before(name)) return *rv;
      const auto rv = instead != nullptr ? one_at_a_time(instead, arguments...) : (real().*Member)(arguments...);
      fault_after(name);
      return rv;
    } catch (const std::exception& exception) {
      // Nothing may leave a C function; a test that is wrong is to fail loudly.
      std::fprintf(stderr, "filter module: %s\n", exception.what());
      return CKR_FUNCTION_FAILED;
    }
  }
};

template <auto Member>
void wrap(CK_FUNCTION_LIST& table, const char* name, typename Wrapped<Member>::Function instead = nullptr,
          typename Wrapped<Member>::Describe describe = nullptr) {
  Wrapped<Member>::name = name;
  Wrapped<Member>::instead = instead;
  Wrapped<Member>::describe = describe;
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
  WRAP(C_Initialize, initialize, initialize_line);
  WRAP(C_Finalize);
  WRAP(C_GetInfo);
  WRAP(C_GetSlotList, get_slot_list);
  WRAP(C_GetSlotInfo, get_slot_info);
  WRAP(C_GetTokenInfo, get_token_info);
  WRAP(C_GetMechanismList, get_mechanism_list);
  WRAP(C_GetMechanismInfo, get_mechanism_info);
  WRAP(C_InitToken);
  WRAP(C_InitPIN);
  WRAP(C_SetPIN);
  WRAP(C_OpenSession, open_session);
  WRAP(C_CloseSession);
  WRAP(C_CloseAllSessions);
  WRAP(C_GetSessionInfo);
  WRAP(C_GetOperationState);
  WRAP(C_SetOperationState);
  WRAP(C_Login, login, login_line);
  WRAP(C_Logout);
  WRAP(C_CreateObject);
  WRAP(C_CopyObject);
  WRAP(C_DestroyObject);
  WRAP(C_GetObjectSize);
  WRAP(C_GetAttributeValue, get_attribute_value, get_attribute_value_line);
  WRAP(C_SetAttributeValue);
  WRAP(C_FindObjectsInit, find_objects_init);
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
  WRAP(C_SignInit, sign_init, sign_init_line);
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
  const FileDescriptor file(::open(script().log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
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
