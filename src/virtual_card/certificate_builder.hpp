// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "virtual_card/authority_key.hpp"

namespace eidtool::virtual_card {

/// From when to when, both included.
struct Validity {
  Time not_before;
  Time not_after;
};

/// What a certificate says (RFC 5280 §4.1); build() signs it. Extensions appear in the order in which
/// they were added.
class CertificateBuilder {
 public:
  /// Names and key as DER.
  CertificateBuilder(Bytes issuer, Bytes subject, Bytes public_key_info, Validity validity);

  /// RFC 5280 §4.2.1.9, critical: a CA with at most that many CAs below it.
  CertificateBuilder& authority(std::uint8_t path_length);
  CertificateBuilder& end_entity();
  /// RFC 5280 §4.2.1.3, critical.
  enum class Usage : unsigned {
    digital_signature = 0,
    non_repudiation = 1,
    key_agreement = 4,
    certificate_signing = 5,
    crl_signing = 6
  };
  CertificateBuilder& key_usage(std::initializer_list<Usage> usages);
  CertificateBuilder& extended_key_usage(std::initializer_list<std::string_view> oids);

  struct Policy {
    std::string_view oid;
    std::string statement;  // URL of the practice statement (RFC 5280 §4.2.1.4); empty: none
  };
  CertificateBuilder& policies(const std::vector<Policy>& policies);
  CertificateBuilder& crl_distribution_point(std::string_view url);
  CertificateBuilder& authority_information(std::string_view ocsp_url, std::string_view issuer_url);
  /// Method 1 of RFC 5280 §4.2.1.2.
  CertificateBuilder& subject_key_identifier();
  CertificateBuilder& authority_key_identifier(BytesView issuer_public_key_info);
  /// Qualified, for signatures, the key in a qualified device (ETSI EN 319 412-5 §4.2).
  CertificateBuilder& qualified_signature_statements();

  /// The certificate, DER, with a random serial number of 16 bytes.
  Bytes build(const AuthorityKey& issuer_key) const;

 private:
  enum class Critical { yes, no };
  CertificateBuilder& add(std::string_view oid, Critical critical, const Bytes& value);

  Bytes issuer_;
  Bytes subject_;
  Bytes public_key_info_;
  Validity validity_;
  std::vector<Bytes> extensions_;
};

/// SHA-1 of the key's BIT STRING, as a key identifier has it. Throws malformed.
Bytes key_identifier(BytesView public_key_info);

}  // namespace eidtool::virtual_card
