// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "crypto/digest.hpp"
#include "modules/filter_module.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::tests::filter {

namespace {

/// What a session is signing.
struct Operation {
  CK_MECHANISM mechanism{};  // of the real module
  CK_OBJECT_HANDLE key = 0;
  std::optional<CK_RV> refusal;          // of C_Sign and C_SignFinal
  std::optional<crypto::Hasher> hasher;  // where the hashing is done here
  Bytes digest;                          // what the hasher came to, while the size is asked for
  std::size_t left_out = 0;              // bytes at the beginning of what is to be signed
};

std::map<CK_SESSION_HANDLE, Operation>& operations() {
  static std::map<CK_SESSION_HANDLE, Operation> all;
  return all;
}

/// Sessions that keep the operation that they refused.
std::set<CK_SESSION_HANDLE>& kept() {
  static std::set<CK_SESSION_HANDLE> all;
  return all;
}

HashAlgorithm hash_of(CK_MECHANISM_TYPE hashing) {
  switch (hashing) {
    case CKM_ECDSA_SHA1:
    case CKM_SHA1_RSA_PKCS: return HashAlgorithm::sha1;
    case CKM_ECDSA_SHA256:
    case CKM_SHA256_RSA_PKCS: return HashAlgorithm::sha256;
    case CKM_ECDSA_SHA384:
    case CKM_SHA384_RSA_PKCS: return HashAlgorithm::sha384;
    case CKM_ECDSA_SHA512:
    case CKM_SHA512_RSA_PKCS: return HashAlgorithm::sha512;
    default: return HashAlgorithm::none;
  }
}

/// An RSA key as large as the citizen's, made for this session.
CK_OBJECT_HANDLE another_key(CK_SESSION_HANDLE session) {
  CK_MECHANISM mechanism{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
  CK_ULONG bits = 2048;
  CK_BBOOL yes = CK_TRUE;
  std::array public_half = {CK_ATTRIBUTE{CKA_MODULUS_BITS, &bits, sizeof bits}};
  std::array private_half = {CK_ATTRIBUTE{CKA_SIGN, &yes, sizeof yes}};
  CK_OBJECT_HANDLE public_key = 0;
  CK_OBJECT_HANDLE private_key = 0;
  const auto rv = real().C_GenerateKeyPair(session, &mechanism, public_half.data(), public_half.size(),
                                           private_half.data(), private_half.size(), &public_key, &private_key);
  if (rv != CKR_OK) throw std::runtime_error("no other key: " + pkcs11::return_value_name(rv));
  return private_key;
}

/// A module that meddles with the standard streams, as some do to ask for the PIN.
void use_the_standard_streams() {
  if (script().print) {
    const auto text = *script().print + "\n";
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
  }
  if (script().read_stdin) {
    std::array<char, 256> buffer{};
    log("read " + std::to_string(::read(STDIN_FILENO, buffer.data(), buffer.size())) + " bytes");
  }
}

/// Ends the operation as the script has it.
CK_RV ended(CK_SESSION_HANDLE session, CK_RV rv, CK_BYTE* signature, CK_ULONG* signature_size) {
  if (signature == nullptr || rv == CKR_BUFFER_TOO_SMALL) return rv;  // only the size was asked for
  operations().erase(session);
  if (rv != CKR_OK) return rv;
  if (script().corrupt_signature && *signature_size > 0) signature[*signature_size - 1] ^= 1U;
  *signature_size = claimed("signature", *signature_size);
  return rv;
}

/// The real module signs, so that its operation is over, and nobody gets to see it.
CK_RV refused(CK_SESSION_HANDLE session, CK_RV refusal, CK_BYTE* data, CK_ULONG size, bool is_final) {
  std::array<CK_BYTE, 1024> unseen{};
  CK_ULONG unseen_size = unseen.size();
  if (is_final) {
    (void)real().C_SignFinal(session, unseen.data(), &unseen_size);
  } else {
    (void)real().C_Sign(session, data, size, unseen.data(), &unseen_size);
  }
  operations().erase(session);
  if (script().keep_operation) kept().insert(session);
  return refusal;
}

/// Of r‖s, either part.
bool begins_with_zero(const CK_BYTE* signature, CK_ULONG size) { return signature[0] == 0 || signature[size / 2] == 0; }

/// C_Sign of the real module, again and again until the signature is as it is wanted: one of 128 is.
CK_RV sign_really(CK_SESSION_HANDLE session, const Operation& operation, CK_BYTE* data, CK_ULONG size,
                  CK_BYTE* signature, CK_ULONG* signature_size) {
  const auto room = *signature_size;
  for (;;) {
    const auto rv = real().C_Sign(session, data, size, signature, signature_size);
    if (rv != CKR_OK || signature == nullptr || !script().leading_zeros) return rv;
    if (begins_with_zero(signature, *signature_size)) return rv;
    auto mechanism = operation.mechanism;
    const auto begun = real().C_SignInit(session, &mechanism, operation.key);
    if (begun != CKR_OK) return begun;
    *signature_size = room;
  }
}

}  // namespace

std::string sign_init_line(CK_SESSION_HANDLE, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE) {
  return "C_SignInit " + pkcs11::mechanism_name(mechanism->mechanism);
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  const auto type = mechanism->mechanism;
  if (!script().lists(type)) return CKR_MECHANISM_INVALID;
  const auto& refusals = script().refusals;
  const auto refusal = refusals.find(type);
  if (kept().count(session) != 0) return CKR_OPERATION_ACTIVE;
  if (refusal != refusals.end() && !refusal->second.at_sign) {
    if (script().keep_operation) kept().insert(session);
    return refusal->second.rv;
  }
  Operation operation;
  operation.mechanism = *mechanism;
  operation.key = script().sign_by_another_key ? another_key(session) : original(key);
  if (refusal != refusals.end()) operation.refusal = refusal->second.rv;
  if (script().is_added(type)) {
    operation.mechanism.mechanism = CKM_ECDSA;
    operation.hasher.emplace(hash_of(type));
  } else if (script().leave_out_digest_info) {
    constexpr std::size_t largest_prefix = 19;  // of SHA-2 (RFC 8017 §9.2 note 1)
    if (type == CKM_RSA_PKCS) operation.left_out = largest_prefix;
    if (hash_of(type) != HashAlgorithm::none) operation.hasher.emplace(hash_of(type));
    operation.mechanism.mechanism = CKM_RSA_PKCS;
  }
  auto passed_on = operation.mechanism;
  const auto rv = real().C_SignInit(session, &passed_on, operation.key);
  if (rv == CKR_OK) operations().insert_or_assign(session, std::move(operation));
  return rv;
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG* signature_size) {
  ::usleep(static_cast<useconds_t>(script().slowness * 1000));
  use_the_standard_streams();
  use_up_login(session);
  auto& operation = operations()[session];
  if (operation.hasher && operation.digest.empty()) {
    operation.hasher->update({data, size});
    operation.digest = operation.hasher->finish();
  }
  auto* const signed_data = operation.hasher ? operation.digest.data() : data + operation.left_out;
  const auto signed_size = operation.hasher ? operation.digest.size() : size - operation.left_out;
  if (operation.refusal && signature != nullptr) {
    return refused(session, *operation.refusal, signed_data, signed_size, false);
  }
  return ended(session, sign_really(session, operation, signed_data, signed_size, signature, signature_size), signature,
               signature_size);
}

CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE* part, CK_ULONG size) {
  use_up_login(session);
  auto& operation = operations()[session];
  if (!operation.hasher) return real().C_SignUpdate(session, part, size);
  operation.hasher->update({part, size});
  return CKR_OK;
}

CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE* signature, CK_ULONG* signature_size) {
  use_the_standard_streams();
  auto& operation = operations()[session];
  if (operation.hasher && operation.digest.empty()) operation.digest = operation.hasher->finish();
  if (operation.refusal && signature != nullptr) {
    auto digest = operation.digest;
    return refused(session, *operation.refusal, digest.data(), digest.size(), !operation.hasher);
  }
  const auto rv = operation.hasher ? sign_really(session, operation, operation.digest.data(), operation.digest.size(),
                                                 signature, signature_size)
                                   : real().C_SignFinal(session, signature, signature_size);
  return ended(session, rv, signature, signature_size);
}

}  // namespace eidtool::tests::filter
