// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/pki.hpp"

#include <set>
#include <string>

#include "crypto/certificate.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "virtual_card/tools.hpp"

namespace eidtool::tests {

using crypto::Certificate;
using virtual_card::AuthorityKey;
using virtual_card::Citizen;
using virtual_card::Pki;
using virtual_card::Validity;

namespace {

const Time today = std::chrono::floor<std::chrono::days>(now());
const Validity one_year = {today, today + std::chrono::days(365)};

/// A citizen with software keys.
struct Issued {
  explicit Issued(KeyType authority_key_type, Validity validity = one_year)
      : pki(Pki::create(authority_key_type, validity, now())),
        authentication(pki.issue(Purpose::authentication, Citizen(), key.public_key_info(), validity)),
        signature(pki.issue(Purpose::signature, Citizen(), key.public_key_info(), validity)) {}

  AuthorityKey key = AuthorityKey::generate(KeyType::ec);
  Pki pki;
  Bytes authentication;
  Bytes signature;
};

/// `openssl verify` of a certificate under the root, the other authorities being at hand.
Outcome openssl_verify(const std::filesystem::path& folder, const Pki& pki, const Bytes& certificate,
                       const std::vector<std::string>& options = {}) {
  std::string others;
  for (const auto* authority :
       {&pki.citizen_card(), &pki.issuer(Purpose::authentication), &pki.issuer(Purpose::signature)}) {
    others += Certificate::from_der(authority->certificate, "authority").pem();
  }
  write_file(folder / "others.pem", others);
  write_pem(folder / "root.pem", pki.root().certificate);
  write_pem(folder / "citizen.pem", certificate);
  std::vector<std::string> words = {"openssl",  "verify",     "-x509_strict", "-CAfile",
                                    "root.pem", "-untrusted", "others.pem"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back("citizen.pem");
  return run_tool(words, folder);
}

}  // namespace

TEST_CASE("OpenSSL believes both certificates of the citizen under the root, for what they are for") {
  if (!has_tool("openssl")) return;
  const auto authority_key_type = GENERATE(KeyType::rsa, KeyType::ec);
  const Issued issued(authority_key_type);
  const TemporaryFolder folder;
  for (const auto* purpose : {"sslclient", "smimesign"}) {
    const auto outcome = openssl_verify(folder.path(), issued.pki, issued.authentication, {"-purpose", purpose});
    INFO(outcome.output << outcome.errors);
    CHECK(outcome.status == 0);
  }
  CHECK(openssl_verify(folder.path(), issued.pki, issued.signature, {"-purpose", "smimesign"}).status == 0);
  CHECK(openssl_verify(folder.path(), issued.pki, issued.signature, {"-purpose", "sslclient"}).status != 0);
  CHECK(openssl_verify(folder.path(), issued.pki, issued.signature, {"-purpose", "sslserver"}).status != 0);
  // Another root of the same name.
  const auto stranger = Pki::create(KeyType::ec, one_year, now());
  CHECK(openssl_verify(folder.path(), stranger, issued.signature).status != 0);
}

TEST_CASE("the citizen's certificates say what the real ones say") {
  if (!has_tool("openssl")) return;
  const Issued issued(KeyType::rsa);
  const TemporaryFolder folder;
  const auto authentication = openssl_text(folder.path(), issued.authentication);
  INFO(authentication);
  CHECK(contains(authentication, "Signature Algorithm: sha256WithRSAEncryption"));
  CHECK(contains(authentication,
                 "Issuer: C=PT,O=Instituto dos Registos e do Notariado I.P.,OU=Cartão de Cidadão,OU=subECEstado,"
                 "CN=EC de Autenticação do Cartão de Cidadão VIRTUAL"));
  CHECK(contains(authentication, "X509v3 Basic Constraints: critical\n                CA:FALSE"));
  CHECK(contains(authentication, "X509v3 Key Usage: critical\n                Digital Signature, Key Agreement\n"));
  CHECK(contains(authentication, "TLS Web Client Authentication, E-mail Protection"));
  CHECK(contains(authentication, "Policy: 2.16.620.1.1.1.2.4.2.0.7"));
  CHECK(contains(authentication, "OCSP - URI:http://ocsp.auc.cartaodecidadao.invalid/ocsp"));
  CHECK(contains(authentication, "CA Issuers - URI:http://pki.cartaodecidadao.invalid/publico/certificado/auc.crt"));
  CHECK(contains(authentication, "URI:http://pki.cartaodecidadao.invalid/publico/lrc/auc.crl"));

  const auto signature = openssl_text(folder.path(), issued.signature);
  INFO(signature);
  CHECK(contains(signature, "CN=EC de Assinatura Qualificada do Cartão de Cidadão VIRTUAL"));
  CHECK(contains(signature, "X509v3 Key Usage: critical\n                Non Repudiation\n"));
  CHECK(contains(signature, "qcStatements"));
  CHECK(contains(signature, "Policy: 0.4.0.194112.1.2"));
  CHECK(contains(signature, "URI:http://pki.cartaodecidadao.invalid/publico/lrc/asc.crl"));
}

TEST_CASE("the authorities are named and limited as on the real card") {
  if (!has_tool("openssl")) return;
  const Issued issued(KeyType::ec);
  const TemporaryFolder folder;
  const auto root = openssl_text(folder.path(), issued.pki.root().certificate);
  CHECK(contains(root, "Subject: C=PT,O=Sistema de Certificação Eletrónica do Estado,CN=ECRaizEstado VIRTUAL"));
  CHECK(contains(root, "CA:TRUE, pathlen:2"));
  CHECK(contains(root, "Certificate Sign, CRL Sign"));
  const auto citizen_card = openssl_text(folder.path(), issued.pki.citizen_card().certificate);
  CHECK(contains(citizen_card, "CN=Cartão de Cidadão VIRTUAL"));
  CHECK(contains(citizen_card, "CA:TRUE, pathlen:1"));
  CHECK(contains(citizen_card, "sha256WithRSAEncryption"));
  const auto issuer = openssl_text(folder.path(), issued.pki.issuer(Purpose::signature).certificate);
  CHECK(contains(issuer, "CA:TRUE, pathlen:0"));
  CHECK(contains(issuer, "ecdsa-with-SHA256"));
}

TEST_CASE("each certificate is issued by the one above it, within its validity, under a number of its own") {
  const Issued issued(KeyType::ec);
  const auto certificate = [](const Bytes& der) { return Certificate::from_der(der, "certificate"); };
  const auto root = certificate(issued.pki.root().certificate);
  const auto citizen_card = certificate(issued.pki.citizen_card().certificate);
  const auto authentication_issuer = certificate(issued.pki.issuer(Purpose::authentication).certificate);
  const auto signature_issuer = certificate(issued.pki.issuer(Purpose::signature).certificate);
  const auto authentication = certificate(issued.authentication);
  const auto signature = certificate(issued.signature);

  std::set<Bytes> numbers;
  const auto check_issued = [&](const Certificate& subject, const Certificate& issuer) {
    CHECK(subject.issuer_der() == issuer.subject_der());
    CHECK(issuer.not_before() <= subject.not_before());
    CHECK(subject.not_after() <= issuer.not_after());
    CHECK(subject.serial_number().size() == 16);
    CHECK((subject.serial_number().front() & 0x80U) == 0);
    numbers.insert(subject.serial_number());
  };
  check_issued(root, root);
  check_issued(citizen_card, root);
  check_issued(authentication_issuer, citizen_card);
  check_issued(signature_issuer, citizen_card);
  check_issued(authentication, authentication_issuer);
  check_issued(signature, signature_issuer);
  CHECK(numbers.size() == 6);

  CHECK(root.is_ca());
  CHECK(signature_issuer.is_ca());
  CHECK_FALSE(signature.is_ca());
  CHECK(authentication.purpose() == Purpose::authentication);
  CHECK(signature.purpose() == Purpose::signature);
  CHECK(signature.key_usage() == std::vector<std::string>{"nonRepudiation"});
  CHECK(authentication.key_usage() == std::vector<std::string>{"digitalSignature", "keyAgreement"});
}

TEST_CASE("a citizen's certificate that is expired or not yet valid is so alone") {
  if (!has_tool("openssl")) return;
  const TemporaryFolder folder;
  using std::chrono::days;
  const Issued expired(KeyType::ec, {today - days(1000), today - days(10)});
  CHECK(contains(openssl_verify(folder.path(), expired.pki, expired.signature).errors,
                 "error 10 at 0 depth lookup: certificate has expired"));
  const Issued future(KeyType::ec, {today + days(10), today + days(40000)});
  CHECK(contains(openssl_verify(folder.path(), future.pki, future.signature).errors,
                 "error 9 at 0 depth lookup: certificate is not yet valid"));
  // Beyond 2050 times have another encoding.
  CHECK(Certificate::from_der(future.signature, "certificate").not_after() == today + days(40000));
}

}  // namespace eidtool::tests
