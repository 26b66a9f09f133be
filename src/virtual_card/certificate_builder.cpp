// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/certificate_builder.hpp"

#include <botan/system_rng.h>

#include <utility>

#include "crypto/asn1.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

constexpr std::size_t random_number_size = 16;

/// Positive and always of the same size: the first byte is between 0x40 and 0x7f.
Bytes random_serial_number() {
  Bytes number(random_number_size);
  Botan::System_RNG().randomize(number.data(), number.size());
  number[0] = static_cast<std::uint8_t>((number[0] & 0x3fU) | 0x40U);
  return number;
}

Bytes general_name_url(std::string_view url) { return asn1::context_primitive(6, as_bytes(url)); }

}  // namespace

Bytes key_identifier(BytesView public_key_info) {
  auto info = crypto::der::Reader(public_key_info).enter(crypto::der::tag::sequence);
  info.next(crypto::der::tag::sequence);
  const auto key = info.next(crypto::der::tag::bit_string).content;
  return crypto::digest(HashAlgorithm::sha1, key.subspan(key.empty() ? 0 : 1));
}

CertificateBuilder::CertificateBuilder(Bytes issuer, Bytes subject, Bytes public_key_info, Validity validity)
    : issuer_(std::move(issuer)),
      subject_(std::move(subject)),
      public_key_info_(std::move(public_key_info)),
      validity_(validity) {}

CertificateBuilder& CertificateBuilder::add(std::string_view oid, Critical critical, const Bytes& value) {
  std::vector<Bytes> parts = {asn1::object_identifier(oid)};
  if (critical == Critical::yes) parts.push_back(asn1::boolean_true());
  parts.push_back(asn1::octet_string(value));
  extensions_.push_back(asn1::sequence(parts));
  return *this;
}

CertificateBuilder& CertificateBuilder::authority(std::uint8_t path_length) {
  return add("2.5.29.19", Critical::yes, asn1::sequence({asn1::boolean_true(), asn1::integer(path_length)}));
}

CertificateBuilder& CertificateBuilder::end_entity() { return add("2.5.29.19", Critical::yes, asn1::sequence({})); }

CertificateBuilder& CertificateBuilder::key_usage(std::initializer_list<Usage> usages) {
  std::vector<unsigned> bits;
  for (const auto usage : usages) bits.push_back(static_cast<unsigned>(usage));
  return add("2.5.29.15", Critical::yes, asn1::named_bits(bits));
}

CertificateBuilder& CertificateBuilder::extended_key_usage(std::initializer_list<std::string_view> oids) {
  std::vector<Bytes> purposes;
  for (const auto oid : oids) purposes.push_back(asn1::object_identifier(oid));
  return add("2.5.29.37", Critical::no, asn1::sequence(purposes));
}

CertificateBuilder& CertificateBuilder::policies(const std::vector<Policy>& policies) {
  std::vector<Bytes> informations;
  for (const auto& policy : policies) {
    std::vector<Bytes> parts = {asn1::object_identifier(policy.oid)};
    if (!policy.statement.empty()) {
      const auto statement = crypto::der::encoded(crypto::der::tag::ia5_string, as_bytes(policy.statement));
      parts.push_back(asn1::sequence({asn1::sequence({asn1::object_identifier("1.3.6.1.5.5.7.2.1"), statement})}));
    }
    informations.push_back(asn1::sequence(parts));
  }
  return add("2.5.29.32", Critical::no, asn1::sequence(informations));
}

CertificateBuilder& CertificateBuilder::crl_distribution_point(std::string_view url) {
  const auto full_name = asn1::context_constructed(0, general_name_url(url));
  return add("2.5.29.31", Critical::no, asn1::sequence({asn1::sequence({asn1::context_constructed(0, full_name)})}));
}

CertificateBuilder& CertificateBuilder::authority_information(std::string_view ocsp_url, std::string_view issuer_url) {
  return add("1.3.6.1.5.5.7.1.1", Critical::no,
             asn1::sequence({
                 asn1::sequence({asn1::object_identifier("1.3.6.1.5.5.7.48.1"), general_name_url(ocsp_url)}),
                 asn1::sequence({asn1::object_identifier("1.3.6.1.5.5.7.48.2"), general_name_url(issuer_url)}),
             }));
}

CertificateBuilder& CertificateBuilder::subject_key_identifier() {
  return add("2.5.29.14", Critical::no, asn1::octet_string(key_identifier(public_key_info_)));
}

CertificateBuilder& CertificateBuilder::authority_key_identifier(BytesView issuer_public_key_info) {
  return add("2.5.29.35", Critical::no,
             asn1::sequence({asn1::context_primitive(0, key_identifier(issuer_public_key_info))}));
}

CertificateBuilder& CertificateBuilder::qualified_signature_statements() {
  const auto signature_type = asn1::sequence({asn1::object_identifier("0.4.0.1862.1.6.1")});
  return add("1.3.6.1.5.5.7.1.3", Critical::no,
             asn1::sequence({
                 asn1::sequence({asn1::object_identifier("0.4.0.1862.1.1")}),
                 asn1::sequence({asn1::object_identifier("0.4.0.1862.1.4")}),
                 asn1::sequence({asn1::object_identifier("0.4.0.1862.1.6"), signature_type}),
             }));
}

Bytes CertificateBuilder::build(const AuthorityKey& issuer_key) const {
  const auto version_3 = asn1::context_constructed(0, asn1::integer(2));
  const auto algorithm = issuer_key.signature_algorithm();
  const auto validity = asn1::sequence({asn1::time(validity_.not_before), asn1::time(validity_.not_after)});
  const auto extensions = asn1::context_constructed(3, asn1::sequence(extensions_));
  const auto content = asn1::sequence({version_3, crypto::der::encoded_integer(random_serial_number()), algorithm,
                                       issuer_, validity, subject_, public_key_info_, extensions});
  return asn1::sequence({content, algorithm, asn1::bit_string(issuer_key.sign(content))});
}

}  // namespace eidtool::virtual_card
