// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "formats/cms/signed_data.hpp"
#include "formats/format.hpp"

/// The attributes of a CMS signature, made and read.
namespace eidtool::formats::cms {

namespace oid {
inline constexpr std::string_view content_type = "1.2.840.113549.1.9.3";                  // RFC 5652 §11.1
inline constexpr std::string_view message_digest = "1.2.840.113549.1.9.4";                // RFC 5652 §11.2
inline constexpr std::string_view signing_time = "1.2.840.113549.1.9.5";                  // RFC 5652 §11.3
inline constexpr std::string_view signing_certificate = "1.2.840.113549.1.9.16.2.12";     // RFC 2634 §5.4
inline constexpr std::string_view signing_certificate_v2 = "1.2.840.113549.1.9.16.2.47";  // RFC 5035 §3
inline constexpr std::string_view algorithm_protection = "1.2.840.113549.1.9.52";         // RFC 6211
inline constexpr std::string_view signature_policy = "1.2.840.113549.1.9.16.2.15";        // EN 319 122-1 §5.2.9.1
inline constexpr std::string_view commitment_type = "1.2.840.113549.1.9.16.2.16";         // EN 319 122-1 §5.2.3
inline constexpr std::string_view signer_location = "1.2.840.113549.1.9.16.2.17";         // EN 319 122-1 §5.2.5
}  // namespace oid

/// The name of an attribute type as its standard has it (`signingTime`); the dotted OID for unknown ones.
std::string attribute_name(std::string_view oid);

/// The signed attributes of a CAdES baseline B-B signature (EN 319 122-1 §6.3) as they are signed: DER of the SET OF.
Bytes signed_attributes_der(std::string_view content_type, BytesView message_digest, const crypto::Certificate& signer,
                            const SignedProperties& properties);

/// What a reference to the signing certificate says of one: the hash of RFC 5035 §4 (or of RFC 2634 §5.4.1) and, where
/// it is there, issuer and serial number.
enum class Reference { absent, matches, contradicts };

/// The references of a signature, which has to live as long: looked for once, held against many certificates.
class SigningCertificateReferences {
 public:
  /// Throws malformed.
  explicit SigningCertificateReferences(const SignerInfo& signer);

  /// Throws malformed; unsupported for a hash function that eidtool does not check.
  Reference check(const crypto::Certificate& certificate) const;

 private:
  const Attribute* v2_;
  const Attribute* v1_;
};

/// The claimed time. Throws malformed.
std::optional<Time> signing_time(const SignerInfo& signer);
/// Dotted OID; `implied` where it only says that there is one. Throws malformed.
std::optional<std::string> signature_policy(const SignerInfo& signer);
/// Their names, or dotted OIDs. Throws malformed.
std::vector<std::string> commitment_types(const SignerInfo& signer);
/// The parts of the place that are there, separated by commas, UTF-8. Throws malformed.
std::optional<std::string> signer_location(const SignerInfo& signer);

/// Whether a document that begins so, with so many bytes (nothing: not known), has the form of what is signed of signed
/// attributes (RFC 5652 §5.4), in BER. A signature of the one is a signature of the other, told apart by nothing else:
/// whoever has a signature with attributes could pass it off as one of such a document, and whoever gets such a
/// document signed has a signature of whatever the attributes hold the digest of.
bool are_signed_attributes(BytesView beginning, std::optional<std::uint64_t> size);
/// Of a signature of such a document.
inline constexpr std::string_view form_of_signed_attributes =
    "the document has the form of signed attributes (RFC 5652 §5.4): the signature may be one of another document";

}  // namespace eidtool::formats::cms
