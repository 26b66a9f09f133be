// SPDX-License-Identifier: Apache-2.0
#include "formats/cms_tools.hpp"

#include <algorithm>

#include "crypto/algorithm_identifier.hpp"
#include "crypto/asn1.hpp"
#include "support/software_signer.hpp"

namespace eidtool::tests {

namespace asn1 = crypto::asn1;

const SignatureAlgorithm& algorithm_of(std::string_view name) {
  return *std::ranges::find(signature_algorithms, name, &SignatureAlgorithm::name);
}

Bytes signature_by(const std::string& key, const SignatureAlgorithm& algorithm, const formats::SignRequest& wishes) {
  SoftwareSigner signer(key);
  auto request = wishes;
  return signed_bytes(formats::cades(),
                      {request.document, algorithm, request.properties, request.packaging, request.encoding,
                       request.certificates, request.add_to},
                      signer);
}

Bytes signature_by(const std::string& key, std::string_view algorithm, formats::Packaging packaging,
                   formats::Encoding encoding) {
  formats::Document document{InputFile(vector_path("document"))};
  SoftwareSigner signer(key);
  formats::SignRequest request{document, algorithm_of(algorithm)};
  request.packaging = packaging;
  request.encoding = encoding;
  request.properties.signing_time = Time(std::chrono::seconds(1800000000));
  return signed_bytes(formats::cades(), request, signer);
}

formats::FileReport checked(BytesView signature, const Said& said) {
  return verified(formats::cades(), signature, vector_path("document"), said);
}

std::optional<SubIndication> reason(const formats::SignatureReport& report) {
  for (const auto& finding : report.findings) {
    if (finding.sub_indication) return finding.sub_indication;
  }
  return std::nullopt;
}

Bytes HandMade::attribute(std::string_view oid, const std::vector<Bytes>& values) {
  return asn1::sequence({asn1::object_identifier(oid), asn1::set_of(values)});
}

HandMade& HandMade::usual(BytesView document, HashAlgorithm hash) {
  signed_attributes.push_back(attribute("1.2.840.113549.1.9.3", {asn1::object_identifier(content_type)}));
  signed_attributes.push_back(attribute("1.2.840.113549.1.9.4", {asn1::octet_string(crypto::digest(hash, document))}));
  return *this;
}

Bytes HandMade::build(BytesView bare) const {
  auto attributes = asn1::set_of(signed_attributes);
  SoftwareSigner signer(key);
  formats::BytesContent signed_content(has_attributes ? attributes : Bytes(bare.begin(), bare.end()), "test");
  const auto signature = signer.sign(algorithm_of(algorithm), signed_content);
  const auto certificate = vector_certificate(key);
  const auto signature_algorithm = key == "rsa2048" ? crypto::AlgorithmIdentifier{"1.2.840.113549.1.1.1", asn1::null()}
                                                    : crypto::identifier_of(algorithm_of(algorithm));
  attributes.front() = 0xa0;
  auto unsigned_set = asn1::set_of(unsigned_attributes);
  unsigned_set.front() = 0xa1;
  const auto digest = asn1::sequence({asn1::object_identifier(digest_oid)});
  const auto info =
      asn1::sequence({asn1::integer(1), asn1::sequence({issuer, certificate.serial_number_der()}), digest,
                      has_attributes ? attributes : Bytes(), signature_algorithm.der(), asn1::octet_string(signature),
                      unsigned_attributes.empty() ? Bytes() : unsigned_set});
  auto certificate_set = asn1::set_of(certificates);
  certificate_set.front() = 0xa0;
  const auto document = content ? asn1::context_constructed(0, asn1::octet_string(*content)) : Bytes();
  const auto data = asn1::sequence({asn1::integer(1), asn1::set_of_one(digest),
                                    asn1::sequence({asn1::object_identifier(content_type), document}),
                                    certificates.empty() ? Bytes() : certificate_set, asn1::set_of_one(info)});
  return asn1::sequence({asn1::object_identifier("1.2.840.113549.1.7.2"), asn1::context_constructed(0, data)});
}

}  // namespace eidtool::tests
