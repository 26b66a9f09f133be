// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"
#include "crypto/certificate.hpp"
#include "pkcs11/slot.hpp"

namespace eidtool::commands {

/// A certificate and where it was found.
struct TokenCertificate {
  pkcs11::Token token;
  crypto::Certificate certificate;
  std::string label;
  Bytes id;
};

/// Every certificate that can be read; others are named in a warning.
std::vector<TokenCertificate> certificates_of(const std::vector<pkcs11::Token>& tokens, cli::Context& context);

/// What the card of a token holds of the certificates above one (crypto::issuers_of()).
std::vector<crypto::Certificate> issuers_on_card(const pkcs11::Token& token, const crypto::Certificate& certificate,
                                                 cli::Context& context);

}  // namespace eidtool::commands
