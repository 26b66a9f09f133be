// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/revocation_list.hpp"

#include "crypto/asn1.hpp"
#include "crypto/der.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

Bytes extension(std::string_view oid, const Bytes& value) {
  return asn1::sequence({asn1::object_identifier(oid), asn1::octet_string(value)});
}

Bytes entry(const RevokedCertificate& revoked) {
  constexpr std::uint8_t key_compromise = 1;
  const auto reason = crypto::der::encoded(0x0a, BytesView(&key_compromise, 1));
  return asn1::sequence({crypto::der::encoded_integer(revoked.serial_number), asn1::time(revoked.at),
                         asn1::sequence({extension("2.5.29.21", reason)})});
}

}  // namespace

Bytes revocation_list(const Authority& authority, const std::vector<RevokedCertificate>& revoked, Validity validity) {
  const auto version_2 = asn1::integer(1);
  const auto algorithm = authority.key.signature_algorithm();
  std::vector<Bytes> parts = {version_2, algorithm, authority.name, asn1::time(validity.not_before),
                              asn1::time(validity.not_after)};
  std::vector<Bytes> entries;
  for (const auto& one : revoked) entries.push_back(entry(one));
  // Where there is none, the list is left out and not empty (§5.1.2.6).
  if (!entries.empty()) parts.push_back(asn1::sequence(entries));
  const auto key_identifier_of_issuer = asn1::context_primitive(0, key_identifier(authority.key.public_key_info()));
  const auto extensions = asn1::sequence(
      {extension("2.5.29.35", asn1::sequence({key_identifier_of_issuer})), extension("2.5.29.20", asn1::integer(1))});
  parts.push_back(asn1::context_constructed(0, extensions));
  const auto content = asn1::sequence(parts);
  return asn1::sequence({content, algorithm, asn1::bit_string(authority.key.sign(content))});
}

}  // namespace eidtool::virtual_card
