// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkcs11/cryptoki.hpp"

namespace eidtool::pkcs11 {

// The names of PKCS#11 2.40 and, where modules use them, of 3.x. Unknown values come back as hex
// with the prefix of their kind (`CKM_0x80000001`).

std::string return_value_name(CK_RV rv);                      // `CKR_PIN_INCORRECT`
std::string mechanism_name(CK_MECHANISM_TYPE mechanism);      // `CKM_SHA256_RSA_PKCS`
std::string attribute_name(CK_ATTRIBUTE_TYPE attribute);      // `CKA_LABEL`
std::string object_class_name(CK_OBJECT_CLASS object_class);  // `CKO_CERTIFICATE`
std::string key_type_name(CK_KEY_TYPE key_type);              // `CKK_RSA`
std::string certificate_type_name(CK_CERTIFICATE_TYPE type);  // `CKC_X_509`

/// Lower case without the prefix, as JSON has it: `CKF_LOGIN_REQUIRED` is `login_required`.
std::string without_prefix(std::string_view name);

/// The flags of CK_TOKEN_INFO and CK_SLOT_INFO, without prefix, in bit order; unknown bits as `0x…`.
std::vector<std::string> token_flag_names(CK_FLAGS flags);
std::vector<std::string> slot_flag_names(CK_FLAGS flags);
/// Of CK_MECHANISM_INFO: `hw`, `sign`, `verify`, …
std::vector<std::string> mechanism_flag_names(CK_FLAGS flags);

/// The class of a name as the command line takes it: `certificate`, `private_key`, …
std::optional<CK_OBJECT_CLASS> object_class_by_name(std::string_view name);
/// The names object_class_by_name() takes.
std::vector<std::string> object_class_choices();

}  // namespace eidtool::pkcs11
