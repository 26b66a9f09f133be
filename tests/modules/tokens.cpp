// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "modules/filter_module.hpp"

namespace eidtool::tests::filter {

namespace {

/// A field of Cryptoki: padded with blanks, not ended by a zero.
template <std::size_t size>
void put(CK_UTF8CHAR (&field)[size], const std::optional<std::string>& text) {
  if (!text) return;
  std::memset(field, ' ', size);
  std::memcpy(field, text->data(), std::min(size, text->size()));
}

unsigned long wrong_pins() {
  unsigned long count = 0;
  std::ifstream(script().wrong_pins) >> count;
  return count;
}

void count_wrong_pins(unsigned long count) { std::ofstream(script().wrong_pins) << count; }

bool is_locked() { return script().lock_after && wrong_pins() >= *script().lock_after; }

CK_FLAGS lock_flags() {
  if (!script().lock_after) return 0;
  const auto count = wrong_pins();
  CK_FLAGS flags = count > 0 ? CKF_USER_PIN_COUNT_LOW : 0;
  if (count + 1 == *script().lock_after) flags |= CKF_USER_PIN_FINAL_TRY;
  if (count >= *script().lock_after) flags |= CKF_USER_PIN_LOCKED;
  return flags;
}

const char* name_of(CK_USER_TYPE user) {
  if (user == CKU_USER) return "CKU_USER";
  return user == CKU_CONTEXT_SPECIFIC ? "CKU_CONTEXT_SPECIFIC" : "CKU_SO";
}

}  // namespace

CK_RV initialize(void* arguments) {
  if (script().start_thread) std::thread([] { ::pause(); }).detach();
  return real().C_Initialize(arguments);
}

CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info) {
  const auto rv = real().C_GetSlotInfo(slot, info);
  if (rv == CKR_OK) put(info->slotDescription, script().slot_description);
  return rv;
}

CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  const auto rv = real().C_GetTokenInfo(slot, info);
  if (rv != CKR_OK) return rv;
  put(info->label, script().label);
  put(info->manufacturerID, script().manufacturer);
  put(info->model, script().model);
  put(info->serialNumber, script().serial);
  info->flags |= script().set_flags | lock_flags();
  info->flags &= ~script().cleared_flags;
  return CKR_OK;
}

CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                          CK_ULONG count) {
  const bool lends = script().lend_secrets && count == 1 && attributes->type == CKA_PRIVATE_EXPONENT;
  if (!lends) return real().C_GetAttributeValue(session, object, attributes, count);
  constexpr CK_ULONG size = 128;
  if (attributes->pValue != nullptr) {
    log("secret read");
    std::memset(attributes->pValue, 0, std::min(size, attributes->ulValueLen));
  }
  attributes->ulValueLen = size;
  return CKR_OK;
}

CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count) {
  if (!script().hide_public_keys) return real().C_FindObjects(session, objects, most, count);
  // A piece that holds public keys alone is no end of the search: only an empty one is.
  for (;;) {
    const auto rv = real().C_FindObjects(session, objects, most, count);
    if (rv != CKR_OK || *count == 0) return rv;
    const auto* end = std::remove_if(objects, objects + *count, [session](CK_OBJECT_HANDLE object) {
      CK_OBJECT_CLASS object_class = 0;
      CK_ATTRIBUTE attribute{CKA_CLASS, &object_class, sizeof object_class};
      return real().C_GetAttributeValue(session, object, &attribute, 1) == CKR_OK && object_class == CKO_PUBLIC_KEY;
    });
    *count = static_cast<CK_ULONG>(end - objects);
    if (*count > 0) return CKR_OK;
  }
}

CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG pin_size) {
  log(std::string("C_Login ") + name_of(user) + (pin == nullptr ? " keypad" : ""));
  if (is_locked()) return CKR_PIN_LOCKED;
  std::string keypad;
  if (pin == nullptr && (script().set_flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
    const char* entered = std::getenv("EIDTOOL_TEST_PIN");
    keypad = entered == nullptr ? "" : entered;
    pin = reinterpret_cast<CK_UTF8CHAR*>(keypad.data());
    pin_size = keypad.size();
  }
  const auto rv = real().C_Login(session, user, pin, pin_size);
  if (script().lock_after && rv == CKR_PIN_INCORRECT) count_wrong_pins(wrong_pins() + 1);
  if (script().lock_after && rv == CKR_OK) count_wrong_pins(0);
  return rv;
}

}  // namespace eidtool::tests::filter
