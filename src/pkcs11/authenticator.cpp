// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/authenticator.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::pkcs11 {

namespace {

PinRequest request_for(const Token& token, const std::string& key, CK_USER_TYPE user) {
  const auto info = token.info();
  const auto* profile = token.profile();
  PinRequest request;
  request.token = info.label;
  request.key = key;
  if (profile != nullptr) {
    request.card = profile->name;
    request.pin_name = profile->pin_name_for(info.label);
  }
  request.state = info.pin_state();
  request.min_length = info.pin_min_length;
  request.max_length = info.pin_max_length;
  request.for_signature = user == CKU_CONTEXT_SPECIFIC;
  return request;
}

std::string what_is_left(PinState state) {
  switch (state) {
    case PinState::count_low: return "; a further wrong PIN may leave only one try";
    case PinState::final_try: return "; ONE try is left before it locks";
    case PinState::locked: return "; it is now locked";
    case PinState::ok:
    case PinState::to_be_changed:
    case PinState::not_initialized:
    case PinState::unknown: return "";
  }
  return "";
}

void check_state(const PinRequest& request, FinalTry final_try) {
  const auto token = "token " + in_quotes(request.token);
  if (request.state == PinState::locked) {
    throw Error(ErrorKind::pin_locked, token + " has its PIN locked: nothing was sent",
                "the card's PUK, at the desk that issued it or in its own software, unlocks it");
  }
  if (request.state == PinState::final_try && final_try == FinalTry::refuse) {
    throw Error(ErrorKind::pin_refused, token + " has one try left: a wrong PIN would lock it, so none was sent",
                "if you are sure of the PIN, --allow-final-try sends it");
  }
  if (request.state == PinState::not_initialized) {
    throw Error(ErrorKind::pin_refused, token + " has no user PIN yet", "set one with the card's own software");
  }
}

void check_length(const PinRequest& request, const Pin& pin) {
  const auto token = "token " + in_quotes(request.token);
  if (pin.empty()) throw Error(ErrorKind::pin_required, "the PIN is empty: nothing was sent to " + token);
  const bool too_short = pin.size() < request.min_length;
  const bool too_long = request.max_length != 0 && pin.size() > request.max_length;
  if (!too_short && !too_long) return;
  throw Error(
      ErrorKind::pin_refused,
      std::string("the PIN is too ") + (too_short ? "short" : "long") + ": nothing was sent to " + token,
      "it takes " + std::to_string(request.min_length) + " to " + std::to_string(request.max_length) + " characters");
}

/// Nobody chooses a PIN with such bytes. An arrow key leaves them, a backspace key that the terminal does not know, or
/// an editor that writes UTF-16 or marks UTF-8: sent on, they would cost a try.
void check_characters(const PinRequest& request, const Pin& pin) {
  const auto nothing_sent = ": nothing was sent to token " + in_quotes(request.token);
  constexpr std::array<std::uint8_t, 3> byte_order_mark = {0xef, 0xbb, 0xbf};  // in UTF-8
  const auto bytes = pin.bytes();
  if (bytes.size() >= byte_order_mark.size() &&
      std::ranges::equal(bytes.first(byte_order_mark.size()), byte_order_mark))
    throw Error(ErrorKind::pin_refused, "the PIN begins with a byte order mark" + nothing_sent,
                "some editors write one at the beginning of a file: it is to hold the PIN alone");
  const auto is_control = [](std::uint8_t byte) { return byte < 0x20 || byte == 0x7f; };
  if (std::ranges::none_of(bytes, is_control)) return;
  throw Error(ErrorKind::pin_refused, "the PIN holds a control character" + nothing_sent,
              "arrow keys type such; where Backspace does, Ctrl-U begins the line anew and 'stty erase' sets the key");
}

}  // namespace

void Authenticator::login(const Session& session, const std::string& key) {
  const auto& token = session.token();
  if (!token.info().has(CKF_LOGIN_REQUIRED)) return;
  const auto* profile = token.profile();
  if (profile != nullptr && profile->pin_entry == PinEntry::by_module) {
    throw Error(ErrorKind::token_unsupported,
                token.subject() +
                    " wants a login that is not the PIN's, which its module asks for by itself: " + "nothing was sent",
                profile->login_hint.empty() ? std::string("the card's own software may log in to it")
                                            : std::string(profile->login_hint));
  }
  present(session, CKU_USER, key);
}

std::size_t Authenticator::entry_count(const Token& token, std::size_t signature_count) const {
  if (!accepted_.empty()) return signature_count - std::min<std::size_t>(signature_count, 1);
  const auto info = token.info();
  const bool login_is_ahead = login_count_ == 0 && info.has(CKF_LOGIN_REQUIRED);
  return signature_count + (login_is_ahead && info.has(CKF_PROTECTED_AUTHENTICATION_PATH) ? 1 : 0);
}

void Authenticator::login_for_signature(const Session& session, const std::string& key) {
  present(session, CKU_CONTEXT_SPECIFIC, key);
}

Pin Authenticator::obtain(const PinRequest& request, bool for_signature) {
  if (for_signature && !accepted_.empty()) return std::exchange(accepted_, Pin());
  auto pin = source_.get(request);
  check_characters(request, pin);
  check_length(request, pin);
  return pin;
}

void Authenticator::present(const Session& session, CK_USER_TYPE user, const std::string& key) {
  if (spent_) {
    throw Error(
        ErrorKind::pin_refused,
        "no PIN is sent to " + session.token().subject() + ": one was refused before, and it is not tried twice",
        "start again with the right PIN");
  }
  // On a card each look at the PIN's state is two commands; what was read while the token was looked for is fresh.
  constexpr std::chrono::seconds fresh{1};
  auto token = session.token();
  if (user != CKU_USER || token.age() > fresh) token.refresh();
  const auto request = request_for(token, key, user);
  check_state(request, final_try_);
  const bool on_reader = token.info().has(CKF_PROTECTED_AUTHENTICATION_PATH);
  if (on_reader && !source_.may_ask()) {
    throw Error(ErrorKind::pin_required,
                "the PIN of " + token.subject() + " is entered on the reader, and --no-input forbids asking");
  }
  Pin pin;
  if (on_reader) {
    source_.announce(request, "on the reader's keypad");
  } else {
    pin = obtain(request, user == CKU_CONTEXT_SPECIFIC);
  }
  ++login_count_;
  const auto rv = [&] {
    const Unhurried unhurried(on_reader);
    return session.login(user, on_reader ? nullptr : &pin);
  }();
  // Somebody in this process logged in already: the PIN was not looked at, and is not needed.
  if (rv == CKR_USER_ALREADY_LOGGED_IN && user == CKU_USER) return;
  if (rv != CKR_OK) {
    pin.wipe();
    refused(session, rv);
  }
  if (user == CKU_USER && !on_reader) accepted_ = std::move(pin);
}

void Authenticator::refused(const Session& session, CK_RV login_rv) {
  spent_ = true;
  accepted_.wipe();
  const auto& token = session.token();
  auto error = error_for(login_rv, "C_Login", token.subject());
  CK_TOKEN_INFO fresh{};
  const auto rv = token.module().functions().C_GetTokenInfo(token.slot_id(), &fresh);
  if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_RECOGNIZED) {
    // Some modules answer CKR_PIN_LOCKED where there is no card any more.
    throw Error(ErrorKind::token_removed,
                token.subject() + " was removed while its PIN was checked (C_Login answered " +
                    return_value_name(login_rv) + ")",
                "put the card in and try again")
        .with_function("C_Login", login_rv);
  }
  if (error.kind() == ErrorKind::module_failed) {
    throw Error(error.kind(), error.what(),
                "whether the PIN was wrong is not known, so it is not tried again; 'eidtool slots' shows its state")
        .with_function("C_Login", login_rv);
  }
  if (rv != CKR_OK) throw error;
  const Token now(token.module(), token.slot_id(), token.raw_slot_info(), fresh);
  throw Error(error.kind(), error.what() + what_is_left(now.info().pin_state()), error.hint())
      .with_function("C_Login", login_rv);
}

}  // namespace eidtool::pkcs11
