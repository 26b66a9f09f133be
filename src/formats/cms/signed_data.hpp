// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/certificate.hpp"

/// The Cryptographic Message Syntax (RFC 5652), as far as signatures need it.
namespace eidtool::formats::cms {

namespace oid {
inline constexpr std::string_view data = "1.2.840.113549.1.7.1";
inline constexpr std::string_view signed_data = "1.2.840.113549.1.7.2";
}  // namespace oid

/// RFC 5652 §5.3: a type and the values of its set, each DER.
struct Attribute {
  std::string oid;
  std::vector<Bytes> values;  // not read of unsigned ones
};

/// RFC 5652 §5.3: one person's signature.
struct SignerInfo {
  Bytes der;           // as it stands in the file
  std::string defect;  // what is broken, so that the rest was not read; empty: nothing
  Bytes issuer;        // Name, DER; empty where key_identifier names the certificate
  std::string comparable_issuer;
  Bytes serial_number;  // the content of an INTEGER
  Bytes key_identifier;
  crypto::AlgorithmIdentifier digest_algorithm;
  std::optional<Bytes> signed_attributes_der;  // as it is signed: with the tag of SET OF (§5.4)
  std::vector<Attribute> signed_attributes;
  crypto::AlgorithmIdentifier signature_algorithm;
  Bytes signature;
  std::vector<Attribute> unsigned_attributes;

  /// Whether this is what `certificate` is called here (§5.3, sid).
  bool names(const crypto::Certificate& certificate) const;
  /// The one signed attribute of that type. Throws malformed where there are several, or it has not exactly
  /// one value; null where there is none.
  const Attribute* signed_attribute(std::string_view oid) const;
};

/// RFC 5652 §5.1.
struct SignedData {
  unsigned version = 1;
  std::vector<Bytes> digest_algorithms;  // AlgorithmIdentifier, DER or BER: each signer names its own
  std::string content_type;
  std::vector<Bytes> certificates;        // X.509, DER
  std::vector<Bytes> other_certificates;  // of other kinds, DER
  std::vector<Bytes> crls;                // RevocationInfoChoice, DER
  std::vector<SignerInfo> signers;
};

/// The parts of a SignedData that stand before and behind the document, each the DER of one field or of several one
/// after another. Throws malformed; what is broken in one signer is that one's defect.
SignedData parse_signed_data(BytesView before, BytesView behind);

/// Throws unsupported where it holds more than parse_signed_data() takes; `file` stands in the message.
void check_counts(const SignedData& data, const std::string& file);

}  // namespace eidtool::formats::cms
