// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/attributes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "pkcs11/name_table.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::pkcs11 {

namespace {

// Of PKCS#11 3.0, not in p11-kit's header.
constexpr CK_ATTRIBUTE_TYPE cka_unique_id = 0x04;
constexpr CK_ATTRIBUTE_TYPE cka_profile_id = 0x601;
constexpr CK_OBJECT_CLASS cko_profile = 0x09;

template <std::size_t... sizes>
constexpr auto joined(const std::array<CK_ATTRIBUTE_TYPE, sizes>&... parts) {
  std::array<CK_ATTRIBUTE_TYPE, (sizes + ...)> all{};
  auto end = all.begin();
  ((end = std::copy(parts.begin(), parts.end(), end)), ...);
  return all;
}

// Left out on purpose: the secret parts of keys, which stand apart below; and templates (CKA_WRAP_TEMPLATE and its
// like), whose values are pointers (CKF_ARRAY_ATTRIBUTE, PKCS#11 2.40 §5.7).
constexpr std::array<CK_ATTRIBUTE_TYPE, 1> any_object = {CKA_CLASS};

// PKCS#11 2.40 §4.4.
constexpr auto storage_object =
    joined(any_object, std::array<CK_ATTRIBUTE_TYPE, 7>{CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_LABEL, CKA_COPYABLE,
                                                        CKA_DESTROYABLE, cka_unique_id});

// §4.5
constexpr auto data_object =
    joined(storage_object, std::array<CK_ATTRIBUTE_TYPE, 3>{CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE});

// §4.6: all certificates; X.509 ones; attribute certificates.
constexpr auto certificate =
    joined(storage_object,
           std::array<CK_ATTRIBUTE_TYPE, 7>{CKA_CERTIFICATE_TYPE, CKA_TRUSTED, CKA_CERTIFICATE_CATEGORY,
                                            CKA_CHECK_VALUE, CKA_START_DATE, CKA_END_DATE, CKA_PUBLIC_KEY_INFO},
           std::array<CK_ATTRIBUTE_TYPE, 10>{CKA_SUBJECT, CKA_ID, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_VALUE, CKA_URL,
                                             CKA_HASH_OF_SUBJECT_PUBLIC_KEY, CKA_HASH_OF_ISSUER_PUBLIC_KEY,
                                             CKA_JAVA_MIDP_SECURITY_DOMAIN, CKA_NAME_HASH_ALGORITHM},
           std::array<CK_ATTRIBUTE_TYPE, 3>{CKA_OWNER, CKA_AC_ISSUER, CKA_ATTR_TYPES});

// §4.7
constexpr auto any_key = joined(
    storage_object, std::array<CK_ATTRIBUTE_TYPE, 8>{CKA_KEY_TYPE, CKA_ID, CKA_START_DATE, CKA_END_DATE, CKA_DERIVE,
                                                     CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALLOWED_MECHANISMS});

// §4.8; RSA; EC.
constexpr auto public_key =
    joined(any_key,
           std::array<CK_ATTRIBUTE_TYPE, 7>{CKA_SUBJECT, CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP,
                                            CKA_TRUSTED, CKA_PUBLIC_KEY_INFO},
           std::array<CK_ATTRIBUTE_TYPE, 3>{CKA_MODULUS, CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT},
           std::array<CK_ATTRIBUTE_TYPE, 2>{CKA_EC_PARAMS, CKA_EC_POINT});

// §4.9; RSA; EC, whose point the standard does not give to private keys and several modules do.
constexpr auto private_key =
    joined(any_key,
           std::array<CK_ATTRIBUTE_TYPE, 12>{CKA_SUBJECT, CKA_SENSITIVE, CKA_DECRYPT, CKA_SIGN, CKA_SIGN_RECOVER,
                                             CKA_UNWRAP, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE,
                                             CKA_WRAP_WITH_TRUSTED, CKA_ALWAYS_AUTHENTICATE, CKA_PUBLIC_KEY_INFO},
           std::array<CK_ATTRIBUTE_TYPE, 2>{CKA_MODULUS, CKA_PUBLIC_EXPONENT},
           std::array<CK_ATTRIBUTE_TYPE, 2>{CKA_EC_PARAMS, CKA_EC_POINT});

// §4.9: of RSA keys; of EC keys. §4.10: of secret ones.
constexpr std::array<CK_ATTRIBUTE_TYPE, 7> private_key_secrets = {
    CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT, CKA_VALUE};
constexpr std::array<CK_ATTRIBUTE_TYPE, 1> secret_key_secrets = {CKA_VALUE};

// §4.10
constexpr auto secret_key = joined(
    any_key, std::array<CK_ATTRIBUTE_TYPE, 14>{CKA_SENSITIVE, CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP,
                                               CKA_UNWRAP, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE,
                                               CKA_CHECK_VALUE, CKA_WRAP_WITH_TRUSTED, CKA_TRUSTED, CKA_VALUE_LEN});

// PKCS#11 current mechanisms 2.40, OTP keys.
constexpr auto otp_key =
    joined(secret_key, std::array<CK_ATTRIBUTE_TYPE, 8>{CKA_OTP_FORMAT, CKA_OTP_LENGTH, CKA_OTP_USER_FRIENDLY_MODE,
                                                        CKA_OTP_CHALLENGE_REQUIREMENT, CKA_OTP_TIME_REQUIREMENT,
                                                        CKA_OTP_COUNTER_REQUIREMENT, CKA_OTP_PIN_REQUIREMENT,
                                                        CKA_OTP_USER_IDENTIFIER});

// §4.3: the kind; clock and counter; user interface. No storage objects.
constexpr auto hardware_feature_object = joined(
    any_object, std::array<CK_ATTRIBUTE_TYPE, 4>{CKA_HW_FEATURE_TYPE, CKA_VALUE, CKA_RESET_ON_INIT, CKA_HAS_RESET},
    std::array<CK_ATTRIBUTE_TYPE, 10>{CKA_PIXEL_X, CKA_PIXEL_Y, CKA_RESOLUTION, CKA_CHAR_ROWS, CKA_CHAR_COLUMNS,
                                      CKA_COLOR, CKA_BITS_PER_PIXEL, CKA_CHAR_SETS, CKA_ENCODING_METHODS,
                                      CKA_MIME_TYPES});

// §4.11; DSA and DH; EC.
constexpr auto domain_parameters =
    joined(storage_object, std::array<CK_ATTRIBUTE_TYPE, 2>{CKA_KEY_TYPE, CKA_LOCAL},
           std::array<CK_ATTRIBUTE_TYPE, 5>{CKA_PRIME, CKA_SUBPRIME, CKA_BASE, CKA_PRIME_BITS, CKA_SUB_PRIME_BITS},
           std::array<CK_ATTRIBUTE_TYPE, 1>{CKA_EC_PARAMS});

// §4.12
constexpr auto mechanism_object = joined(any_object, std::array<CK_ATTRIBUTE_TYPE, 1>{CKA_MECHANISM_TYPE});

// PKCS#11 3.0 §4.13
constexpr auto profile_object = joined(any_object, std::array<CK_ATTRIBUTE_TYPE, 1>{cka_profile_id});

/// What the bytes of a value are.
enum class Kind {
  boolean,
  object_class,
  key_type,
  certificate_type,
  category,
  security_domain,
  hardware_feature,
  number,
  date,
  mechanism,
  mechanism_list,
  text,
  curve,
  bytes,
};

Kind kind_of(CK_ATTRIBUTE_TYPE attribute) {
  switch (attribute) {
    case CKA_TOKEN:
    case CKA_PRIVATE:
    case CKA_MODIFIABLE:
    case CKA_COPYABLE:
    case CKA_DESTROYABLE:
    case CKA_TRUSTED:
    case CKA_DERIVE:
    case CKA_LOCAL:
    case CKA_ENCRYPT:
    case CKA_DECRYPT:
    case CKA_SIGN:
    case CKA_SIGN_RECOVER:
    case CKA_VERIFY:
    case CKA_VERIFY_RECOVER:
    case CKA_WRAP:
    case CKA_UNWRAP:
    case CKA_SENSITIVE:
    case CKA_EXTRACTABLE:
    case CKA_ALWAYS_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE:
    case CKA_WRAP_WITH_TRUSTED:
    case CKA_ALWAYS_AUTHENTICATE:
    case CKA_SECONDARY_AUTH:
    case CKA_RESET_ON_INIT:
    case CKA_HAS_RESET:
    case CKA_COLOR:
    case CKA_OTP_USER_FRIENDLY_MODE: return Kind::boolean;

    case CKA_LABEL:
    case CKA_APPLICATION:
    case CKA_URL:
    case cka_unique_id:
    case CKA_CHAR_SETS:
    case CKA_ENCODING_METHODS:
    case CKA_MIME_TYPES:
    case CKA_OTP_USER_IDENTIFIER:
    case CKA_OTP_SERVICE_IDENTIFIER: return Kind::text;

    case CKA_MODULUS_BITS:
    case CKA_PRIME_BITS:
    case CKA_SUB_PRIME_BITS:
    case CKA_VALUE_BITS:
    case CKA_VALUE_LEN:
    case CKA_AUTH_PIN_FLAGS:
    case CKA_PIXEL_X:
    case CKA_PIXEL_Y:
    case CKA_RESOLUTION:
    case CKA_CHAR_ROWS:
    case CKA_CHAR_COLUMNS:
    case CKA_BITS_PER_PIXEL:
    case CKA_OTP_FORMAT:
    case CKA_OTP_LENGTH:
    case CKA_OTP_TIME_INTERVAL:
    case CKA_OTP_CHALLENGE_REQUIREMENT:
    case CKA_OTP_TIME_REQUIREMENT:
    case CKA_OTP_COUNTER_REQUIREMENT:
    case CKA_OTP_PIN_REQUIREMENT:
    case cka_profile_id: return Kind::number;

    case CKA_START_DATE:
    case CKA_END_DATE: return Kind::date;
    case CKA_CLASS: return Kind::object_class;
    case CKA_KEY_TYPE: return Kind::key_type;
    case CKA_CERTIFICATE_TYPE: return Kind::certificate_type;
    case CKA_CERTIFICATE_CATEGORY: return Kind::category;
    case CKA_JAVA_MIDP_SECURITY_DOMAIN: return Kind::security_domain;
    case CKA_HW_FEATURE_TYPE: return Kind::hardware_feature;
    case CKA_KEY_GEN_MECHANISM:
    case CKA_MECHANISM_TYPE:
    case CKA_NAME_HASH_ALGORITHM: return Kind::mechanism;
    case CKA_ALLOWED_MECHANISMS: return Kind::mechanism_list;
    case CKA_EC_PARAMS: return Kind::curve;
    default: return Kind::bytes;
  }
}

// PKCS#11 2.40 §4.6.2; p11-kit's header has no macros for them.
constexpr std::array categories = {
    NamedValue{0, "CK_CERTIFICATE_CATEGORY_UNSPECIFIED"},
    NamedValue{1, "CK_CERTIFICATE_CATEGORY_TOKEN_USER"},
    NamedValue{2, "CK_CERTIFICATE_CATEGORY_AUTHORITY"},
    NamedValue{3, "CK_CERTIFICATE_CATEGORY_OTHER_ENTITY"},
};

// §4.6.3
constexpr std::array security_domains = {
    NamedValue{0, "CK_SECURITY_DOMAIN_UNSPECIFIED"},
    NamedValue{1, "CK_SECURITY_DOMAIN_MANUFACTURER"},
    NamedValue{2, "CK_SECURITY_DOMAIN_OPERATOR"},
    NamedValue{3, "CK_SECURITY_DOMAIN_THIRD_PARTY"},
};

constexpr std::array hardware_features = {
    EIDTOOL_NAMED(CKH_MONOTONIC_COUNTER),
    EIDTOOL_NAMED(CKH_CLOCK),
    EIDTOOL_NAMED(CKH_USER_INTERFACE),
};

/// A named curve as CKA_EC_PARAMS has it (PKCS#11 current mechanisms 2.40 §2.3.3; 3.0 §2.3.5 and §2.3.7
/// for the Edwards and Montgomery ones).
struct Curve {
  std::string_view parameters;  // DER in hex: an OBJECT IDENTIFIER, or the name as PrintableString
  std::string_view name;
  std::string_view identifier;
  std::size_t size;  // bits, as certificates count them
};

constexpr std::array curves = {
    Curve{"06082a8648ce3d030101", "P-192", "1.2.840.10045.3.1.1", 192},
    Curve{"06052b81040021", "P-224", "1.3.132.0.33", 224},
    Curve{"06082a8648ce3d030107", "P-256", "1.2.840.10045.3.1.7", 256},
    Curve{"06052b81040022", "P-384", "1.3.132.0.34", 384},
    Curve{"06052b81040023", "P-521", "1.3.132.0.35", 521},
    Curve{"06052b8104000a", "secp256k1", "1.3.132.0.10", 256},
    Curve{"06092b2403030208010107", "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7", 256},
    Curve{"06092b240303020801010b", "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.11", 384},
    Curve{"06092b240303020801010d", "brainpoolP512r1", "1.3.36.3.3.2.8.1.1.13", 512},
    Curve{"06032b6570", "Ed25519", "1.3.101.112", 255},
    Curve{"130c656477617264733235353139", "Ed25519", "1.3.101.112", 255},       // edwards25519
    Curve{"06092b06010401da470f01", "Ed25519", "1.3.6.1.4.1.11591.15.1", 255},  // before RFC 8410, still in use
    Curve{"06032b6571", "Ed448", "1.3.101.113", 448},
    Curve{"130a65647761726473343438", "Ed448", "1.3.101.113", 448},  // edwards448
    Curve{"06032b656e", "X25519", "1.3.101.110", 255},
    Curve{"130a63757276653235353139", "X25519", "1.3.101.110", 255},  // curve25519
    Curve{"06032b656f", "X448", "1.3.101.111", 448},
    Curve{"13086375727665343438", "X448", "1.3.101.111", 448},  // curve448
};

const Curve* find_curve(BytesView value) {
  const auto parameters = to_hex(value);
  const auto* row =
      std::find_if(curves.begin(), curves.end(), [&](const auto& c) { return c.parameters == parameters; });
  return row == curves.end() ? nullptr : row;
}

std::optional<std::string> curve_text(BytesView value) {
  const auto* row = find_curve(value);
  if (row == nullptr) return std::nullopt;
  return std::string(row->name) + " (" + std::string(row->identifier) + ")";
}

/// CK_BBOOL, PKCS#11 2.40 §3: 0 and 1, nothing else.
std::optional<std::string> boolean_text(BytesView value) {
  if (value.size() != sizeof(CK_BBOOL) || value[0] > CK_TRUE) return std::nullopt;
  return value[0] == CK_TRUE ? "true" : "false";
}

/// CK_DATE: the digits of year, month and day.
std::optional<std::string> date_text(BytesView value) {
  const auto is_digit = [](std::uint8_t byte) { return byte >= '0' && byte <= '9'; };
  if (value.size() != sizeof(CK_DATE) || !std::all_of(value.begin(), value.end(), is_digit)) return std::nullopt;
  const std::string digits(value.begin(), value.end());
  return digits.substr(0, 4) + "-" + digits.substr(4, 2) + "-" + digits.substr(6);
}

/// In the byte order of the machine, as Cryptoki has them; several one after another.
std::optional<std::vector<CK_ULONG>> numbers(BytesView value) {
  if (value.empty() || value.size() % sizeof(CK_ULONG) != 0) return std::nullopt;
  std::vector<CK_ULONG> result(value.size() / sizeof(CK_ULONG));
  std::memcpy(result.data(), value.data(), value.size());
  return result;
}

std::string name_of_number(Kind kind, CK_ULONG number) {
  if (number == CK_UNAVAILABLE_INFORMATION) return "unavailable";
  switch (kind) {
    case Kind::object_class: return object_class_name(number);
    case Kind::key_type: return key_type_name(number);
    case Kind::certificate_type: return certificate_type_name(number);
    case Kind::mechanism:
    case Kind::mechanism_list: return mechanism_name(number);
    case Kind::category: return name_or_number(categories, number, {});
    case Kind::security_domain: return name_or_number(security_domains, number, {});
    case Kind::hardware_feature: return name_or_number(hardware_features, number, "CKH_");
    case Kind::number:
    case Kind::boolean:
    case Kind::date:
    case Kind::text:
    case Kind::curve:
    case Kind::bytes: break;
  }
  return std::to_string(number);
}

/// Nothing where the value is not of its kind.
std::optional<std::string> text_of(Kind kind, BytesView value) {
  switch (kind) {
    case Kind::bytes: return std::nullopt;
    case Kind::text: return in_quotes(std::string(value.begin(), value.end()));
    case Kind::boolean: return boolean_text(value);
    case Kind::date: return date_text(value);
    case Kind::curve: return curve_text(value);
    case Kind::object_class:
    case Kind::key_type:
    case Kind::certificate_type:
    case Kind::category:
    case Kind::security_domain:
    case Kind::hardware_feature:
    case Kind::number:
    case Kind::mechanism:
    case Kind::mechanism_list: break;
  }
  const auto all = numbers(value);
  if (!all || (kind != Kind::mechanism_list && all->size() != 1)) return std::nullopt;
  std::vector<std::string> names;
  for (const auto number : *all) names.push_back(name_of_number(kind, number));
  return join(names, ", ");
}

}  // namespace

std::span<const CK_ATTRIBUTE_TYPE> attributes_of(CK_OBJECT_CLASS object_class) {
  switch (object_class) {
    case CKO_DATA: return data_object;
    case CKO_CERTIFICATE: return certificate;
    case CKO_PUBLIC_KEY: return public_key;
    case CKO_PRIVATE_KEY: return private_key;
    case CKO_SECRET_KEY: return secret_key;
    case CKO_HW_FEATURE: return hardware_feature_object;
    case CKO_DOMAIN_PARAMETERS: return domain_parameters;
    case CKO_MECHANISM: return mechanism_object;
    case CKO_OTP_KEY: return otp_key;
    case cko_profile: return profile_object;
    default: return storage_object;
  }
}

std::span<const CK_ATTRIBUTE_TYPE> secret_attributes_of(CK_OBJECT_CLASS object_class) {
  switch (object_class) {
    case CKO_PRIVATE_KEY: return private_key_secrets;
    case CKO_SECRET_KEY:
    case CKO_OTP_KEY: return secret_key_secrets;
    default: return {};
  }
}

std::string attribute_text(CK_ATTRIBUTE_TYPE attribute, BytesView value) {
  if (value.empty()) return "(empty)";
  const auto text = text_of(kind_of(attribute), value);
  return text ? *text : to_hex(value);
}

std::optional<std::size_t> curve_size(BytesView parameters) {
  const auto* row = find_curve(parameters);
  if (row == nullptr) return std::nullopt;
  return row->size;
}

}  // namespace eidtool::pkcs11
