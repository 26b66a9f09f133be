// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/pin.hpp"
#include "pkcs11/session.hpp"
#include "virtual_card/key_kind.hpp"

namespace eidtool::virtual_card {

/// The library of SoftHSM where distributions put it. Throws not_found.
std::filesystem::path find_softhsm();

/// Text of a softhsm2.conf. Throws unsupported for a folder that SoftHSM's format cannot name.
std::string softhsm_configuration(const std::filesystem::path& tokens);
/// The first line of what softhsm_configuration() makes, by which our folders are known.
extern const std::string_view softhsm_configuration_mark;

/// A new SoftHSM token in the folder that `configuration` names, while it is filled. When this ends
/// the user is logged out and the module closed; the token stays.
class SofthsmToken {
 public:
  struct Settings {
    std::filesystem::path module;
    std::filesystem::path configuration;
    std::string label;  // 32 bytes at most
    Pin pin;
    Pin so_pin;
  };
  explicit SofthsmToken(const Settings& settings);

  struct KeyPair {
    std::string label;
    std::uint8_t id;
    KeyKind kind;
    Bytes subject;  // Name, DER
    bool always_authenticate;
  };
  /// Generates a pair in the token, where the private key stays. Its SubjectPublicKeyInfo, DER.
  Bytes generate(const KeyPair& pair) const;

  enum class Category { citizen, authority };
  void store_certificate(const std::string& label, std::uint8_t id, Category category, const Bytes& der) const;

  /// As it is now.
  const pkcs11::Token& token() const { return session_.token(); }

 private:
  pkcs11::Session session_;
};

/// Throws usage for what a token's label cannot be.
void check_token_label(const std::string& label);
/// Throws usage for a PIN that SoftHSM does not take.
Pin checked_pin(const std::string& option, const std::string& pin);

}  // namespace eidtool::virtual_card
