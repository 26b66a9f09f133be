// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.hpp"
#include "modules/filter_module.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::tests::filter {

namespace {

/// What a session is signing.
struct Operation {
  std::optional<CK_RV> refusal;          // of C_Sign and C_SignFinal
  std::optional<crypto::Hasher> hasher;  // of a mechanism that was added
  Bytes digest;                          // what the hasher came to, while the size is asked for
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

HashAlgorithm hash_of(CK_MECHANISM_TYPE added) {
  switch (added) {
    case CKM_ECDSA_SHA1: return HashAlgorithm::sha1;
    case CKM_ECDSA_SHA256: return HashAlgorithm::sha256;
    case CKM_ECDSA_SHA384: return HashAlgorithm::sha384;
    default: return HashAlgorithm::sha512;
  }
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
CK_RV ended(CK_SESSION_HANDLE session, CK_RV rv, CK_BYTE* signature, const CK_ULONG* signature_size) {
  if (signature == nullptr || rv == CKR_BUFFER_TOO_SMALL) return rv;  // only the size was asked for
  operations().erase(session);
  if (rv == CKR_OK && script().corrupt_signature && *signature_size > 0) signature[*signature_size - 1] ^= 1U;
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

}  // namespace

CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  CK_ULONG real_count = 0;
  auto rv = real().C_GetMechanismList(slot, nullptr, &real_count);
  if (rv != CKR_OK) return rv;
  std::vector<CK_MECHANISM_TYPE> types(real_count);
  rv = real().C_GetMechanismList(slot, types.data(), &real_count);
  if (rv != CKR_OK) return rv;
  types.resize(real_count);
  types.insert(types.end(), script().added.begin(), script().added.end());
  types.erase(std::remove_if(types.begin(), types.end(), [](auto type) { return !script().lists(type); }), types.end());
  const auto room = *count;
  *count = types.size();
  if (list == nullptr) return CKR_OK;
  if (room < types.size()) return CKR_BUFFER_TOO_SMALL;
  std::copy(types.begin(), types.end(), list);
  return CKR_OK;
}

CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  if (!script().lists(type)) return CKR_MECHANISM_INVALID;
  return real().C_GetMechanismInfo(slot, script().is_added(type) ? CKM_ECDSA : type, info);
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  const auto type = mechanism->mechanism;
  log("C_SignInit " + pkcs11::mechanism_name(type));
  if (!script().lists(type)) return CKR_MECHANISM_INVALID;
  const auto& refusals = script().refusals;
  const auto refusal = refusals.find(type);
  if (kept().count(session) != 0) return CKR_OPERATION_ACTIVE;
  if (refusal != refusals.end() && !refusal->second.at_sign) {
    if (script().keep_operation) kept().insert(session);
    return refusal->second.rv;
  }
  auto passed_on = *mechanism;
  if (script().is_added(type)) passed_on.mechanism = CKM_ECDSA;
  const auto rv = real().C_SignInit(session, &passed_on, key);
  if (rv != CKR_OK) return rv;
  Operation operation;
  if (refusal != refusals.end()) operation.refusal = refusal->second.rv;
  if (script().is_added(type)) operation.hasher.emplace(hash_of(type));
  operations().insert_or_assign(session, std::move(operation));
  return CKR_OK;
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* signature, CK_ULONG* signature_size) {
  use_the_standard_streams();
  auto& operation = operations()[session];
  if (operation.hasher && operation.digest.empty()) {
    operation.hasher->update({data, size});
    operation.digest = operation.hasher->finish();
  }
  auto* signed_data = operation.hasher ? operation.digest.data() : data;
  const auto signed_size = operation.hasher ? operation.digest.size() : size;
  if (operation.refusal && signature != nullptr) {
    return refused(session, *operation.refusal, signed_data, signed_size, false);
  }
  return ended(session, real().C_Sign(session, signed_data, signed_size, signature, signature_size), signature,
               signature_size);
}

CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE* part, CK_ULONG size) {
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
  const auto rv = operation.hasher ? real().C_Sign(session, operation.digest.data(), operation.digest.size(), signature,
                                                   signature_size)
                                   : real().C_SignFinal(session, signature, signature_size);
  return ended(session, rv, signature, signature_size);
}

}  // namespace eidtool::tests::filter
