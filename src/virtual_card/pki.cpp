// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/pki.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "crypto/asn1.hpp"
#include "crypto/der.hpp"
#include "virtual_card/name.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

using Usage = CertificateBuilder::Usage;
using std::chrono::days;

// Nothing answers there (RFC 2606 §2).
const std::string publications = "http://pki.cartaodecidadao.invalid/publico/";
constexpr std::string_view any_policy = "2.5.29.32.0";

/// Names as on the certificates that the card's own software brings (CC_Auc0020, CC_Asc0020,
/// CartaodeCidadao008, ECRaizEstado002), but for the number at their end. That of the signature
/// authority would pass the 64 characters of a common name: its `Digital` is left out.
std::vector<NameAttribute> root_name() {
  using enum NameAttributeType;
  return {{country, "PT"},
          {organization, "Sistema de Certificação Eletrónica do Estado"},
          {common_name, "ECRaizEstado VIRTUAL"}};
}

std::vector<NameAttribute> citizen_card_name() {
  using enum NameAttributeType;
  return {{country, "PT"},
          {organization, "SCEE - Sistema de Certificação Electrónica do Estado"},
          {organizational_unit, "ECEstado"},
          {common_name, "Cartão de Cidadão VIRTUAL"}};
}

std::vector<NameAttribute> issuer_name(Purpose purpose) {
  using enum NameAttributeType;
  return {{country, "PT"},
          {organization, "Instituto dos Registos e do Notariado I.P."},
          {organizational_unit, "Cartão de Cidadão"},
          {organizational_unit, "subECEstado"},
          {common_name, purpose == Purpose::signature ? "EC de Assinatura Qualificada do Cartão de Cidadão VIRTUAL"
                                                      : "EC de Autenticação do Cartão de Cidadão VIRTUAL"}};
}

Authority authority(AuthorityKey key, const std::vector<NameAttribute>& name, const std::string& short_name) {
  return {std::move(key),
          name_der(name),
          {},
          publications + "lrc/" + short_name + ".crl",
          publications + "certificado/" + short_name + ".crt",
          "http://ocsp." + short_name + ".cartaodecidadao.invalid/ocsp"};
}

CertificateBuilder& add_pointers(CertificateBuilder& builder, const Authority& issuer) {
  return builder.authority_key_identifier(issuer.key.public_key_info())
      .authority_information(issuer.ocsp_url, issuer.certificate_url)
      .crl_distribution_point(issuer.crl_url);
}

Validity widened(Validity validity, days by) { return {validity.not_before - by, validity.not_after + by}; }

void certify_root(Authority& root, Validity validity) {
  CertificateBuilder builder(root.name, root.name, root.key.public_key_info(), validity);
  builder.authority(2)
      .key_usage({Usage::certificate_signing, Usage::crl_signing})
      .subject_key_identifier()
      .policies({{any_policy, publications + "politicas/dpc"}});
  root.certificate = builder.build(root.key);
}

void certify(Authority& subject, const Authority& issuer, std::uint8_t path_length,
             const std::vector<CertificateBuilder::Policy>& policies, Validity validity) {
  CertificateBuilder builder(issuer.name, subject.name, subject.key.public_key_info(), validity);
  builder.authority(path_length)
      .key_usage({Usage::certificate_signing, Usage::crl_signing})
      .subject_key_identifier()
      .policies(policies);
  subject.certificate = add_pointers(builder, issuer).build(issuer.key);
}

bool is_ed25519(const Bytes& public_key_info) {
  auto algorithm =
      crypto::der::Reader(public_key_info).enter(crypto::der::tag::sequence).enter(crypto::der::tag::sequence);
  const auto oid = algorithm.next(crypto::der::tag::object_identifier).content;
  return crypto::der::object_identifier_text(oid) == "1.3.101.112";
}

}  // namespace

Pki::Pki(Authority root, Authority citizen_card, Authority authentication, Authority signature)
    : root_(std::move(root)),
      citizen_card_(std::move(citizen_card)),
      authentication_(std::move(authentication)),
      signature_(std::move(signature)) {}

Pki Pki::create(KeyType authority_key_type, Validity citizens, Time now) {
  // Finding the primes of an RSA key takes a few tenths of a second: side by side.
  auto root_key = std::async(std::launch::async, AuthorityKey::generate, KeyType::rsa);
  auto citizen_card_key = std::async(std::launch::async, AuthorityKey::generate, authority_key_type);
  auto authentication_key = std::async(std::launch::async, AuthorityKey::generate, authority_key_type);
  auto signature_key = std::async(std::launch::async, AuthorityKey::generate, authority_key_type);
  Pki pki(authority(root_key.get(), root_name(), "ecraizestado"),
          authority(citizen_card_key.get(), citizen_card_name(), "root"),
          authority(authentication_key.get(), issuer_name(Purpose::authentication), "auc"),
          authority(signature_key.get(), issuer_name(Purpose::signature), "asc"));

  const Validity issuers = widened({std::min(citizens.not_before, now), std::max(citizens.not_after, now)}, days(365));
  const Validity citizen_card = widened(issuers, days(2 * 365));
  certify_root(pki.root_, widened(citizen_card, days(5 * 365)));
  certify(pki.citizen_card_, pki.root_, 1, {{any_policy, publications + "politicas/dpc"}}, citizen_card);
  const std::string statements = publications + "politica-certificados";
  const std::string practices = publications + "praticas-certificacao";
  certify(pki.authentication_, pki.citizen_card_, 0,
          {{any_policy, publications + "politicas/dpc"},
           {"2.16.620.1.1.1.2.4.0.1.3", statements},
           {"2.16.620.1.1.1.2.4.0.7", practices}},
          issuers);
  certify(pki.signature_, pki.citizen_card_, 0,
          {{any_policy, publications + "politicas/dpc"},
           {"2.16.620.1.1.1.2.4.0.7", practices},
           {"2.16.620.1.1.1.2.4.0.1.2", statements}},
          issuers);
  return pki;
}

Bytes Pki::issue(Purpose purpose, const Citizen& citizen, const Bytes& public_key_info, Validity validity) const {
  const auto& issuer = this->issuer(purpose);
  const std::string statements = publications + "politica-certificados";
  const std::string practices = publications + "praticas-certificacao";
  constexpr std::string_view client_authentication = "1.3.6.1.5.5.7.3.2";
  constexpr std::string_view email_protection = "1.3.6.1.5.5.7.3.4";

  CertificateBuilder builder(issuer.name, subject_name(citizen, purpose), public_key_info, validity);
  builder.end_entity();
  if (purpose == Purpose::signature) {
    builder.key_usage({Usage::non_repudiation})
        .extended_key_usage({email_protection})
        .policies({{"2.16.620.1.1.1.2.4.1.0.7", practices},
                   {"2.16.620.1.1.1.2.4.1.0.1.1", statements},
                   {"0.4.0.194112.1.2", ""}})  // QCP-n-qscd, ETSI EN 319 411-2 §5.3
        .qualified_signature_statements();
  } else {
    // An Ed25519 key cannot agree on keys (RFC 8410 §5).
    if (is_ed25519(public_key_info)) {
      builder.key_usage({Usage::digital_signature});
    } else {
      builder.key_usage({Usage::digital_signature, Usage::key_agreement});
    }
    builder.extended_key_usage({client_authentication, email_protection})
        .policies({{"2.16.620.1.1.1.2.4.2.0.7", practices}, {"2.16.620.1.1.1.2.4.2.0.1.1", statements}});
  }
  builder.subject_key_identifier();
  return add_pointers(builder, issuer).build(issuer.key);
}

}  // namespace eidtool::virtual_card
