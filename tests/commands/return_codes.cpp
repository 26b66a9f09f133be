// SPDX-License-Identifier: Apache-2.0
#include "commands/return_codes.hpp"

#include <algorithm>
#include <stdexcept>

namespace eidtool::tests {

namespace {

/// A code by the standard's own name, so that neither can be mistyped.
#define CODE(constant) \
  Code { constant, #constant }

using Codes = std::vector<Code>;

struct Function {
  const char* name;
  const char* clause;
  Codes codes;  // besides those of §5.1 below
};

// §5.1.1, §5.1.2 and §5.1.3, the latter two also at functions that have no business with a token: modules do so.
const Codes universal = {
    CODE(CKR_GENERAL_ERROR),     CODE(CKR_HOST_MEMORY),
    CODE(CKR_FUNCTION_FAILED),   CODE(CKR_SESSION_HANDLE_INVALID),
    CODE(CKR_SESSION_CLOSED),    CODE(CKR_DEVICE_REMOVED),
    CODE(CKR_DEVICE_MEMORY),     CODE(CKR_DEVICE_ERROR),
    CODE(CKR_TOKEN_NOT_PRESENT), CODE(CKR_CRYPTOKI_NOT_INITIALIZED),
    CODE(CKR_ARGUMENTS_BAD),     {0x80000001, "CKR_0x80000001"},
};

const std::vector<Function> functions = {
    {"C_Initialize",
     "§5.4",
     {CODE(CKR_CANT_LOCK), CODE(CKR_CRYPTOKI_ALREADY_INITIALIZED), CODE(CKR_NEED_TO_CREATE_THREADS),
      CODE(CKR_MUTEX_BAD)}},
    {"C_Finalize", "§5.4", {}},
    {"C_GetInfo", "§5.4", {}},
    {"C_GetSlotList", "§5.5", {CODE(CKR_BUFFER_TOO_SMALL)}},
    {"C_GetSlotInfo", "§5.5", {CODE(CKR_SLOT_ID_INVALID)}},
    {"C_GetTokenInfo", "§5.5", {CODE(CKR_SLOT_ID_INVALID), CODE(CKR_TOKEN_NOT_RECOGNIZED)}},
    {"C_GetMechanismList",
     "§5.5",
     {CODE(CKR_BUFFER_TOO_SMALL), CODE(CKR_SLOT_ID_INVALID), CODE(CKR_TOKEN_NOT_RECOGNIZED)}},
    {"C_GetMechanismInfo",
     "§5.5",
     {CODE(CKR_MECHANISM_INVALID), CODE(CKR_SLOT_ID_INVALID), CODE(CKR_TOKEN_NOT_RECOGNIZED)}},
    {"C_OpenSession",
     "§5.6",
     {CODE(CKR_SESSION_COUNT), CODE(CKR_SESSION_PARALLEL_NOT_SUPPORTED), CODE(CKR_SESSION_READ_WRITE_SO_EXISTS),
      CODE(CKR_SLOT_ID_INVALID), CODE(CKR_TOKEN_NOT_RECOGNIZED), CODE(CKR_TOKEN_WRITE_PROTECTED)}},
    {"C_CloseSession", "§5.6", {}},
    {"C_Login",
     "§5.6",
     {CODE(CKR_FUNCTION_CANCELED), CODE(CKR_OPERATION_NOT_INITIALIZED), CODE(CKR_PIN_INCORRECT), CODE(CKR_PIN_LOCKED),
      CODE(CKR_SESSION_READ_ONLY_EXISTS), CODE(CKR_USER_ALREADY_LOGGED_IN), CODE(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
      CODE(CKR_USER_PIN_NOT_INITIALIZED), CODE(CKR_USER_TOO_MANY_TYPES), CODE(CKR_USER_TYPE_INVALID)}},
    {"C_GetAttributeValue",
     "§5.7",
     {CODE(CKR_ATTRIBUTE_SENSITIVE), CODE(CKR_ATTRIBUTE_TYPE_INVALID), CODE(CKR_BUFFER_TOO_SMALL),
      CODE(CKR_OBJECT_HANDLE_INVALID)}},
    {"C_FindObjectsInit",
     "§5.7",
     {CODE(CKR_ATTRIBUTE_TYPE_INVALID), CODE(CKR_ATTRIBUTE_VALUE_INVALID), CODE(CKR_OPERATION_ACTIVE),
      CODE(CKR_PIN_EXPIRED)}},
    {"C_FindObjects", "§5.7", {CODE(CKR_OPERATION_NOT_INITIALIZED)}},
    {"C_FindObjectsFinal", "§5.7", {CODE(CKR_OPERATION_NOT_INITIALIZED)}},
    {"C_SignInit",
     "§5.11",
     {CODE(CKR_FUNCTION_CANCELED), CODE(CKR_KEY_FUNCTION_NOT_PERMITTED), CODE(CKR_KEY_HANDLE_INVALID),
      CODE(CKR_KEY_SIZE_RANGE), CODE(CKR_KEY_TYPE_INCONSISTENT), CODE(CKR_MECHANISM_INVALID),
      CODE(CKR_MECHANISM_PARAM_INVALID), CODE(CKR_OPERATION_ACTIVE), CODE(CKR_PIN_EXPIRED),
      CODE(CKR_USER_NOT_LOGGED_IN)}},
    {"C_Sign",
     "§5.11",
     {CODE(CKR_BUFFER_TOO_SMALL), CODE(CKR_DATA_INVALID), CODE(CKR_DATA_LEN_RANGE), CODE(CKR_FUNCTION_CANCELED),
      CODE(CKR_FUNCTION_REJECTED), CODE(CKR_OPERATION_NOT_INITIALIZED), CODE(CKR_USER_NOT_LOGGED_IN)}},
    {"C_SignUpdate",
     "§5.11",
     {CODE(CKR_DATA_LEN_RANGE), CODE(CKR_FUNCTION_CANCELED), CODE(CKR_OPERATION_NOT_INITIALIZED),
      CODE(CKR_USER_NOT_LOGGED_IN)}},
    {"C_SignFinal",
     "§5.11",
     {CODE(CKR_BUFFER_TOO_SMALL), CODE(CKR_DATA_LEN_RANGE), CODE(CKR_FUNCTION_CANCELED), CODE(CKR_FUNCTION_REJECTED),
      CODE(CKR_OPERATION_NOT_INITIALIZED), CODE(CKR_USER_NOT_LOGGED_IN)}},
};

#undef CODE

const Function& row_of(const std::string& function) {
  const auto row =
      std::find_if(functions.begin(), functions.end(), [&](const Function& one) { return one.name == function; });
  if (row == functions.end()) throw std::runtime_error("the table of return codes lacks " + function);
  return *row;
}

}  // namespace

std::vector<Code> codes_of(const std::string& function) {
  auto codes = universal;
  const auto& own = row_of(function).codes;
  codes.insert(codes.end(), own.begin(), own.end());
  return codes;
}

std::string clause_of(const std::string& function) { return row_of(function).clause; }

}  // namespace eidtool::tests
