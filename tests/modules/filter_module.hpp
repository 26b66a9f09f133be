// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "modules/script.hpp"
#include "pkcs11/cryptoki.hpp"

namespace eidtool::tests::filter {

/// The functions of the module behind this one.
const CK_FUNCTION_LIST& real();
const Script& script();
void log(const std::string& line);

// faults.cpp: what may happen at any function.
/// What a call answers instead of going through, where the script has it; it may also never come back.
std::optional<CK_RV> fault_before(const std::string& function);
/// Behind a call that went through.
void fault_after(const std::string& function);
/// The slots went empty.
bool is_pulled();
/// Text on the standard output, and a line from the standard input.
void ask(const std::string& prompt);
/// What the script has instead of a length that is asked for.
CK_ULONG claimed(const std::string& what, CK_ULONG truth);

// Functions that do more than go through; the table of filter_module.cpp names them.

// mechanisms.cpp
CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count);
CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info);

// signing.cpp
std::string sign_init_line(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key);
CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key);
CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG* signature_size);
CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE* part, CK_ULONG size);
CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE* signature, CK_ULONG* signature_size);

// objects.cpp
/// Of a copy that is shown, the object itself.
CK_OBJECT_HANDLE original(CK_OBJECT_HANDLE object);
CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count);
CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count);
CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes, CK_ULONG count);
std::string get_attribute_value_line(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                                     CK_ULONG count);

// tokens.cpp
std::string initialize_line(void* arguments);
CK_RV initialize(void* arguments);
CK_RV get_slot_list(CK_BBOOL with_token, CK_SLOT_ID* slots, CK_ULONG* count);
CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info);
CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info);
CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session);
std::string login_line(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG pin_size);
CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG pin_size);
/// The login that a key with `forget-login` still has for its first signature.
void use_up_login(CK_SESSION_HANDLE session);

}  // namespace eidtool::tests::filter
