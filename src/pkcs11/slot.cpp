// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/slot.hpp"

#include <utility>

#include "base/text.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/session.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::pkcs11 {

namespace {

Version version_of(const CK_VERSION& version) { return {version.major, version.minor}; }

/// Answers to the look into a slot whose card, or reader, went away since it was listed.
bool is_gone(CK_RV rv) {
  return rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_TOKEN_NOT_RECOGNIZED || rv == CKR_DEVICE_REMOVED ||
         rv == CKR_SLOT_ID_INVALID;
}

/// No token knows so many mechanisms; a module that says so is mistaken.
constexpr CK_ULONG most_mechanisms = 1UL << 16UL;

}  // namespace

PinState TokenInfo::pin_state() const {
  if (has(CKF_USER_PIN_LOCKED)) return PinState::locked;
  if (has(CKF_USER_PIN_FINAL_TRY)) return PinState::final_try;
  if (has(CKF_USER_PIN_COUNT_LOW)) return PinState::count_low;
  if (has(CKF_USER_PIN_TO_BE_CHANGED)) return PinState::to_be_changed;
  // A token that wants no login, such as the Citizen Card's own module shows, says nothing of its PIN.
  if (!has(CKF_LOGIN_REQUIRED)) return PinState::unknown;
  return has(CKF_USER_PIN_INITIALIZED) ? PinState::ok : PinState::not_initialized;
}

Token::Token(Module module, CK_SLOT_ID slot_id, CK_SLOT_INFO slot_info, CK_TOKEN_INFO raw)
    : module_(std::move(module)), slot_id_(slot_id), slot_info_(slot_info), raw_(raw) {}

std::string Token::slot_description() const {
  return text_of_field(slot_info_.slotDescription, sizeof slot_info_.slotDescription);
}

TokenInfo Token::info() const {
  TokenInfo info{};
  info.label = text_of_field(raw_.label, sizeof raw_.label);
  info.manufacturer = text_of_field(raw_.manufacturerID, sizeof raw_.manufacturerID);
  info.model = text_of_field(raw_.model, sizeof raw_.model);
  info.serial_number = text_of_field(raw_.serialNumber, sizeof raw_.serialNumber);
  info.flags = raw_.flags;
  info.pin_min_length = raw_.ulMinPinLen;
  info.pin_max_length = raw_.ulMaxPinLen;
  info.hardware_version = version_of(raw_.hardwareVersion);
  info.firmware_version = version_of(raw_.firmwareVersion);
  return info;
}

void Token::refresh() {
  CK_TOKEN_INFO fresh{};
  check(module_.functions().C_GetTokenInfo(slot_id_, &fresh), "C_GetTokenInfo", subject());
  raw_ = fresh;
  read_at_ = std::chrono::steady_clock::now();
}

const CardProfile* Token::profile() const {
  const auto info = this->info();
  return find_card_profile(info.manufacturer, info.model, info.label);
}

std::vector<Mechanism> Token::mechanisms() const {
  std::vector<CK_MECHANISM_TYPE> types;
  constexpr int most_tries = 8;
  for (int tries = 0;; ++tries) {
    CK_ULONG count = 0;
    check(module_.functions().C_GetMechanismList(slot_id_, nullptr, &count), "C_GetMechanismList", subject());
    if (count > most_mechanisms) {
      throw Error(ErrorKind::module_failed, subject() + " claims " + std::to_string(count) + " mechanisms");
    }
    types.resize(count);
    if (count == 0) break;
    const auto rv = module_.functions().C_GetMechanismList(slot_id_, types.data(), &count);
    if (rv == CKR_BUFFER_TOO_SMALL && tries < most_tries) continue;
    check(rv, "C_GetMechanismList", subject());
    if (count < types.size()) types.resize(count);
    break;
  }
  std::vector<Mechanism> mechanisms;
  for (const auto type : types) {
    CK_MECHANISM_INFO info{};
    const auto rv = module_.functions().C_GetMechanismInfo(slot_id_, type, &info);
    if (rv == CKR_MECHANISM_INVALID) continue;
    check(rv, "C_GetMechanismInfo", subject());
    mechanisms.push_back({type, info.ulMinKeySize, info.ulMaxKeySize, info.flags});
  }
  return mechanisms;
}

std::string Token::uri() const { return token_uri(raw_); }

std::string Token::subject() const { return "token " + in_quotes(text_of_field(raw_.label, sizeof raw_.label)); }

bool Token::same_card(const Token& other) const {
  return module_ == other.module_ && slot_description() == other.slot_description() &&
         info().serial_number == other.info().serial_number;
}

Session Token::open_session(Access access) const {
  CK_SESSION_HANDLE handle = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (access == Access::read_write ? CKF_RW_SESSION : 0UL);
  check(module_.functions().C_OpenSession(slot_id_, flags, nullptr, nullptr, &handle), "C_OpenSession", subject());
  return Session(*this, handle);
}

Slot::Slot(Module module, CK_SLOT_ID id) : module_(std::move(module)), id_(id) {}

CK_SLOT_INFO Slot::raw_info() const {
  CK_SLOT_INFO info{};
  check(module_.functions().C_GetSlotInfo(id_, &info), "C_GetSlotInfo",
        "slot " + std::to_string(id_) + " of module " + in_quotes(module_.name()));
  return info;
}

SlotInfo Slot::info() const {
  const auto raw = raw_info();
  return {text_of_field(raw.slotDescription, sizeof raw.slotDescription),
          text_of_field(raw.manufacturerID, sizeof raw.manufacturerID), version_of(raw.hardwareVersion),
          version_of(raw.firmwareVersion), (raw.flags & CKF_REMOVABLE_DEVICE) != 0};
}

std::optional<Token> Slot::token() const {
  const auto subject = "slot " + std::to_string(id_) + " of module " + in_quotes(module_.name());
  CK_SLOT_INFO slot_info{};
  auto rv = module_.functions().C_GetSlotInfo(id_, &slot_info);
  if (is_gone(rv)) return std::nullopt;
  check(rv, "C_GetSlotInfo", subject);
  CK_TOKEN_INFO info{};
  rv = module_.functions().C_GetTokenInfo(id_, &info);
  if (is_gone(rv)) return std::nullopt;
  check(rv, "C_GetTokenInfo", subject);
  return Token(module_, id_, slot_info, info);
}

}  // namespace eidtool::pkcs11
