// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/pin.hpp"
#include "pkcs11/slot.hpp"

namespace eidtool::pkcs11 {

class Session;

/// Attributes to match or to make an object with. Owns the values; the CK_ATTRIBUTEs point into it
/// and are good until it is changed or ends.
class Template {
 public:
  Template& add(CK_ATTRIBUTE_TYPE type, BytesView value);
  Template& add(CK_ATTRIBUTE_TYPE type, std::string_view value);
  Template& add_flag(CK_ATTRIBUTE_TYPE type, bool value);
  Template& add_number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  std::vector<CK_ATTRIBUTE> attributes() const;

 private:
  struct Entry {
    CK_ATTRIBUTE_TYPE type;
    Bytes value;
  };
  std::vector<Entry> entries_;
};

/// An object of a token, good as long as its session is (which it keeps). Attributes are read from
/// the token at each call, but for those that were read beforehand.
class Object {
 public:
  Object(const Session& session, CK_OBJECT_HANDLE handle);

  CK_OBJECT_HANDLE handle() const { return handle_; }

  /// The same object, with attributes that will be asked for, read in two calls instead of two for each: SoftHSM looks
  /// at its files at every call. Where the module's answer is anything but all of them none is kept, and each is read
  /// by itself when it is asked for. Never throws for what the module answers: the single reading tells.
  Object with(const std::vector<CK_ATTRIBUTE_TYPE>& types) const;

  /// Throws what check() makes where the object has it not, or does not tell.
  Bytes attribute(CK_ATTRIBUTE_TYPE type) const;
  /// Nothing where the object has it not, does not tell, or the module does not know it.
  std::optional<Bytes> attribute_if_any(CK_ATTRIBUTE_TYPE type) const;
  /// The value, or why there is none.
  enum class Absence { none, not_there, sensitive };
  struct Reading {
    Bytes value;
    Absence absence = Absence::none;
  };
  Reading read(CK_ATTRIBUTE_TYPE type) const;
  /// Bytes of the value, which is not read.
  struct Measure {
    std::size_t size;
    Absence absence;
  };
  Measure measure(CK_ATTRIBUTE_TYPE type) const;

  std::optional<bool> flag(CK_ATTRIBUTE_TYPE type) const;
  std::optional<CK_ULONG> number(CK_ATTRIBUTE_TYPE type) const;
  std::optional<std::string> text(CK_ATTRIBUTE_TYPE type) const;

 private:
  void read_beforehand(const std::vector<CK_ATTRIBUTE_TYPE>& types);
  CK_RV read_into(CK_ATTRIBUTE_TYPE type, Bytes& value) const;
  Absence absence_from(CK_RV rv, CK_ATTRIBUTE_TYPE type) const;

  std::shared_ptr<const Session> session_;
  CK_OBJECT_HANDLE handle_;
  struct Known {
    CK_ATTRIBUTE_TYPE type;
    Bytes value;
  };
  std::vector<Known> known_;  // read beforehand
};

/// An open session. A shared handle: the last copy closes it, and with the last session of a token
/// its login ends (PKCS#11 2.40 §5.6).
class Session {
 public:
  Session(const Token& token, CK_SESSION_HANDLE handle);

  const Token& token() const;
  CK_SESSION_HANDLE handle() const;
  const Functions& functions() const;

  /// C_Login once; what the token answered. A null `pin` means the reader's keypad
  /// (CKF_PROTECTED_AUTHENTICATION_PATH). Authenticator is who calls this for a person's PIN.
  [[nodiscard]] CK_RV login(CK_USER_TYPE user, const Pin* pin) const;

  /// All objects that match, to the end of the search.
  std::vector<Object> find(const Template& wanted) const;

  /// For provisioning.
  Object create_object(const Template& attributes) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Bits of a key: of the RSA modulus, of the curve's field; nothing where the object does not tell.
std::optional<std::size_t> key_size(const Object& key);

}  // namespace eidtool::pkcs11
