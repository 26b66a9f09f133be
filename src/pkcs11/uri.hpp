// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "pkcs11/module.hpp"

struct p11_kit_uri;

namespace eidtool::pkcs11 {

class Token;

/// A PKCS#11 URI (RFC 7512), parsed by p11-kit and held to the letter where that is lax: attributes
/// that stand twice and path attributes that nobody knows are errors, `pin-value` is refused, and so
/// is any `pin-source` but `file:`.
class Uri {
 public:
  /// Throws usage.
  static Uri parse(const std::string& text);

  /// The file of `pin-source`; nothing where there is none.
  const std::optional<std::string>& pin_file() const { return pin_file_; }
  /// `module-path`, `module-name`.
  std::optional<std::string> module_path() const;
  std::optional<std::string> module_name() const;

  /// The library attributes (library-description, …) fit.
  bool matches_module(const Module& module) const;
  bool matches(const CK_INFO& module) const;
  /// Module, slot and token attributes fit.
  bool matches_token(const Token& token) const;
  /// Slot and token attributes fit.
  bool matches(CK_SLOT_ID slot_id, const CK_SLOT_INFO& slot, const CK_TOKEN_INFO& token) const;

  /// The object attributes: `object`, `type`, `id`. Ids are equal but for trailing zeros.
  bool names_object() const;
  std::optional<std::string> object_label() const;
  std::optional<Bytes> object_id() const;
  std::optional<CK_OBJECT_CLASS> object_class() const;

 private:
  explicit Uri(std::shared_ptr<p11_kit_uri> uri);
  std::shared_ptr<p11_kit_uri> uri_;
  std::optional<std::string> pin_file_;
};

/// The URI of a token, and of an object of it; attributes that are empty are left out.
std::string token_uri(const CK_TOKEN_INFO& token);
std::string object_uri(const CK_TOKEN_INFO& token, const std::optional<std::string>& label,
                       const std::optional<Bytes>& id, std::optional<CK_OBJECT_CLASS> object_class);

}  // namespace eidtool::pkcs11
