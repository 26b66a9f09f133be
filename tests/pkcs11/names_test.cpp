// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/names.hpp"

#include "support/catch.hpp"

using namespace eidtool::pkcs11;

using Names = std::vector<std::string>;

TEST_CASE("values have the names of the standard") {
  // Numbers from PKCS#11 2.40, pkcs11t.h of the standard.
  CHECK(return_value_name(0x00000000) == "CKR_OK");
  CHECK(return_value_name(0x000000a0) == "CKR_PIN_INCORRECT");
  CHECK(return_value_name(0x000000a4) == "CKR_PIN_LOCKED");
  CHECK(return_value_name(0x00000101) == "CKR_USER_NOT_LOGGED_IN");
  CHECK(return_value_name(0x000001b8) == "CKR_PIN_TOO_WEAK");
  CHECK(return_value_name(0x00000200) == "CKR_FUNCTION_REJECTED");
  CHECK(mechanism_name(0x00000001) == "CKM_RSA_PKCS");
  CHECK(mechanism_name(0x0000000d) == "CKM_RSA_PKCS_PSS");
  CHECK(mechanism_name(0x00000040) == "CKM_SHA256_RSA_PKCS");
  CHECK(mechanism_name(0x00000047) == "CKM_SHA224_RSA_PKCS_PSS");
  CHECK(mechanism_name(0x00001041) == "CKM_ECDSA");
  CHECK(mechanism_name(0x00001044) == "CKM_ECDSA_SHA256");
  CHECK(mechanism_name(0x00001087) == "CKM_AES_GCM");
  CHECK(attribute_name(0x00000003) == "CKA_LABEL");
  CHECK(attribute_name(0x00000129) == "CKA_PUBLIC_KEY_INFO");
  CHECK(attribute_name(0x00000171) == "CKA_COPYABLE");
  CHECK(attribute_name(0x00000202) == "CKA_ALWAYS_AUTHENTICATE");
  CHECK(attribute_name(0x40000600) == "CKA_ALLOWED_MECHANISMS");
  CHECK(object_class_name(1) == "CKO_CERTIFICATE");
  CHECK(key_type_name(0) == "CKK_RSA");
  CHECK(certificate_type_name(0) == "CKC_X_509");
}

TEST_CASE("values of PKCS#11 3.0 that modules use have names") {
  CHECK(mechanism_name(0x00001055) == "CKM_EC_EDWARDS_KEY_PAIR_GEN");
  CHECK(mechanism_name(0x00001057) == "CKM_EDDSA");
  CHECK(mechanism_name(0x00000060) == "CKM_SHA3_256_RSA_PKCS");
  CHECK(mechanism_name(0x00001048) == "CKM_ECDSA_SHA3_256");
  CHECK(key_type_name(0x40) == "CKK_EC_EDWARDS");
  CHECK(key_type_name(0x41) == "CKK_EC_MONTGOMERY");
  CHECK(attribute_name(0x04) == "CKA_UNIQUE_ID");
  CHECK(object_class_name(9) == "CKO_PROFILE");
  CHECK(return_value_name(0x203) == "CKR_KEY_EXHAUSTED");
}

TEST_CASE("of two names for one value the newer is told") {
  CHECK(mechanism_name(CKM_ECDSA_KEY_PAIR_GEN) == "CKM_EC_KEY_PAIR_GEN");
  CHECK(key_type_name(CKK_ECDSA) == "CKK_EC");
  CHECK(attribute_name(CKA_ECDSA_PARAMS) == "CKA_EC_PARAMS");
}

TEST_CASE("unknown values come back as hex with the prefix of their kind") {
  CHECK(return_value_name(0x80000001) == "CKR_0x80000001");
  CHECK(mechanism_name(0x80000001) == "CKM_0x80000001");
  CHECK(attribute_name(0xce534351) == "CKA_0xce534351");
  CHECK(object_class_name(0xce534350) == "CKO_0xce534350");
  CHECK(key_type_name(0xff) == "CKK_0xff");
  CHECK(certificate_type_name(0xfe) == "CKC_0xfe");
}

TEST_CASE("a name without its prefix is lower case") {
  CHECK(without_prefix("CKF_LOGIN_REQUIRED") == "login_required");
  CHECK(without_prefix("CKO_PRIVATE_KEY") == "private_key");
  CHECK(without_prefix("PLAIN") == "plain");
}

TEST_CASE("flags are named in the order of their bits") {
  CHECK(token_flag_names(0).empty());
  // SoftHSM 2.6.1: an initialised token with a PIN.
  CHECK(token_flag_names(0x42d) ==
        Names{"rng", "login_required", "user_pin_initialized", "restore_key_not_needed", "token_initialized"});
  CHECK(token_flag_names(CKF_USER_PIN_LOCKED | CKF_USER_PIN_COUNT_LOW) ==
        Names{"user_pin_count_low", "user_pin_locked"});
  CHECK(slot_flag_names(7) == Names{"token_present", "removable_device", "hw_slot"});
  CHECK(mechanism_flag_names(CKF_HW | CKF_SIGN | CKF_VERIFY) == Names{"hw", "sign", "verify"});
}

TEST_CASE("flags without a name come back as numbers") {
  CHECK(token_flag_names((1UL << 4) | CKF_LOGIN_REQUIRED) == Names{"login_required", "0x10"});
  CHECK(slot_flag_names(1UL << 31) == Names{"0x80000000"});
}

TEST_CASE("a class is found by the name that listings give it") {
  for (const auto& choice : object_class_choices()) {
    const auto object_class = object_class_by_name(choice);
    REQUIRE(object_class);
    CHECK(without_prefix(object_class_name(*object_class)) == choice);
  }
  CHECK(object_class_by_name("certificate") == CKO_CERTIFICATE);
  CHECK(object_class_by_name("private_key") == CKO_PRIVATE_KEY);
  CHECK_FALSE(object_class_by_name("CKO_CERTIFICATE"));
  CHECK_FALSE(object_class_by_name(""));
}
