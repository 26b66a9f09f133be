// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

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

/// A slot that is listed and is not there.
constexpr CK_SLOT_ID ghost = 4711;

/// The PIN of a login that no signature has used up yet.
std::string unused_login;

std::string keypad_entry() {
  const char* entered = std::getenv("EIDTOOL_TEST_PIN");
  return entered == nullptr ? "" : entered;
}

const char* name_of(CK_USER_TYPE user) {
  if (user == CKU_USER) return "CKU_USER";
  return user == CKU_CONTEXT_SPECIFIC ? "CKU_CONTEXT_SPECIFIC" : "CKU_SO";
}

}  // namespace

std::string initialize_line(void* arguments) {
  const auto* given = static_cast<const CK_C_INITIALIZE_ARGS*>(arguments);
  if (given == nullptr || given->pReserved == nullptr) return "C_Initialize";
  return std::string("C_Initialize ") + static_cast<const char*>(given->pReserved);
}

CK_RV initialize(void* arguments) {
  if (script().start_thread) std::thread([] { ::pause(); }).detach();
  if (arguments == nullptr) return real().C_Initialize(nullptr);
  // SoftHSM takes no reserved argument.
  auto given = *static_cast<const CK_C_INITIALIZE_ARGS*>(arguments);
  given.pReserved = nullptr;
  return real().C_Initialize(&given);
}

CK_RV get_slot_list(CK_BBOOL with_token, CK_SLOT_ID* slots, CK_ULONG* count) {
  CK_ULONG real_count = 0;
  auto rv = real().C_GetSlotList(with_token, nullptr, &real_count);
  if (rv != CKR_OK) return rv;
  std::vector<CK_SLOT_ID> ids(real_count);
  rv = real().C_GetSlotList(with_token, ids.data(), &real_count);
  if (rv != CKR_OK) return rv;
  ids.resize(real_count);
  if (is_pulled() && with_token != CK_FALSE) ids.clear();
  static unsigned long calls = 0;
  if (script().ghost_slot && script().ghost_slot->has_come(calls++)) ids.push_back(ghost);
  const auto room = *count;
  *count = claimed("slots", ids.size());
  if (slots == nullptr) return CKR_OK;
  if (room < ids.size()) return CKR_BUFFER_TOO_SMALL;
  std::copy(ids.begin(), ids.end(), slots);
  return CKR_OK;
}

CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info) {
  const auto rv = real().C_GetSlotInfo(slot, info);
  if (rv != CKR_OK) return rv;
  put(info->slotDescription, script().slot_description);
  if (script().is_removable) info->flags |= CKF_REMOVABLE_DEVICE;
  if (is_pulled()) info->flags &= ~static_cast<CK_FLAGS>(CKF_TOKEN_PRESENT);
  return CKR_OK;
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
  info->ulMaxSessionCount = script().most_sessions.value_or(info->ulMaxSessionCount);
  return CKR_OK;
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* application, CK_NOTIFY notify, CK_SESSION_HANDLE* session) {
  const auto rv = real().C_OpenSession(slot, flags, application, notify, session);
  if (rv != CKR_OK || !script().log_in_by_itself) return rv;
  auto pin = keypad_entry();
  const auto login_rv = real().C_Login(*session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size());
  return login_rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : login_rv;
}

std::string login_line(CK_SESSION_HANDLE, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG) {
  return std::string("C_Login ") + name_of(user) + (pin == nullptr ? " keypad" : "");
}

CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG pin_size) {
  if (is_locked()) return CKR_PIN_LOCKED;
  std::string keypad;
  if (pin == nullptr && (script().set_flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
    keypad = keypad_entry();
    pin = reinterpret_cast<CK_UTF8CHAR*>(keypad.data());
    pin_size = keypad.size();
  }
  const auto rv = real().C_Login(session, user, pin, pin_size);
  if (script().lock_after && rv == CKR_PIN_INCORRECT) count_wrong_pins(wrong_pins() + 1);
  if (script().lock_after && rv == CKR_OK) count_wrong_pins(0);
  if (rv == CKR_OK && script().forget_login) {
    unused_login = user == CKU_USER ? std::string(reinterpret_cast<const char*>(pin), pin_size) : "";
  }
  return rv;
}

void use_up_login(CK_SESSION_HANDLE session) {
  if (unused_login.empty()) return;
  // The real key asks every time: it gets the answer that this one pretends to have still.
  (void)real().C_Login(session, CKU_CONTEXT_SPECIFIC, reinterpret_cast<CK_UTF8CHAR*>(unused_login.data()),
                       unused_login.size());
  unused_login.clear();
}

}  // namespace eidtool::tests::filter
