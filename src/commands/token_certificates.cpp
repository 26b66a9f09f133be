// SPDX-License-Identifier: Apache-2.0
#include "commands/token_certificates.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/issuers.hpp"
#include "pkcs11/module.hpp"
#include "pkcs11/session.hpp"

namespace eidtool::commands {

std::vector<TokenCertificate> certificates_of(const std::vector<pkcs11::Token>& tokens, cli::Context& context) {
  std::vector<TokenCertificate> found;
  for (const auto& token : tokens) {
    const auto session = token.open_session();
    for (const auto& listed : session.find(pkcs11::Template().add_number(CKA_CLASS, CKO_CERTIFICATE))) {
      const auto object = listed.with({CKA_LABEL, CKA_VALUE, CKA_ID});
      const auto label = object.text(CKA_LABEL).value_or("");
      const auto value = object.attribute_if_any(CKA_VALUE);
      if (!value || value->empty()) continue;
      try {
        found.push_back({token, crypto::Certificate::from_der(*value, "certificate " + in_quotes(label)), label,
                         object.attribute_if_any(CKA_ID).value_or(Bytes())});
      } catch (const Error& error) {  // one of a batch
        context.console.warning(error.what());
      }
    }
  }
  return found;
}

std::vector<crypto::Certificate> issuers_on_card(const pkcs11::Token& token, const crypto::Certificate& certificate,
                                                 cli::Context& context) {
  std::vector<pkcs11::Token> card;
  for (const auto& slot : token.module().slots(pkcs11::Module::Slots::with_token)) {
    const auto other = slot.token();
    if (other && other->same_card(token)) card.push_back(*other);
  }
  std::vector<crypto::Certificate> pile;
  for (const auto& found : certificates_of(card, context)) pile.push_back(found.certificate);
  return crypto::issuers_of(certificate, pile);
}

}  // namespace eidtool::commands
