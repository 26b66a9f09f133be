// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "modules/script.hpp"
#include "pkcs11/cryptoki.hpp"

namespace eidtool::tests::filter {

/// The functions of the module behind this one.
const CK_FUNCTION_LIST& real();
const Script& script();
void log(const std::string& line);

// Functions that do more than go through; the table of filter_module.cpp names them.

// mechanisms.cpp
CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count);
CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info);
CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key);
CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG* signature_size);
CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE* part, CK_ULONG size);
CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE* signature, CK_ULONG* signature_size);

// tokens.cpp
CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count);
CK_RV initialize(void* arguments);
CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info);
CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info);
CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count);
CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG pin_size);

}  // namespace eidtool::tests::filter
