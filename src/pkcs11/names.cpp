// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/names.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "pkcs11/name_table.hpp"

namespace eidtool::pkcs11 {

namespace {

// PKCS#11 2.40 in the order of the numbers; at the end of each table, with their number, those that
// p11-kit's header leaves out. CKR_VENDOR_DEFINED and its like begin a range and name no value.
constexpr std::array return_values = {
    EIDTOOL_NAMED(CKR_OK),
    EIDTOOL_NAMED(CKR_CANCEL),
    EIDTOOL_NAMED(CKR_HOST_MEMORY),
    EIDTOOL_NAMED(CKR_SLOT_ID_INVALID),
    EIDTOOL_NAMED(CKR_GENERAL_ERROR),
    EIDTOOL_NAMED(CKR_FUNCTION_FAILED),
    EIDTOOL_NAMED(CKR_ARGUMENTS_BAD),
    EIDTOOL_NAMED(CKR_NO_EVENT),
    EIDTOOL_NAMED(CKR_NEED_TO_CREATE_THREADS),
    EIDTOOL_NAMED(CKR_CANT_LOCK),
    EIDTOOL_NAMED(CKR_ATTRIBUTE_READ_ONLY),
    EIDTOOL_NAMED(CKR_ATTRIBUTE_SENSITIVE),
    EIDTOOL_NAMED(CKR_ATTRIBUTE_TYPE_INVALID),
    EIDTOOL_NAMED(CKR_ATTRIBUTE_VALUE_INVALID),
    EIDTOOL_NAMED(CKR_ACTION_PROHIBITED),
    EIDTOOL_NAMED(CKR_DATA_INVALID),
    EIDTOOL_NAMED(CKR_DATA_LEN_RANGE),
    EIDTOOL_NAMED(CKR_DEVICE_ERROR),
    EIDTOOL_NAMED(CKR_DEVICE_MEMORY),
    EIDTOOL_NAMED(CKR_DEVICE_REMOVED),
    EIDTOOL_NAMED(CKR_ENCRYPTED_DATA_INVALID),
    EIDTOOL_NAMED(CKR_ENCRYPTED_DATA_LEN_RANGE),
    EIDTOOL_NAMED(CKR_FUNCTION_CANCELED),
    EIDTOOL_NAMED(CKR_FUNCTION_NOT_PARALLEL),
    EIDTOOL_NAMED(CKR_FUNCTION_NOT_SUPPORTED),
    EIDTOOL_NAMED(CKR_KEY_HANDLE_INVALID),
    EIDTOOL_NAMED(CKR_KEY_SIZE_RANGE),
    EIDTOOL_NAMED(CKR_KEY_TYPE_INCONSISTENT),
    EIDTOOL_NAMED(CKR_KEY_NOT_NEEDED),
    EIDTOOL_NAMED(CKR_KEY_CHANGED),
    EIDTOOL_NAMED(CKR_KEY_NEEDED),
    EIDTOOL_NAMED(CKR_KEY_INDIGESTIBLE),
    EIDTOOL_NAMED(CKR_KEY_FUNCTION_NOT_PERMITTED),
    EIDTOOL_NAMED(CKR_KEY_NOT_WRAPPABLE),
    EIDTOOL_NAMED(CKR_KEY_UNEXTRACTABLE),
    EIDTOOL_NAMED(CKR_MECHANISM_INVALID),
    EIDTOOL_NAMED(CKR_MECHANISM_PARAM_INVALID),
    EIDTOOL_NAMED(CKR_OBJECT_HANDLE_INVALID),
    EIDTOOL_NAMED(CKR_OPERATION_ACTIVE),
    EIDTOOL_NAMED(CKR_OPERATION_NOT_INITIALIZED),
    EIDTOOL_NAMED(CKR_PIN_INCORRECT),
    EIDTOOL_NAMED(CKR_PIN_INVALID),
    EIDTOOL_NAMED(CKR_PIN_LEN_RANGE),
    EIDTOOL_NAMED(CKR_PIN_EXPIRED),
    EIDTOOL_NAMED(CKR_PIN_LOCKED),
    EIDTOOL_NAMED(CKR_SESSION_CLOSED),
    EIDTOOL_NAMED(CKR_SESSION_COUNT),
    EIDTOOL_NAMED(CKR_SESSION_HANDLE_INVALID),
    EIDTOOL_NAMED(CKR_SESSION_PARALLEL_NOT_SUPPORTED),
    EIDTOOL_NAMED(CKR_SESSION_READ_ONLY),
    EIDTOOL_NAMED(CKR_SESSION_EXISTS),
    EIDTOOL_NAMED(CKR_SESSION_READ_ONLY_EXISTS),
    EIDTOOL_NAMED(CKR_SESSION_READ_WRITE_SO_EXISTS),
    EIDTOOL_NAMED(CKR_SIGNATURE_INVALID),
    EIDTOOL_NAMED(CKR_SIGNATURE_LEN_RANGE),
    EIDTOOL_NAMED(CKR_TEMPLATE_INCOMPLETE),
    EIDTOOL_NAMED(CKR_TEMPLATE_INCONSISTENT),
    EIDTOOL_NAMED(CKR_TOKEN_NOT_PRESENT),
    EIDTOOL_NAMED(CKR_TOKEN_NOT_RECOGNIZED),
    EIDTOOL_NAMED(CKR_TOKEN_WRITE_PROTECTED),
    EIDTOOL_NAMED(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
    EIDTOOL_NAMED(CKR_UNWRAPPING_KEY_SIZE_RANGE),
    EIDTOOL_NAMED(CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT),
    EIDTOOL_NAMED(CKR_USER_ALREADY_LOGGED_IN),
    EIDTOOL_NAMED(CKR_USER_NOT_LOGGED_IN),
    EIDTOOL_NAMED(CKR_USER_PIN_NOT_INITIALIZED),
    EIDTOOL_NAMED(CKR_USER_TYPE_INVALID),
    EIDTOOL_NAMED(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
    EIDTOOL_NAMED(CKR_USER_TOO_MANY_TYPES),
    EIDTOOL_NAMED(CKR_WRAPPED_KEY_INVALID),
    EIDTOOL_NAMED(CKR_WRAPPED_KEY_LEN_RANGE),
    EIDTOOL_NAMED(CKR_WRAPPING_KEY_HANDLE_INVALID),
    EIDTOOL_NAMED(CKR_WRAPPING_KEY_SIZE_RANGE),
    EIDTOOL_NAMED(CKR_WRAPPING_KEY_TYPE_INCONSISTENT),
    EIDTOOL_NAMED(CKR_RANDOM_SEED_NOT_SUPPORTED),
    EIDTOOL_NAMED(CKR_RANDOM_NO_RNG),
    EIDTOOL_NAMED(CKR_DOMAIN_PARAMS_INVALID),
    EIDTOOL_NAMED(CKR_CURVE_NOT_SUPPORTED),
    EIDTOOL_NAMED(CKR_BUFFER_TOO_SMALL),
    EIDTOOL_NAMED(CKR_SAVED_STATE_INVALID),
    EIDTOOL_NAMED(CKR_INFORMATION_SENSITIVE),
    EIDTOOL_NAMED(CKR_STATE_UNSAVEABLE),
    EIDTOOL_NAMED(CKR_CRYPTOKI_NOT_INITIALIZED),
    EIDTOOL_NAMED(CKR_CRYPTOKI_ALREADY_INITIALIZED),
    EIDTOOL_NAMED(CKR_MUTEX_BAD),
    EIDTOOL_NAMED(CKR_MUTEX_NOT_LOCKED),
    EIDTOOL_NAMED(CKR_NEW_PIN_MODE),
    EIDTOOL_NAMED(CKR_NEXT_OTP),
    EIDTOOL_NAMED(CKR_FUNCTION_REJECTED),
    // 2.40; p11-kit's header gives them the numbers 0x1c0 to 0x1c4.
    NamedValue{0x1b5, "CKR_EXCEEDED_MAX_ITERATIONS"},
    NamedValue{0x1b6, "CKR_FIPS_SELF_TEST_FAILED"},
    NamedValue{0x1b7, "CKR_LIBRARY_LOAD_FAILED"},
    NamedValue{0x1b8, "CKR_PIN_TOO_WEAK"},
    NamedValue{0x1b9, "CKR_PUBLIC_KEY_INVALID"},
    // 3.0 and 3.1
    NamedValue{0x201, "CKR_TOKEN_RESOURCE_EXCEEDED"},
    NamedValue{0x202, "CKR_OPERATION_CANCEL_FAILED"},
    NamedValue{0x203, "CKR_KEY_EXHAUSTED"},
};

constexpr std::array object_classes = {
    EIDTOOL_NAMED(CKO_DATA),
    EIDTOOL_NAMED(CKO_CERTIFICATE),
    EIDTOOL_NAMED(CKO_PUBLIC_KEY),
    EIDTOOL_NAMED(CKO_PRIVATE_KEY),
    EIDTOOL_NAMED(CKO_SECRET_KEY),
    EIDTOOL_NAMED(CKO_HW_FEATURE),
    EIDTOOL_NAMED(CKO_DOMAIN_PARAMETERS),
    EIDTOOL_NAMED(CKO_MECHANISM),
    EIDTOOL_NAMED(CKO_OTP_KEY),
    NamedValue{0x09, "CKO_PROFILE"},
};

constexpr std::array key_types = {
    EIDTOOL_NAMED(CKK_RSA),
    EIDTOOL_NAMED(CKK_DSA),
    EIDTOOL_NAMED(CKK_DH),
    EIDTOOL_NAMED(CKK_EC),
    EIDTOOL_NAMED(CKK_X9_42_DH),
    EIDTOOL_NAMED(CKK_KEA),
    EIDTOOL_NAMED(CKK_GENERIC_SECRET),
    EIDTOOL_NAMED(CKK_RC2),
    EIDTOOL_NAMED(CKK_RC4),
    EIDTOOL_NAMED(CKK_DES),
    EIDTOOL_NAMED(CKK_DES2),
    EIDTOOL_NAMED(CKK_DES3),
    EIDTOOL_NAMED(CKK_CAST),
    EIDTOOL_NAMED(CKK_CAST3),
    EIDTOOL_NAMED(CKK_CAST128),
    EIDTOOL_NAMED(CKK_RC5),
    EIDTOOL_NAMED(CKK_IDEA),
    EIDTOOL_NAMED(CKK_SKIPJACK),
    EIDTOOL_NAMED(CKK_BATON),
    EIDTOOL_NAMED(CKK_JUNIPER),
    EIDTOOL_NAMED(CKK_CDMF),
    EIDTOOL_NAMED(CKK_AES),
    EIDTOOL_NAMED(CKK_BLOWFISH),
    EIDTOOL_NAMED(CKK_TWOFISH),
    EIDTOOL_NAMED(CKK_SECURID),
    EIDTOOL_NAMED(CKK_HOTP),
    EIDTOOL_NAMED(CKK_ACTI),
    EIDTOOL_NAMED(CKK_CAMELLIA),
    EIDTOOL_NAMED(CKK_ARIA),
    EIDTOOL_NAMED(CKK_MD5_HMAC),
    EIDTOOL_NAMED(CKK_SHA_1_HMAC),
    EIDTOOL_NAMED(CKK_RIPEMD128_HMAC),
    EIDTOOL_NAMED(CKK_RIPEMD160_HMAC),
    EIDTOOL_NAMED(CKK_SHA256_HMAC),
    EIDTOOL_NAMED(CKK_SHA384_HMAC),
    EIDTOOL_NAMED(CKK_SHA512_HMAC),
    EIDTOOL_NAMED(CKK_SHA224_HMAC),
    EIDTOOL_NAMED(CKK_SEED),
    EIDTOOL_NAMED(CKK_GOSTR3410),
    EIDTOOL_NAMED(CKK_GOSTR3411),
    EIDTOOL_NAMED(CKK_GOST28147),
    EIDTOOL_NAMED(CKK_EC_EDWARDS),
    NamedValue{0x33, "CKK_CHACHA20"},
    NamedValue{0x34, "CKK_POLY1305"},
    NamedValue{0x35, "CKK_AES_XTS"},
    NamedValue{0x36, "CKK_SHA3_224_HMAC"},
    NamedValue{0x37, "CKK_SHA3_256_HMAC"},
    NamedValue{0x38, "CKK_SHA3_384_HMAC"},
    NamedValue{0x39, "CKK_SHA3_512_HMAC"},
    NamedValue{0x41, "CKK_EC_MONTGOMERY"},
    NamedValue{0x42, "CKK_HKDF"},
    NamedValue{0x43, "CKK_SHA512_224_HMAC"},
    NamedValue{0x44, "CKK_SHA512_256_HMAC"},
    NamedValue{0x45, "CKK_SHA512_T_HMAC"},
};

constexpr std::array certificate_types = {
    EIDTOOL_NAMED(CKC_X_509),
    EIDTOOL_NAMED(CKC_X_509_ATTR_CERT),
    EIDTOOL_NAMED(CKC_WTLS),
    EIDTOOL_NAMED(CKC_OPENPGP),
};

// CK_SLOT_INFO, PKCS#11 2.40 §3.2.
constexpr std::array slot_flags = {
    EIDTOOL_NAMED(CKF_TOKEN_PRESENT),
    EIDTOOL_NAMED(CKF_REMOVABLE_DEVICE),
    EIDTOOL_NAMED(CKF_HW_SLOT),
};

// CK_TOKEN_INFO, PKCS#11 2.40 §3.2.
constexpr std::array token_flags = {
    EIDTOOL_NAMED(CKF_RNG),
    EIDTOOL_NAMED(CKF_WRITE_PROTECTED),
    EIDTOOL_NAMED(CKF_LOGIN_REQUIRED),
    EIDTOOL_NAMED(CKF_USER_PIN_INITIALIZED),
    EIDTOOL_NAMED(CKF_RESTORE_KEY_NOT_NEEDED),
    EIDTOOL_NAMED(CKF_CLOCK_ON_TOKEN),
    EIDTOOL_NAMED(CKF_PROTECTED_AUTHENTICATION_PATH),
    EIDTOOL_NAMED(CKF_DUAL_CRYPTO_OPERATIONS),
    EIDTOOL_NAMED(CKF_TOKEN_INITIALIZED),
    EIDTOOL_NAMED(CKF_SECONDARY_AUTHENTICATION),
    EIDTOOL_NAMED(CKF_USER_PIN_COUNT_LOW),
    EIDTOOL_NAMED(CKF_USER_PIN_FINAL_TRY),
    EIDTOOL_NAMED(CKF_USER_PIN_LOCKED),
    EIDTOOL_NAMED(CKF_USER_PIN_TO_BE_CHANGED),
    EIDTOOL_NAMED(CKF_SO_PIN_COUNT_LOW),
    EIDTOOL_NAMED(CKF_SO_PIN_FINAL_TRY),
    EIDTOOL_NAMED(CKF_SO_PIN_LOCKED),
    EIDTOOL_NAMED(CKF_SO_PIN_TO_BE_CHANGED),
    NamedValue{1UL << 24, "CKF_ERROR_STATE"},
};

// CK_MECHANISM_INFO, PKCS#11 2.40 §3.5; the message flags are of 3.0.
constexpr std::array mechanism_flags = {
    EIDTOOL_NAMED(CKF_HW),
    NamedValue{1UL << 1, "CKF_MESSAGE_ENCRYPT"},
    NamedValue{1UL << 2, "CKF_MESSAGE_DECRYPT"},
    NamedValue{1UL << 3, "CKF_MESSAGE_SIGN"},
    NamedValue{1UL << 4, "CKF_MESSAGE_VERIFY"},
    NamedValue{1UL << 5, "CKF_MULTI_MESSAGE"},
    NamedValue{1UL << 6, "CKF_FIND_OBJECTS"},
    EIDTOOL_NAMED(CKF_ENCRYPT),
    EIDTOOL_NAMED(CKF_DECRYPT),
    EIDTOOL_NAMED(CKF_DIGEST),
    EIDTOOL_NAMED(CKF_SIGN),
    EIDTOOL_NAMED(CKF_SIGN_RECOVER),
    EIDTOOL_NAMED(CKF_VERIFY),
    EIDTOOL_NAMED(CKF_VERIFY_RECOVER),
    EIDTOOL_NAMED(CKF_GENERATE),
    EIDTOOL_NAMED(CKF_GENERATE_KEY_PAIR),
    EIDTOOL_NAMED(CKF_WRAP),
    EIDTOOL_NAMED(CKF_UNWRAP),
    EIDTOOL_NAMED(CKF_DERIVE),
    EIDTOOL_NAMED(CKF_EC_F_P),
    NamedValue{1UL << 21, "CKF_EC_F_2M"},
    NamedValue{1UL << 22, "CKF_EC_ECPARAMETERS"},
    EIDTOOL_NAMED(CKF_EC_NAMEDCURVE),
    EIDTOOL_NAMED(CKF_EC_UNCOMPRESS),
    EIDTOOL_NAMED(CKF_EC_COMPRESS),
    NamedValue{1UL << 26, "CKF_EC_CURVENAME"},
    EIDTOOL_NAMED(CKF_EXTENSION),
};

static_assert(are_distinct(return_values) && are_distinct(object_classes) && are_distinct(key_types) &&
              are_distinct(certificate_types) && are_distinct(slot_flags) && are_distinct(token_flags) &&
              are_distinct(mechanism_flags));

std::string in_hex(CK_ULONG value) {
  std::array<char, 24> text{};
  (void)std::snprintf(text.data(), text.size(), "0x%lx", value);
  return text.data();
}

std::vector<std::string> flag_names(std::span<const NamedValue> table, CK_FLAGS flags) {
  std::vector<std::string> names;
  for (CK_FLAGS bit = 1; bit != 0; bit <<= 1U) {
    if ((flags & bit) == 0) continue;
    const auto name = name_of(table, bit);
    names.push_back(name ? without_prefix(*name) : in_hex(bit));
  }
  return names;
}

}  // namespace

std::optional<std::string_view> name_of(std::span<const NamedValue> table, CK_ULONG value) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& named) { return named.value == value; });
  if (row == table.end()) return std::nullopt;
  return row->name;
}

std::string name_or_number(std::span<const NamedValue> table, CK_ULONG value, std::string_view prefix) {
  const auto name = name_of(table, value);
  return name ? std::string(*name) : std::string(prefix) + in_hex(value);
}

std::string return_value_name(CK_RV rv) { return name_or_number(return_values, rv, "CKR_"); }
std::string object_class_name(CK_OBJECT_CLASS object_class) {
  return name_or_number(object_classes, object_class, "CKO_");
}
std::string key_type_name(CK_KEY_TYPE key_type) { return name_or_number(key_types, key_type, "CKK_"); }
std::string certificate_type_name(CK_CERTIFICATE_TYPE type) { return name_or_number(certificate_types, type, "CKC_"); }

std::string without_prefix(std::string_view name) {
  const auto underscore = name.find('_');
  return to_lower(underscore == std::string_view::npos ? name : name.substr(underscore + 1));
}

std::vector<std::string> token_flag_names(CK_FLAGS flags) { return flag_names(token_flags, flags); }
std::vector<std::string> slot_flag_names(CK_FLAGS flags) { return flag_names(slot_flags, flags); }
std::vector<std::string> mechanism_flag_names(CK_FLAGS flags) { return flag_names(mechanism_flags, flags); }

std::optional<CK_OBJECT_CLASS> object_class_by_name(std::string_view name) {
  for (const auto& row : object_classes) {
    if (without_prefix(row.name) == name) return row.value;
  }
  return std::nullopt;
}

std::vector<std::string> object_class_choices() {
  std::vector<std::string> choices;
  for (const auto& row : object_classes) choices.push_back(without_prefix(row.name));
  return choices;
}

}  // namespace eidtool::pkcs11
