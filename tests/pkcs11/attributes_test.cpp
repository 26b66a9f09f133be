// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/attributes.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "support/catch.hpp"

using namespace eidtool;
using namespace eidtool::pkcs11;

namespace {

Bytes number(CK_ULONG value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string text(CK_ATTRIBUTE_TYPE attribute, std::string_view value) {
  return attribute_text(attribute, as_bytes(value));
}

bool asks_for(CK_OBJECT_CLASS object_class, CK_ATTRIBUTE_TYPE attribute) {
  const auto all = attributes_of(object_class);
  return std::find(all.begin(), all.end(), attribute) != all.end();
}

}  // namespace

TEST_CASE("values are told as what they are") {
  CHECK(attribute_text(CKA_TOKEN, Bytes{1}) == "true");
  CHECK(attribute_text(CKA_SENSITIVE, Bytes{0}) == "false");
  CHECK(attribute_text(CKA_CLASS, number(CKO_PRIVATE_KEY)) == "CKO_PRIVATE_KEY");
  CHECK(attribute_text(CKA_KEY_TYPE, number(CKK_EC)) == "CKK_EC");
  CHECK(attribute_text(CKA_CERTIFICATE_TYPE, number(CKC_X_509)) == "CKC_X_509");
  CHECK(attribute_text(CKA_CERTIFICATE_CATEGORY, number(2)) == "CK_CERTIFICATE_CATEGORY_AUTHORITY");
  CHECK(attribute_text(CKA_MODULUS_BITS, number(3072)) == "3072");
  CHECK(attribute_text(CKA_KEY_GEN_MECHANISM, number(CKM_RSA_PKCS_KEY_PAIR_GEN)) == "CKM_RSA_PKCS_KEY_PAIR_GEN");
  CHECK(attribute_text(CKA_ID, Bytes{0x45}) == "45");
  CHECK(attribute_text(CKA_PUBLIC_EXPONENT, Bytes{1, 0, 1}) == "010001");
  CHECK(text(CKA_START_DATE, "20261123") == "2026-11-23");
}

TEST_CASE("a list of mechanisms is a list of names") {
  auto list = number(CKM_SHA256_RSA_PKCS);
  const auto second = number(0x80000001);
  list.insert(list.end(), second.begin(), second.end());
  CHECK(attribute_text(CKA_ALLOWED_MECHANISMS, list) == "CKM_SHA256_RSA_PKCS, CKM_0x80000001");
}

TEST_CASE("text stands in quotes, made safe for a terminal") {
  CHECK(text(CKA_LABEL, "CITIZEN SIGNATURE KEY") == "'CITIZEN SIGNATURE KEY'");
  CHECK(text(CKA_LABEL, "Assinatura da Conceição") == "'Assinatura da Conceição'");
  CHECK(text(CKA_LABEL, "\x1b[2J\xff") == "'\\u{1b}[2J\\xff'");
}

TEST_CASE("no bytes are told as such, whatever the type") {
  CHECK(attribute_text(CKA_LABEL, {}) == "(empty)");
  CHECK(attribute_text(CKA_START_DATE, {}) == "(empty)");
  CHECK(attribute_text(CKA_MODULUS, {}) == "(empty)");
  CHECK(attribute_text(CKA_ALLOWED_MECHANISMS, {}) == "(empty)");
}

TEST_CASE("a value that is not of its type is told as hex") {
  CHECK(attribute_text(CKA_TOKEN, Bytes{1, 0, 0, 0}) == "01000000");
  CHECK(attribute_text(CKA_TOKEN, Bytes{0xff}) == "ff");
  CHECK(attribute_text(CKA_CLASS, Bytes{3}) == "03");
  CHECK(attribute_text(CKA_MODULUS_BITS, Bytes{0, 8, 0}) == "000800");
  CHECK(attribute_text(CKA_ALLOWED_MECHANISMS, Bytes(sizeof(CK_ULONG) + 1)) == "000000000000000000");
  CHECK(text(CKA_END_DATE, "2026112") == "32303236313132");
  CHECK(text(CKA_END_DATE, "2026-1-1") == "323032362d312d31");
}

TEST_CASE("a number that a module does not know is told as unavailable") {
  CHECK(attribute_text(CKA_KEY_GEN_MECHANISM, number(CK_UNAVAILABLE_INFORMATION)) == "unavailable");
  CHECK(attribute_text(CKA_VALUE_LEN, number(CK_UNAVAILABLE_INFORMATION)) == "unavailable");
}

TEST_CASE("a named curve is told by its name") {
  // Parameters as `openssl ecparam -outform DER | xxd -p` writes them (OpenSSL 3.0).
  const auto curve = [](std::string_view hex) { return attribute_text(CKA_EC_PARAMS, *from_hex(hex)); };
  CHECK(curve("06082a8648ce3d030107") == "P-256 (1.2.840.10045.3.1.7)");
  CHECK(curve("06052b81040022") == "P-384 (1.3.132.0.34)");
  CHECK(curve("06052b81040023") == "P-521 (1.3.132.0.35)");
  CHECK(curve("06092b2403030208010107") == "brainpoolP256r1 (1.3.36.3.3.2.8.1.1.7)");
  CHECK(curve("06032b6570") == "Ed25519 (1.3.101.112)");
  CHECK(text(CKA_EC_PARAMS,
             "\x13\x0c"
             "edwards25519") == "Ed25519 (1.3.101.112)");
  CHECK(text(CKA_EC_PARAMS,
             "\x13\x0a"
             "edwards448") == "Ed448 (1.3.101.113)");
  CHECK(text(CKA_EC_PARAMS,
             "\x13\x0a"
             "curve25519") == "X25519 (1.3.101.110)");
  CHECK(text(CKA_EC_PARAMS,
             "\x13\x08"
             "curve448") == "X448 (1.3.101.111)");
  CHECK(curve("3000") == "3000");
}

TEST_CASE("every class is asked for its own attributes, each once, the class first") {
  for (CK_OBJECT_CLASS object_class = 0; object_class < 12; ++object_class) {
    const auto all = attributes_of(object_class);
    CHECK(all.front() == CKA_CLASS);
    CHECK(std::set<CK_ATTRIBUTE_TYPE>(all.begin(), all.end()).size() == all.size());
  }
  CHECK(asks_for(CKO_CERTIFICATE, CKA_ISSUER));
  CHECK(asks_for(CKO_PRIVATE_KEY, CKA_ALWAYS_AUTHENTICATE));
  CHECK(asks_for(CKO_PUBLIC_KEY, CKA_EC_POINT));
  CHECK(asks_for(CKO_VENDOR_DEFINED, CKA_LABEL));
}

TEST_CASE("the secret parts of keys are never among the attributes that are read") {
  for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_SECRET_KEY, CKO_OTP_KEY}) {
    CHECK_FALSE(secret_attributes_of(object_class).empty());
    for (const CK_ATTRIBUTE_TYPE secret :
         {CKA_VALUE, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT}) {
      CHECK_FALSE(asks_for(object_class, secret));
    }
  }
  CHECK(secret_attributes_of(CKO_CERTIFICATE).empty());
  CHECK(secret_attributes_of(CKO_PUBLIC_KEY).empty());
}
