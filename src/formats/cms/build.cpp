// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/build.hpp"

#include <algorithm>

#include "crypto/asn1.hpp"

namespace eidtool::formats::cms {

namespace {

namespace asn1 = crypto::asn1;
namespace der = crypto::der;

/// The members of a SET OF with another tag than SET, in order.
Bytes set_of(std::uint8_t tag, const std::vector<Bytes>& members) {
  auto set = asn1::set_of(members);
  if (!set.empty()) set.front() = tag;
  return set;
}

/// A value of which the middle is written by someone else: what stands before it, with all lengths counting it in.
struct Hull {
  Bytes before;
  std::uint64_t middle = 0;  // bytes
  Bytes behind;

  /// Puts a tag around it.
  Hull& wrap(std::uint8_t tag) {
    const auto size = before.size() + middle + behind.size();
    auto header = der::header(tag, size);
    header.insert(header.end(), before.begin(), before.end());
    before = std::move(header);
    return *this;
  }
  Hull& put_before(const Bytes& bytes) {
    before.insert(before.begin(), bytes.begin(), bytes.end());
    return *this;
  }
  Hull& put_behind(const Bytes& bytes) {
    behind.insert(behind.end(), bytes.begin(), bytes.end());
    return *this;
  }
};

}  // namespace

Bytes signer_info_der(const crypto::Certificate& certificate, HashAlgorithm digest, BytesView signed_attributes_der,
                      const SignatureAlgorithm& algorithm, BytesView signature) {
  Bytes attributes(signed_attributes_der.begin(), signed_attributes_der.end());
  attributes.front() = der::tag::context_constructed(0);
  return asn1::sequence({
      asn1::integer(1),
      asn1::sequence({certificate.issuer_der(), certificate.serial_number_der()}),
      crypto::identifier_of(digest).der(),
      attributes,
      crypto::identifier_of(algorithm).der(),
      asn1::octet_string(signature),
  });
}

void write_signed_data(const SignedData& data, const std::optional<EmbeddedDocument>& document, const Sink& sink) {
  std::vector<Bytes> signers;
  for (const auto& signer : data.signers) signers.push_back(signer.der);
  auto certificates = data.certificates;
  certificates.insert(certificates.end(), data.other_certificates.begin(), data.other_certificates.end());

  Hull hull;
  if (document) {
    hull.middle = document->size;
    hull.wrap(der::tag::octet_string).wrap(der::tag::context_constructed(0));
  }
  hull.put_before(asn1::object_identifier(data.content_type)).wrap(der::tag::sequence);  // encapContentInfo
  hull.put_before(asn1::set_of(data.digest_algorithms))
      .put_before(asn1::integer(static_cast<std::uint8_t>(data.version)));
  if (!certificates.empty()) hull.put_behind(set_of(der::tag::context_constructed(0), certificates));
  if (!data.crls.empty()) hull.put_behind(set_of(der::tag::context_constructed(1), data.crls));
  hull.put_behind(asn1::set_of(signers)).wrap(der::tag::sequence).wrap(der::tag::context_constructed(0));
  hull.put_before(asn1::object_identifier(oid::signed_data)).wrap(der::tag::sequence);

  sink(hull.before);
  if (document) document->write(sink);
  sink(hull.behind);
}

}  // namespace eidtool::formats::cms
