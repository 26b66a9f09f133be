// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/session.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <iterator>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "pkcs11/attributes.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::pkcs11 {

namespace {

/// No attribute of any card is larger; a module that says so is mistaken.
constexpr CK_ULONG largest_attribute = 16UL << 20UL;  // bytes

/// No token holds so many; a module whose search never ends is mistaken.
constexpr std::size_t most_objects = 1UL << 20UL;

}  // namespace

Template& Template::add(CK_ATTRIBUTE_TYPE type, BytesView value) {
  entries_.push_back({type, Bytes(value.begin(), value.end())});
  return *this;
}

Template& Template::add(CK_ATTRIBUTE_TYPE type, std::string_view value) { return add(type, as_bytes(value)); }

Template& Template::add_flag(CK_ATTRIBUTE_TYPE type, bool value) {
  const CK_BBOOL byte = value ? CK_TRUE : CK_FALSE;
  return add(type, BytesView(&byte, 1));
}

Template& Template::add_number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return add(type, BytesView(bytes));
}

std::vector<CK_ATTRIBUTE> Template::attributes() const {
  std::vector<CK_ATTRIBUTE> attributes;
  for (const auto& entry : entries_) {
    // Cryptoki takes a template by pointers to non-const and only reads it.
    attributes.push_back({entry.type, const_cast<std::uint8_t*>(entry.value.data()), entry.value.size()});
  }
  return attributes;
}

Object::Object(const Session& session, CK_OBJECT_HANDLE handle)
    : session_(std::make_shared<const Session>(session)), handle_(handle) {}

Object Object::with(const std::vector<CK_ATTRIBUTE_TYPE>& types) const {
  auto read = *this;
  read.read_beforehand(types);
  return read;
}

void Object::read_beforehand(const std::vector<CK_ATTRIBUTE_TYPE>& types) {
  std::vector<CK_ATTRIBUTE> asked;
  // What a module does not look at stays so.
  for (const auto type : types) asked.push_back({type, nullptr, CK_UNAVAILABLE_INFORMATION});
  const auto ask = [&] {
    return session_->functions().C_GetAttributeValue(session_->handle(), handle_, asked.data(),
                                                     CK_ULONG{asked.size()}) == CKR_OK;
  };
  if (!ask()) return;
  std::vector<Known> read;
  CK_ULONG left = largest_attribute;
  for (auto& attribute : asked) {
    if (attribute.ulValueLen > left) return;  // CK_UNAVAILABLE_INFORMATION too
    left -= attribute.ulValueLen;
    auto& known = read.emplace_back(Known{attribute.type, Bytes(attribute.ulValueLen)});
    attribute.pValue = known.value.data();  // stays where it is when `read` grows
  }
  if (!ask()) return;
  for (std::size_t index = 0; index < read.size(); ++index) {
    auto& value = read[index].value;
    if (asked[index].ulValueLen > value.size()) return;  // also of one that was empty, and told its size anew
    value.resize(asked[index].ulValueLen);
  }
  std::ranges::move(read, std::back_inserter(known_));
}

CK_RV Object::read_into(CK_ATTRIBUTE_TYPE type, Bytes& value) const {
  const auto known = std::ranges::find(known_, type, &Known::type);
  if (known != known_.end()) {
    value = known->value;
    return CKR_OK;
  }
  constexpr int most_tries = 8;
  const auto claims = [&](CK_ULONG size) {
    return Error(ErrorKind::module_failed, session_->token().subject() + " claims that " + attribute_name(type) +
                                               " has " + std::to_string(size) + " bytes");
  };
  for (int tries = 0;; ++tries) {
    CK_ATTRIBUTE attribute{type, nullptr, 0};
    auto rv = session_->functions().C_GetAttributeValue(session_->handle(), handle_, &attribute, CK_ULONG{1});
    if (rv != CKR_OK) return rv;
    if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attribute.ulValueLen > largest_attribute) throw claims(attribute.ulValueLen);
    value.assign(attribute.ulValueLen, 0);
    if (value.empty()) return CKR_OK;
    attribute.pValue = value.data();
    rv = session_->functions().C_GetAttributeValue(session_->handle(), handle_, &attribute, CK_ULONG{1});
    if (rv == CKR_BUFFER_TOO_SMALL && tries < most_tries) continue;
    if (rv != CKR_OK) return rv;
    // An attribute that is gone since its size was asked for.
    if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attribute.ulValueLen > value.size()) throw claims(attribute.ulValueLen);
    value.resize(attribute.ulValueLen);
    return CKR_OK;
  }
}

Bytes Object::attribute(CK_ATTRIBUTE_TYPE type) const {
  Bytes value;
  check(read_into(type, value), "C_GetAttributeValue",
        session_->token().subject() + ", attribute " + attribute_name(type));
  return value;
}

Object::Absence Object::absence_from(CK_RV rv, CK_ATTRIBUTE_TYPE type) const {
  if (rv == CKR_ATTRIBUTE_SENSITIVE) return Absence::sensitive;
  if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_FUNCTION_NOT_SUPPORTED || rv == CKR_ATTRIBUTE_VALUE_INVALID) {
    return Absence::not_there;
  }
  check(rv, "C_GetAttributeValue", session_->token().subject() + ", attribute " + attribute_name(type));
  return Absence::none;
}

Object::Measure Object::measure(CK_ATTRIBUTE_TYPE type) const {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  const auto rv = session_->functions().C_GetAttributeValue(session_->handle(), handle_, &attribute, CK_ULONG{1});
  const auto absence = absence_from(rv, type);
  if (absence != Absence::none) return {0, absence};
  if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) return {0, Absence::not_there};
  return {attribute.ulValueLen, Absence::none};
}

Object::Reading Object::read(CK_ATTRIBUTE_TYPE type) const {
  Reading reading;
  reading.absence = absence_from(read_into(type, reading.value), type);
  if (reading.absence != Absence::none) reading.value.clear();
  return reading;
}

std::optional<Bytes> Object::attribute_if_any(CK_ATTRIBUTE_TYPE type) const {
  auto reading = read(type);
  if (reading.absence != Absence::none) return std::nullopt;
  return std::move(reading.value);
}

std::optional<bool> Object::flag(CK_ATTRIBUTE_TYPE type) const {
  const auto value = attribute_if_any(type);
  if (!value || value->size() != sizeof(CK_BBOOL)) return std::nullopt;
  return value->front() != CK_FALSE;
}

std::optional<CK_ULONG> Object::number(CK_ATTRIBUTE_TYPE type) const {
  const auto value = attribute_if_any(type);
  CK_ULONG number = 0;
  if (!value || value->size() != sizeof number) return std::nullopt;
  std::memcpy(&number, value->data(), sizeof number);
  return number;
}

std::optional<std::string> Object::text(CK_ATTRIBUTE_TYPE type) const {
  const auto value = attribute_if_any(type);
  if (!value) return std::nullopt;
  return std::string(value->begin(), value->end());
}

struct Session::State {
  State(Token of, CK_SESSION_HANDLE number) : token(std::move(of)), handle(number) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    // An error is on its way, which a module that crashes now would hide: the session ends with the module.
    if (std::uncaught_exceptions() > exceptions) return;
    // The token may be gone already; its session is then closed, which is all that is wanted.
    (void)token.module().functions().C_CloseSession(handle);
  }
  Token token;
  CK_SESSION_HANDLE handle;
  int exceptions = std::uncaught_exceptions();
};

Session::Session(const Token& token, CK_SESSION_HANDLE handle) : state_(std::make_shared<State>(token, handle)) {}

const Token& Session::token() const { return state_->token; }
CK_SESSION_HANDLE Session::handle() const { return state_->handle; }
const Functions& Session::functions() const { return state_->token.module().functions(); }

CK_RV Session::login(CK_USER_TYPE user, const Pin* pin) const {
  // Cryptoki takes the PIN by a pointer to non-const and only reads it.
  auto* bytes = pin == nullptr ? nullptr : const_cast<CK_UTF8CHAR*>(pin->bytes().data());
  return functions().C_Login(handle(), user, bytes, pin == nullptr ? 0 : pin->size());
}

std::vector<Object> Session::find(const Template& wanted) const {
  auto attributes = wanted.attributes();
  check(functions().C_FindObjectsInit(handle(), attributes.data(), attributes.size()), "C_FindObjectsInit",
        token().subject());
  std::vector<CK_OBJECT_HANDLE> handles;
  std::array<CK_OBJECT_HANDLE, 64> piece{};
  CK_RV rv = CKR_OK;
  CK_ULONG count = 0;
  for (;;) {
    count = 0;
    rv = functions().C_FindObjects(handle(), piece.data(), piece.size(), &count);
    if (rv != CKR_OK || count == 0 || count > piece.size() || handles.size() > most_objects) break;
    handles.insert(handles.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
  }
  // Ended in any case, or no other search can begin in this session.
  const auto final_rv = functions().C_FindObjectsFinal(handle());
  check(rv, "C_FindObjects", token().subject());
  check(final_rv, "C_FindObjectsFinal", token().subject());
  if (count > 0) {
    throw Error(ErrorKind::module_failed, token().subject() + " claims to have found " + std::to_string(count) +
                                              " objects behind " + std::to_string(handles.size()) + " others");
  }
  std::vector<Object> objects;
  objects.reserve(handles.size());
  for (const auto found : handles) objects.emplace_back(*this, found);
  return objects;
}

Object Session::create_object(const Template& attributes) const {
  auto list = attributes.attributes();
  CK_OBJECT_HANDLE made = 0;
  check(functions().C_CreateObject(handle(), list.data(), list.size(), &made), "C_CreateObject", token().subject());
  return Object(*this, made);
}

std::optional<std::size_t> key_size(const Object& key) {
  constexpr std::size_t bits_per_byte = 8;
  if (const auto modulus = key.attribute_if_any(CKA_MODULUS); modulus && !modulus->empty()) {
    std::size_t leading = 0;
    while (leading < modulus->size() && (*modulus)[leading] == 0) ++leading;
    if (leading == modulus->size()) return std::nullopt;
    return (modulus->size() - leading - 1) * bits_per_byte +
           static_cast<std::size_t>(std::bit_width((*modulus)[leading]));
  }
  const auto parameters = key.attribute_if_any(CKA_EC_PARAMS);
  return parameters ? curve_size(*parameters) : std::nullopt;
}

}  // namespace eidtool::pkcs11
