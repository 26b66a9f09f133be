// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/check.hpp"

#include "pkcs11/names.hpp"

namespace eidtool::pkcs11 {

namespace {

struct Meaning {
  CK_RV rv;
  ErrorKind kind;
  const char* what;  // happened to the subject
  const char* hint;
};

constexpr Meaning meanings[] = {
    {CKR_PIN_INCORRECT, ErrorKind::pin_incorrect, "refused the PIN",
     "the PIN is not tried again by itself: 'eidtool slots' shows whether tries are left"},
    {CKR_PIN_LOCKED, ErrorKind::pin_locked, "has its PIN locked",
     "the card's PUK, at the desk that issued it or in its own software, unlocks it"},
    {CKR_PIN_INVALID, ErrorKind::pin_refused, "refused the PIN: it has characters that the token does not take", ""},
    {CKR_PIN_LEN_RANGE, ErrorKind::pin_refused, "refused the PIN: it is too short or too long",
     "'eidtool slots' shows the lengths"},
    {CKR_PIN_EXPIRED, ErrorKind::pin_refused, "wants its PIN changed first", "change it with the card's own software"},
    {CKR_USER_PIN_NOT_INITIALIZED, ErrorKind::pin_refused, "has no user PIN yet",
     "set one with the card's own software"},
    {CKR_USER_NOT_LOGGED_IN, ErrorKind::pin_required, "wants the PIN first", ""},
    {CKR_FUNCTION_CANCELED, ErrorKind::cancelled, "says that the operation was cancelled", ""},
    {CKR_FUNCTION_REJECTED, ErrorKind::cancelled, "says that the signature was refused on its own display or keypad",
     ""},
    {CKR_TOKEN_NOT_PRESENT, ErrorKind::token_removed, "is not in its reader any more", "put the card in and try again"},
    {CKR_DEVICE_REMOVED, ErrorKind::token_removed, "was removed", "put the card in and try again"},
    {CKR_TOKEN_NOT_RECOGNIZED, ErrorKind::token_removed, "is not recognised any more",
     "take the card out, put it in and try again"},
    {CKR_SLOT_ID_INVALID, ErrorKind::token_removed, "is not there any more",
     "was the reader unplugged? 'eidtool slots --all' shows what there is"},
    {CKR_SESSION_HANDLE_INVALID, ErrorKind::token_removed, "closed the session",
     "was the card taken out? put it in and try again"},
    {CKR_SESSION_CLOSED, ErrorKind::token_removed, "closed the session",
     "was the card taken out? put it in and try again"},
    {CKR_MECHANISM_INVALID, ErrorKind::token_unsupported, "does not know the mechanism",
     "'eidtool slots --mechanisms' lists what it can do"},
    {CKR_MECHANISM_PARAM_INVALID, ErrorKind::token_unsupported, "does not take the mechanism's parameters",
     "'eidtool slots --mechanisms' lists what it can do"},
    {CKR_FUNCTION_NOT_SUPPORTED, ErrorKind::token_unsupported, "cannot do that", ""},
    {CKR_KEY_FUNCTION_NOT_PERMITTED, ErrorKind::token_unsupported, "does not let this key sign",
     "choose another key with --as, --id or --label"},
    {CKR_KEY_TYPE_INCONSISTENT, ErrorKind::token_unsupported, "cannot use this kind of key so", ""},
    {CKR_KEY_SIZE_RANGE, ErrorKind::token_unsupported, "does not support keys of this size so", ""},
    {CKR_DATA_LEN_RANGE, ErrorKind::token_unsupported, "does not sign data of this length",
     "--digest sha256 is what most cards take"},
    {CKR_DEVICE_ERROR, ErrorKind::module_failed, "failed", "take the card out, put it in and try again"},
    {CKR_DEVICE_MEMORY, ErrorKind::module_failed, "has no memory left", ""},
    {CKR_HOST_MEMORY, ErrorKind::module_failed, "ran out of memory", ""},
    {CKR_GENERAL_ERROR, ErrorKind::module_failed, "failed without saying why",
     "take the card out, put it in and try again"},
};

}  // namespace

Error error_for(CK_RV rv, const char* function, const std::string& subject) {
  const Meaning* found = nullptr;
  for (const auto& meaning : meanings) {
    if (meaning.rv == rv) found = &meaning;
  }
  const auto code = std::string(function) + " answered " + return_value_name(rv);
  Error error = found != nullptr ? Error(found->kind, subject + " " + found->what + " (" + code + ")", found->hint)
                                 : Error(ErrorKind::module_failed, subject + ": " + code);
  error.with_function(function, rv);
  return error;
}

void check(CK_RV rv, const char* function, const std::string& subject) {
  if (rv != CKR_OK) throw error_for(rv, function, subject);
}

}  // namespace eidtool::pkcs11
