// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pkcs11/cryptoki.hpp"
#include "pkcs11/watch.hpp"

namespace eidtool::pkcs11 {

/// The functions of a module that eidtool calls, each call under watch.
class Functions {
 public:
  Functions(const CK_FUNCTION_LIST& list, const WatchedModule& module) : list_(&list), module_(&module) {}

#define EIDTOOL_WATCHED(NAME)                \
  template <typename... Arguments>           \
  CK_RV NAME(Arguments... arguments) const { \
    const Watch watch(*module_, #NAME);      \
    return list_->NAME(arguments...);        \
  }
  EIDTOOL_WATCHED(C_CloseSession)
  EIDTOOL_WATCHED(C_CreateObject)
  EIDTOOL_WATCHED(C_FindObjects)
  EIDTOOL_WATCHED(C_FindObjectsFinal)
  EIDTOOL_WATCHED(C_FindObjectsInit)
  EIDTOOL_WATCHED(C_GenerateKeyPair)
  EIDTOOL_WATCHED(C_GetAttributeValue)
  EIDTOOL_WATCHED(C_GetInfo)
  EIDTOOL_WATCHED(C_GetMechanismInfo)
  EIDTOOL_WATCHED(C_GetMechanismList)
  EIDTOOL_WATCHED(C_GetSlotInfo)
  EIDTOOL_WATCHED(C_GetSlotList)
  EIDTOOL_WATCHED(C_GetTokenInfo)
  EIDTOOL_WATCHED(C_InitPIN)
  EIDTOOL_WATCHED(C_InitToken)
  EIDTOOL_WATCHED(C_Login)
  EIDTOOL_WATCHED(C_OpenSession)
  EIDTOOL_WATCHED(C_Sign)
  EIDTOOL_WATCHED(C_SignFinal)
  EIDTOOL_WATCHED(C_SignInit)
  EIDTOOL_WATCHED(C_SignUpdate)
#undef EIDTOOL_WATCHED

 private:
  const CK_FUNCTION_LIST* list_;
  const WatchedModule* module_;
};

}  // namespace eidtool::pkcs11
