// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <optional>

#include "modules/filter_module.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::tests::filter {

namespace {

/// Copies differ in the upper half of the handle, which no module uses.
constexpr unsigned copy_shift = 32;

/// What searches have found and not handed out yet, by session.
std::map<CK_SESSION_HANDLE, std::deque<CK_OBJECT_HANDLE>> found;

/// How often each was read.
std::map<CK_ATTRIBUTE_TYPE, unsigned long> readings;

std::optional<CK_OBJECT_CLASS> class_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  CK_OBJECT_CLASS object_class = 0;
  CK_ATTRIBUTE attribute{CKA_CLASS, &object_class, sizeof object_class};
  if (real().C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK) return std::nullopt;
  return object_class;
}

/// The objects to show for one that is there.
void show(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, std::deque<CK_OBJECT_HANDLE>& shown) {
  const auto object_class = class_of(session, object);
  if (script().hide_public_keys && object_class == CKO_PUBLIC_KEY) return;
  const auto& copies = script().copies;
  const bool is_copied = !copies.object_class || copies.object_class == object_class;
  for (CK_ULONG copy = 0; copy < (is_copied ? copies.count : 1); ++copy) {
    shown.push_back(object | copy << copy_shift);
  }
}

CK_RV search(CK_SESSION_HANDLE session, std::deque<CK_OBJECT_HANDLE>& shown) {
  std::array<CK_OBJECT_HANDLE, 16> piece{};
  for (;;) {
    CK_ULONG count = 0;
    const auto rv = real().C_FindObjects(session, piece.data(), piece.size(), &count);
    if (rv != CKR_OK || count == 0) return rv;
    for (CK_ULONG index = 0; index < count; ++index) show(session, piece.at(index), shown);
  }
}

}  // namespace

CK_OBJECT_HANDLE original(CK_OBJECT_HANDLE object) { return object & ((CK_OBJECT_HANDLE{1} << copy_shift) - 1); }

CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  found.erase(session);
  return real().C_FindObjectsInit(session, attributes, count);
}

CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* objects, CK_ULONG most, CK_ULONG* count) {
  if (!script().hide_public_keys && script().copies.count == 1) {
    const auto rv = real().C_FindObjects(session, objects, most, count);
    if (rv == CKR_OK) *count = claimed("found", *count);
    return rv;
  }
  if (found.count(session) == 0) {
    const auto rv = search(session, found[session]);
    if (rv != CKR_OK) return rv;
  }
  auto& left = found[session];
  *count = std::min<CK_ULONG>(most, left.size());
  const auto end = left.begin() + static_cast<std::ptrdiff_t>(*count);
  std::copy(left.begin(), end, objects);
  left.erase(left.begin(), end);
  return CKR_OK;
}

namespace {

CK_RV get_one_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE& attribute) {
  if (const auto vanishing = script().vanishing.find(attribute.type); vanishing != script().vanishing.end()) {
    if (vanishing->second.has_come(readings[attribute.type]++)) {
      attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
      return CKR_ATTRIBUTE_TYPE_INVALID;
    }
  }
  if (const auto flag = script().flags.find(attribute.type); flag != script().flags.end()) {
    if (attribute.pValue != nullptr) *static_cast<CK_BBOOL*>(attribute.pValue) = flag->second ? CK_TRUE : CK_FALSE;
    attribute.ulValueLen = sizeof(CK_BBOOL);
    return CKR_OK;
  }
  if (script().lend_secrets && attribute.type == CKA_PRIVATE_EXPONENT) {
    constexpr CK_ULONG size = 128;
    if (attribute.pValue != nullptr) {
      log("secret read");
      std::memset(attribute.pValue, 0, std::min(size, attribute.ulValueLen));
    }
    attribute.ulValueLen = size;
    return CKR_OK;
  }
  const auto rv = real().C_GetAttributeValue(session, original(object), &attribute, 1);
  if (rv == CKR_OK) attribute.ulValueLen = claimed(pkcs11::attribute_name(attribute.type), attribute.ulValueLen);
  return rv;
}

}  // namespace

/// Each as if it were asked for by itself, as the standard has it: one that fails keeps the others from nothing.
CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* attributes,
                          CK_ULONG count) {
  if (script().refuses_several_attributes && count > 1) return CKR_ARGUMENTS_BAD;
  if (script().answers_first_attribute_alone) count = std::min<CK_ULONG>(count, 1);
  CK_RV answer = CKR_OK;
  for (CK_ULONG index = 0; index < count; ++index) {
    const auto rv = get_one_attribute(session, object, attributes[index]);
    if (rv != CKR_OK) answer = rv;
  }
  return answer;
}

std::string get_attribute_value_line(CK_SESSION_HANDLE, CK_OBJECT_HANDLE, CK_ATTRIBUTE* attributes, CK_ULONG count) {
  if (count > 1) return "C_GetAttributeValue together";
  return attributes->pValue == nullptr ? "C_GetAttributeValue size" : "C_GetAttributeValue";
}

}  // namespace eidtool::tests::filter
