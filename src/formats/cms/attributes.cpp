// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/attributes.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/asn1.hpp"
#include "crypto/digest.hpp"
#include "crypto/directory_string.hpp"

namespace eidtool::formats::cms {

namespace {

namespace asn1 = crypto::asn1;
namespace der = crypto::der;

struct NameRow {
  std::string_view oid;
  std::string_view name;
};

constexpr std::array name_rows = {
    NameRow{oid::content_type, "contentType"},
    NameRow{oid::message_digest, "messageDigest"},
    NameRow{oid::signing_time, "signingTime"},
    NameRow{"1.2.840.113549.1.9.6", "countersignature"},
    NameRow{"1.2.840.113549.1.9.15", "sMIMECapabilities"},
    NameRow{"1.2.840.113549.1.9.16.2.11", "sMIMEEncryptionKeyPreference"},
    NameRow{oid::signing_certificate, "signingCertificate"},
    NameRow{oid::signing_certificate_v2, "signingCertificateV2"},
    NameRow{oid::algorithm_protection, "cmsAlgorithmProtection"},
    NameRow{oid::signature_policy, "signaturePolicyIdentifier"},
    NameRow{oid::commitment_type, "commitmentTypeIndication"},
    NameRow{oid::signer_location, "signerLocation"},
    NameRow{"1.2.840.113549.1.9.16.2.4", "contentHints"},
    NameRow{"1.2.840.113549.1.9.16.2.14", "signatureTimeStampToken"},
    NameRow{"1.2.840.113549.1.9.16.2.18", "signerAttributes"},
    NameRow{"1.2.840.113549.1.9.16.2.20", "contentTimestamp"},
    NameRow{"1.2.840.113549.1.9.16.2.21", "completeCertificateReferences"},
    NameRow{"1.2.840.113549.1.9.16.2.22", "completeRevocationReferences"},
    NameRow{"1.2.840.113549.1.9.16.2.23", "certificateValues"},
    NameRow{"1.2.840.113549.1.9.16.2.24", "revocationValues"},
    NameRow{"1.2.840.113549.1.9.16.2.48", "archiveTimestampV2"},
    NameRow{"0.4.0.1733.2.4", "archiveTimestampV3"},
    NameRow{"0.4.0.1733.2.5", "atsHashIndex"},
    NameRow{"0.4.0.19122.1.1", "signerAttributesV2"},
    NameRow{"0.4.0.19122.1.5", "atsHashIndexV3"},
    NameRow{"1.2.840.113583.1.1.8", "adbeRevocationInfoArchival"},
    NameRow{"1.3.6.1.4.1.311.3.3.1", "microsoftTimestampToken"},
};

constexpr std::string_view unknown_policy_digest("\0", 1);

Bytes attribute(std::string_view oid, const Bytes& value) {
  return asn1::sequence({asn1::object_identifier(oid), asn1::set_of_one(value)});
}

/// IssuerSerial: the issuer as one directoryName among GeneralNames.
Bytes issuer_serial(const crypto::Certificate& certificate) {
  const auto name = asn1::context_constructed(4, certificate.issuer_der());
  return asn1::sequence({asn1::sequence({name}), certificate.serial_number_der()});
}

/// SigningCertificateV2 with SHA-256, which is the default and so left out (RFC 5035 §4).
Bytes signing_certificate_v2(const crypto::Certificate& certificate) {
  const auto hash = asn1::octet_string(certificate.fingerprint_sha256());
  return asn1::sequence({asn1::sequence({asn1::sequence({hash, issuer_serial(certificate)})})});
}

/// SignaturePolicyId. Its hash is not optional; the one byte 00 says that it is not known (RFC 5126 §5.8.1).
Bytes policy_value(const std::string& policy, const std::optional<Bytes>& digest) {
  const auto hash = crypto::identifier_of(HashAlgorithm::sha256).der();
  const auto value = asn1::octet_string(digest ? BytesView(*digest) : as_bytes(unknown_policy_digest));
  return asn1::sequence({asn1::object_identifier(policy), asn1::sequence({hash, value})});
}

/// SignerLocation: localityName [1] of DirectoryString, a CHOICE and so tagged explicitly.
Bytes location_value(const std::string& location) {
  return asn1::sequence({asn1::context_constructed(1, asn1::utf8_string(location))});
}

/// What follows GeneralNames and INTEGER of an IssuerSerial has to be `certificate`'s.
bool issuer_serial_fits(BytesView content, const crypto::Certificate& certificate) {
  der::Reader fields(content);
  auto names = fields.enter(der::tag::sequence);
  const auto serial = fields.next(der::tag::integer).content;
  fields.end();
  if (!certificate.has_serial_number(serial)) return false;
  while (!names.at_end()) {
    const auto name = names.next();
    if (name.tag == der::tag::context_constructed(4) &&
        crypto::comparable_name(name.content) == certificate.comparable_issuer()) {
      return true;
    }
  }
  return false;
}

Reference check_reference(const Bytes& value, bool is_v2, const crypto::Certificate& certificate) {
  der::Reader outer(value);
  auto fields = outer.enter(der::tag::sequence);
  outer.end();
  // The first one is the signer's (RFC 5035 §4).
  auto references = fields.enter(der::tag::sequence);
  auto reference = references.enter(der::tag::sequence);
  auto hash = is_v2 ? HashAlgorithm::sha256 : HashAlgorithm::sha1;
  if (is_v2 && reference.next_tag() == der::tag::sequence) {
    const auto identifier = crypto::AlgorithmIdentifier::read(reference);
    const auto known = crypto::hash_by_oid(identifier.oid);
    if (!known) {
      throw Error(ErrorKind::unsupported, "the signing certificate is named by a digest of " +
                                              crypto::foreign_hash_name(identifier.oid) +
                                              ", which eidtool does not check");
    }
    hash = *known;
  }
  const auto digest = reference.next(der::tag::octet_string).content;
  if (!std::ranges::equal(digest, certificate.fingerprint(hash))) return Reference::contradicts;
  if (const auto names = reference.next_if(der::tag::sequence)) {
    if (!issuer_serial_fits(names->content, certificate)) return Reference::contradicts;
  }
  reference.end();
  return Reference::matches;
}

/// The strings of some values and of the sequences among them: [0] countryName and [1] localityName hold a
/// DirectoryString, [2] postalAddress a SEQUENCE of them.
void collect_strings(der::Reader values, std::vector<std::string>& strings, unsigned depth = 0) {
  while (!values.at_end()) {
    const auto value = values.next();
    if (value.tag == der::tag::sequence && depth == 0) {
      collect_strings(der::Reader(value.content), strings, depth + 1);
    } else if (auto text = crypto::directory_string_text(value)) {
      strings.push_back(std::move(*text));
    }
  }
}

/// A tag, of one byte, and the length behind it (X.690 §8.1).
struct BerHeader {
  std::uint8_t tag;
  std::optional<std::uint64_t> length;  // bytes; nothing: indefinite
};

/// The next one, which is taken off `rest`; nothing where that ends before. BerReader refuses lengths that are longer
/// than there need to be, and values that are cut off: here both are to be seen through.
std::optional<BerHeader> next_ber_header(BytesView& rest) {
  if (rest.size() < 2) return std::nullopt;
  BerHeader header{rest[0], rest[1]};
  rest = rest.subspan(2);
  if (header.length == 0x80U) {
    header.length.reset();
  } else if (*header.length > 0x80U) {
    const auto count = static_cast<std::size_t>(*header.length & 0x7fU);
    if (rest.size() < count) return std::nullopt;
    header.length = 0;
    for (const auto byte : rest.first(count)) header.length = (*header.length << 8U) | byte;
    rest = rest.subspan(count);
  }
  return header;
}

}  // namespace

bool are_signed_attributes(BytesView beginning, std::optional<std::uint64_t> size) {
  auto rest = beginning;
  const auto outer = next_ber_header(rest);
  if (!outer || outer->tag != der::tag::set) return false;
  const auto header_size = beginning.size() - rest.size();
  if (outer->length && size && (*size < header_size || *outer->length != *size - header_size)) return false;
  const auto attribute = next_ber_header(rest);
  if (!attribute || attribute->tag != der::tag::sequence) return false;
  const auto type = next_ber_header(rest);
  if (!type || type->tag != der::tag::object_identifier || !type->length) return false;
  // Nobody has types that are longer than what is looked at, but for somebody who hides what comes behind.
  if (*type->length >= rest.size()) return beginning.size() >= Content::beginning_size;
  return rest[static_cast<std::size_t>(*type->length)] == der::tag::set;
}

std::string attribute_name(std::string_view oid) {
  const auto* row = std::ranges::find(name_rows, oid, &NameRow::oid);
  return std::string(row == name_rows.end() ? oid : row->name);
}

Bytes signed_attributes_der(std::string_view content_type, BytesView message_digest, const crypto::Certificate& signer,
                            const SignedProperties& properties) {
  std::vector<Bytes> attributes = {
      attribute(oid::content_type, asn1::object_identifier(content_type)),
      attribute(oid::message_digest, asn1::octet_string(message_digest)),
      attribute(oid::signing_time, asn1::time(properties.signing_time)),
      attribute(oid::signing_certificate_v2, signing_certificate_v2(signer)),
  };
  if (properties.policy) {
    attributes.push_back(attribute(oid::signature_policy, policy_value(*properties.policy, properties.policy_digest)));
  }
  if (properties.commitment) {
    attributes.push_back(
        attribute(oid::commitment_type, asn1::sequence({asn1::object_identifier(*properties.commitment)})));
  }
  if (properties.location) {
    attributes.push_back(attribute(oid::signer_location, location_value(*properties.location)));
  }
  return asn1::set_of(std::move(attributes));
}

SigningCertificateReferences::SigningCertificateReferences(const SignerInfo& signer)
    : v2_(signer.signed_attribute(oid::signing_certificate_v2)),
      v1_(signer.signed_attribute(oid::signing_certificate)) {}

Reference SigningCertificateReferences::check(const crypto::Certificate& certificate) const {
  auto answer = Reference::absent;
  for (const auto* found : {v2_, v1_}) {
    if (found == nullptr) continue;
    const auto one = check_reference(found->values.front(), found == v2_, certificate);
    if (one == Reference::contradicts) return one;
    answer = one;
  }
  return answer;
}

std::optional<Time> signing_time(const SignerInfo& signer) {
  const auto* found = signer.signed_attribute(oid::signing_time);
  if (found == nullptr) return std::nullopt;
  der::Reader reader(found->values.front());
  const auto time = reader.next_time();
  reader.end();
  return time;
}

std::optional<std::string> signature_policy(const SignerInfo& signer) {
  const auto* found = signer.signed_attribute(oid::signature_policy);
  if (found == nullptr) return std::nullopt;
  der::Reader reader(found->values.front());
  if (reader.next_if(der::tag::null)) return "implied";
  return reader.enter(der::tag::sequence).next_object_identifier();
}

std::vector<std::string> commitment_types(const SignerInfo& signer) {
  std::vector<std::string> types;
  for (const auto& attribute : signer.signed_attributes) {
    if (attribute.oid != oid::commitment_type) continue;
    for (const auto& value : attribute.values) {
      der::Reader reader(value);
      types.push_back(commitment_name(reader.enter(der::tag::sequence).next_object_identifier()));
    }
  }
  return types;
}

std::optional<std::string> signer_location(const SignerInfo& signer) {
  const auto* found = signer.signed_attribute(oid::signer_location);
  if (found == nullptr) return std::nullopt;
  der::Reader outer(found->values.front());
  std::vector<std::string> parts;
  for (auto fields = outer.enter(der::tag::sequence); !fields.at_end();) {
    const auto field = fields.next();
    collect_strings(der::Reader(field.content), parts);
  }
  return join(parts, ", ");
}

}  // namespace eidtool::formats::cms
