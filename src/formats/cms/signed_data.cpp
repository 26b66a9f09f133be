// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/signed_data.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"
#include "formats/cms/source.hpp"

namespace eidtool::formats::cms {

namespace {

namespace der = crypto::der;
using der::copy;

// More than any signature has, and few enough that a hostile file costs little.
constexpr std::size_t most_signers = 1000;
constexpr std::size_t most_attributes = 1000;  // of one signer
constexpr std::size_t most_certificates = 1000;

void check_count(std::size_t count, std::size_t most, const std::string& what) {
  if (count >= most) throw malformed("it holds more than " + std::to_string(most) + " " + what);
}

/// The members of the set that comes next, `most` at most, each with its own length made definite: some write sets of
/// DER with BER in them.
std::vector<Bytes> members(der::Reader& fields, std::uint8_t tag, std::size_t most, const std::string& what) {
  const auto content = fields.next(tag).content;
  const auto most_size = 2 * content.size();  // a definite length can be longer than an indefinite one
  Source source(copy(content));
  std::vector<Bytes> values;
  for (BerReader reader(source, 0); reader.offset() < source.size();) {
    check_count(values.size(), most, what);
    values.push_back(reader.definite_value(most_size));
  }
  return values;
}

std::vector<Attribute> read_attributes(BytesView content) {
  std::vector<Attribute> attributes;
  for (der::Reader reader(content); !reader.at_end();) {
    check_count(attributes.size(), most_attributes, "attributes of one signer");
    auto fields = reader.enter(der::tag::sequence);
    Attribute attribute{fields.next_object_identifier(), {}};
    for (auto values = fields.enter(der::tag::set); !values.at_end();) {
      check_count(attribute.values.size(), most_attributes, "values of one attribute");
      attribute.values.push_back(copy(values.next().whole));
    }
    fields.end();
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

/// The types of unsigned attributes. Nothing of them was hashed, so any BER will do; what is in them is skipped.
std::vector<Attribute> read_unsigned_attributes(BytesView bytes) {
  const auto most = 2 * bytes.size();  // as above
  Source source(copy(bytes));
  BerReader reader(source, 0);
  std::vector<Attribute> attributes;
  const auto all = reader.enter(der::tag::context_constructed(1));
  while (!reader.at_end(all)) {
    check_count(attributes.size(), most_attributes, "attributes of one signer");
    const auto fields = reader.enter(der::tag::sequence);
    const auto type = reader.definite_value(most);
    attributes.push_back({der::Reader(type).next_object_identifier(), {}});
    (void)reader.definite_value(most);
    reader.leave(fields);
  }
  reader.leave(all);
  if (reader.offset() != source.size()) throw malformed("it holds more than belongs there");
  return attributes;
}

/// The SignerIdentifier: issuerAndSerialNumber or [0] subjectKeyIdentifier.
void read_identifier(der::Reader& fields, SignerInfo& signer) {
  if (const auto key_identifier = fields.next_if(der::tag::context(0))) {
    signer.key_identifier = copy(key_identifier->content);
    if (signer.key_identifier.empty()) throw malformed("a signer's key identifier is empty");
    return;
  }
  auto identifier = fields.enter(der::tag::sequence);
  signer.issuer = copy(identifier.next(der::tag::sequence).whole);
  signer.comparable_issuer = crypto::comparable_name(signer.issuer);
  signer.serial_number = copy(identifier.next(der::tag::integer).content);
  identifier.end();
}

void read_signer(der::Reader fields, SignerInfo& signer) {
  // It follows from the identifier, and not everybody writes the right one.
  const auto version = fields.next(der::tag::integer).content;
  if (version.size() != 1 || (version[0] != 1 && version[0] != 3)) throw malformed("a signer has an unknown version");
  read_identifier(fields, signer);
  signer.digest_algorithm = crypto::AlgorithmIdentifier::read(fields);
  if (const auto attributes = fields.next_if(der::tag::context_constructed(0))) {
    signer.signed_attributes = read_attributes(attributes->content);
    signer.signed_attributes_der = copy(attributes->whole);
    signer.signed_attributes_der->front() = der::tag::set;
  }
  signer.signature_algorithm = crypto::AlgorithmIdentifier::read(fields);
  signer.signature = copy(fields.next(der::tag::octet_string).content);
  if (!fields.at_end()) signer.unsigned_attributes = read_unsigned_attributes(fields.rest());
}

SignerInfo signer_from(Bytes bytes) {
  SignerInfo signer;
  signer.der = std::move(bytes);
  try {
    read_signer(der::Reader(signer.der).enter(der::tag::sequence), signer);
  } catch (const Error& error) {  // a value from here on: it hides nothing of the other signers
    signer.defect = error.what();
  }
  return signer;
}

unsigned read_version(der::Reader& fields) {
  const auto content = fields.next(der::tag::integer).content;
  if (content.size() != 1 || content[0] > 5) throw malformed("it is of a version that RFC 5652 does not know");
  return content[0];
}

}  // namespace

bool SignerInfo::names(const crypto::Certificate& certificate) const {
  if (!key_identifier.empty()) return certificate.key_identifier() == key_identifier;
  return certificate.has_serial_number(serial_number) && certificate.comparable_issuer() == comparable_issuer;
}

const Attribute* SignerInfo::signed_attribute(std::string_view oid) const {
  const auto found = std::ranges::find(signed_attributes, oid, &Attribute::oid);
  if (found == signed_attributes.end()) return nullptr;
  if (std::find_if(found + 1, signed_attributes.end(), [&](const auto& other) { return other.oid == oid; }) !=
          signed_attributes.end() ||
      found->values.size() != 1) {
    throw malformed("the signed attribute " + std::string(oid) + " has not exactly one value");
  }
  return &*found;
}

SignedData parse_signed_data(BytesView before, BytesView behind) {
  SignedData data;
  der::Reader head(before);
  data.version = read_version(head);
  data.digest_algorithms = members(head, der::tag::set, most_signers, "digest algorithms");
  data.content_type = head.next_object_identifier();
  head.end();

  der::Reader tail(behind);
  if (tail.next_tag() == der::tag::context_constructed(0)) {
    for (auto& one : members(tail, der::tag::context_constructed(0), most_certificates, "certificates")) {
      auto& kind = one.front() == der::tag::sequence ? data.certificates : data.other_certificates;
      kind.push_back(std::move(one));
    }
  }
  if (tail.next_tag() == der::tag::context_constructed(1)) {
    data.crls = members(tail, der::tag::context_constructed(1), most_certificates, "revocation lists");
  }
  for (auto& one : members(tail, der::tag::set, most_signers, "signatures")) {
    if (one.front() != der::tag::sequence) throw malformed("what stands among its signatures is none");
    data.signers.push_back(signer_from(std::move(one)));
  }
  tail.end();
  return data;
}

void check_counts(const SignedData& data, const std::string& file) {
  const auto check = [&](std::size_t count, std::size_t most, const std::string& what, const std::string& hint) {
    if (count <= most) return;
    throw Error(ErrorKind::unsupported,
                in_quotes(file) + " would hold " + std::to_string(count) + " " + what + ", and only " +
                    std::to_string(most) + " are read",
                hint)
        .with_file(file);
  };
  const std::string another = "another file, named with -o, takes further signatures";
  check(data.signers.size(), most_signers, "signatures", another);
  check(data.digest_algorithms.size(), most_signers, "digest algorithms", another);
  check(data.certificates.size() + data.other_certificates.size(), most_certificates, "certificates",
        "those between the signer's and a root are enough for --intermediates");
}

}  // namespace eidtool::formats::cms
