// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "pkcs11/cryptoki.hpp"

namespace eidtool::pkcs11 {

/// Stands around every Cryptoki call: throws what error_for() makes unless `rv` is CKR_OK.
/// `subject` is what the call was about, as a message names it: `token 'CARTAO'`, `module 'opensc'`.
void check(CK_RV rv, const char* function, const std::string& subject);

/// The Error for a return code: its kind, the code's name and the function's in the message, both as
/// fields, and what to try next.
Error error_for(CK_RV rv, const char* function, const std::string& subject);

}  // namespace eidtool::pkcs11
