// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/selection.hpp"
#include "crypto/certificate.hpp"
#include "pkcs11/authenticator.hpp"
#include "pkcs11/session.hpp"
#include "pkcs11/signing_key.hpp"

namespace eidtool::commands {

/// A pair of key and certificate on a token, as far as it shows before a login: mostly a certificate
/// whose key is still invisible.
struct Pair {
  pkcs11::Session session;
  std::optional<crypto::Certificate> certificate;
  std::optional<pkcs11::Object> private_key;
  std::string label;             // of the certificate; of the key where there is no certificate
  std::string key_label;         // of the key where the token shows one, else as label
  std::string wanted_key_label;  // asked for and not visible yet: private_key_of() looks
  Bytes id;
  std::optional<Purpose> purpose;
  std::string uri;

  const pkcs11::Token& token() const { return session.token(); }
};

/// The one pair that the options mean. Where they say nothing of a key and one card holds one pair of
/// each purpose it is the one for authentication, and a notice names the other. Throws not_found;
/// ambiguous, listing the candidates as URIs.
Pair choose_pair(const Selection& selection, cli::Context& context);

/// The one token that the options mean: the only one that fits, or the one of choose_pair().
pkcs11::Token choose_token(const Selection& selection, cli::Context& context);

/// The private key of a pair, once the token is logged in. Throws not_found where the token holds none
/// for the certificate or one that belongs to another.
pkcs11::Object private_key_of(const Pair& pair);

/// The key to sign with, after the login that it needs.
pkcs11::SigningKey open_signing_key(const Pair& pair, pkcs11::Authenticator& authenticator);

}  // namespace eidtool::commands
