// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/purpose.hpp"
#include "base/time.hpp"
#include "crypto/public_key.hpp"

namespace eidtool::crypto {

/// An X.509 certificate, parsed once. A value; copies share it. It says what stands in the
/// certificate and nothing on whether to believe it.
class Certificate {
 public:
  /// Throws malformed for what is not exactly one DER certificate; the message begins with `source`
  /// as it is (`the token's certificate`).
  static Certificate from_der(BytesView der, const std::string& source);

  /// PEM (text around it is fine) or DER. Throws io; malformed for no certificate or several.
  static Certificate read_file(const std::filesystem::path& path);

  const Bytes& der() const noexcept;
  /// Lines of 64 characters, RFC 7468.
  std::string pem() const;

  /// Distinguished names in RFC 4514 order and quoting, UTF-8.
  const std::string& subject() const noexcept;
  const std::string& issuer() const noexcept;
  /// The last commonName of the subject; empty where there is none.
  const std::string& common_name() const noexcept;
  /// The Name as it stands in the certificate, DER.
  const Bytes& subject_der() const noexcept;
  const Bytes& issuer_der() const noexcept;
  /// Big-endian, without the zero that keeps it positive.
  const Bytes& serial_number() const noexcept;
  Time not_before() const noexcept;
  Time not_after() const noexcept;
  Bytes fingerprint_sha256() const;

  /// Basic constraints say CA.
  bool is_ca() const noexcept;
  bool has_key_usage() const noexcept;
  /// As RFC 5280 §4.2.1.3 spells them: `digitalSignature`, `nonRepudiation`, …; in bit order.
  std::vector<std::string> key_usage() const;
  /// nonRepudiation set: signature; else digitalSignature: authentication; else nothing.
  std::optional<Purpose> purpose() const noexcept;

  /// Whether `issuer` bears the name of this one's issuer and its key made the signature (RFC 5280 §6.1.3 (a)(1)
  /// and (4)): names alone do not tell a renewed authority from the one before. False too for signatures
  /// that Botan cannot check. Validity and extensions are not looked at.
  bool is_issued_by(const Certificate& issuer) const;

  /// Throws unsupported, malformed for a key that eidtool cannot check; everything else of such a
  /// certificate can be had.
  const PublicKey& public_key() const;

 private:
  struct Content;
  explicit Certificate(std::shared_ptr<const Content> content);
  std::shared_ptr<const Content> content_;
};

/// A Name (RFC 5280 §4.1.2.4, DER) as RFC 4514 writes it: last RDN first, `+` within a multi-valued
/// one, short names for the attribute types of §3 and the common ones beyond (serialNumber, SN, GN, …),
/// dotted numbers with `#hex` values for unknown types. Throws malformed.
std::string distinguished_name_text(BytesView name_der);

/// The last commonName of a Name, UTF-8; empty where there is none. Throws malformed.
std::string common_name_of(BytesView name_der);

}  // namespace eidtool::crypto
