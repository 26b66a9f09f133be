// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.hpp"
#include "formats/format_tools.hpp"
#include "support/vectors.hpp"

namespace eidtool::tests {

/// A row of signature_algorithms.
const SignatureAlgorithm& algorithm_of(std::string_view name);

/// A CAdES signature by a key of the vectors, and one of their document.
Bytes signature_by(const std::string& key, const SignatureAlgorithm& algorithm, const formats::SignRequest& wishes);
Bytes signature_by(const std::string& key, std::string_view algorithm,
                   formats::Packaging packaging = formats::Packaging::detached,
                   formats::Encoding encoding = formats::Encoding::der);

/// What is said of a CMS signature of the vectors' document.
formats::FileReport checked(BytesView signature, const Said& said = {});
/// Why a signature does not pass.
std::optional<SubIndication> reason(const formats::SignatureReport& report);

/// What a hostile or sloppy program wrote.
class HandMade {
 public:
  std::vector<Bytes> signed_attributes;
  std::vector<Bytes> unsigned_attributes;
  std::string content_type = "1.2.840.113549.1.7.1";
  std::vector<Bytes> certificates = {tests::vector_certificate("rsa2048").der()};
  std::optional<Bytes> content;
  bool has_attributes = true;
  std::string digest_oid = "2.16.840.1.101.3.4.2.1";
  Bytes issuer = tests::vector_certificate("rsa2048").issuer_der();  // as the signer's certificate is named
  std::string key = "rsa2048";
  std::string_view algorithm = "rsa_pkcs1_sha256";

  static Bytes attribute(std::string_view oid, const std::vector<Bytes>& values);

  /// Content type and the digest of `document`.
  HandMade& usual(BytesView document, HashAlgorithm hash = HashAlgorithm::sha256);

  /// Signed by rsa2048, PKCS#1 with SHA-256, unless said otherwise: the attributes, or `bare` where there are none.
  Bytes build(BytesView bare = {}) const;
};

}  // namespace eidtool::tests
