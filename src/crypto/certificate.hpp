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
#include "crypto/signed_object.hpp"
#include "crypto/work.hpp"

namespace eidtool::crypto {

/// RFC 5280 §4.2.
struct Extension {
  std::string oid;
  bool critical;
  Bytes value;  // DER, what is in the OCTET STRING
};

/// An X.509 certificate, parsed once. A value; copies share it, with what it finds out about itself when it is asked,
/// and so belong to one thread. It says what stands in the certificate and nothing on whether to believe it.
class Certificate {
 public:
  /// Throws malformed for what is not exactly one DER certificate; the message begins with `source`
  /// as it is (`the token's certificate`).
  static Certificate from_der(BytesView der, const std::string& source);

  /// PEM (text around it is fine) or DER. Throws io; malformed for no certificate or several.
  static Certificate read_file(const std::filesystem::path& path);
  /// As read_file(), of a file that holds one or more, PEM blocks one after another.
  static std::vector<Certificate> read_bundle(const std::filesystem::path& path);

  const Bytes& der() const noexcept;
  /// Lines of 64 characters, RFC 7468.
  std::string pem() const;

  /// Distinguished names in RFC 4514 order and quoting, UTF-8.
  const std::string& subject() const noexcept;
  const std::string& issuer() const noexcept;
  /// The last commonName of the subject; empty where there is none.
  const std::string& common_name() const noexcept;
  /// What people know the subject by: its common name, else the whole of it.
  const std::string& known_as() const noexcept { return common_name().empty() ? subject() : common_name(); }
  /// The Name as it stands in the certificate, DER.
  const Bytes& subject_der() const noexcept;
  const Bytes& issuer_der() const noexcept;
  /// comparable_name() of them, made once: of a stranger's file each can be asked for a million times.
  const std::string& comparable_subject() const;
  const std::string& comparable_issuer() const;
  /// For people: big-endian, without the zero that keeps it positive.
  const Bytes& serial_number() const noexcept;
  /// As it stands in the certificate, INTEGER.
  const Bytes& serial_number_der() const noexcept;
  /// Whether it is the number in the content of an INTEGER, its sign included.
  bool has_serial_number(BytesView integer) const;
  Time not_before() const noexcept;
  Time not_after() const noexcept;
  /// Digests of the whole, and of what public_key_bits() gives; each is made once.
  const Bytes& fingerprint(HashAlgorithm hash) const;
  const Bytes& fingerprint_sha256() const { return fingerprint(HashAlgorithm::sha256); }
  const Bytes& key_digest(HashAlgorithm hash) const;

  /// Issuer and subject are the same (RFC 5280 §3.2).
  bool is_self_issued() const noexcept { return subject_der() == issuer_der(); }

  /// Basic constraints say CA.
  bool is_ca() const noexcept;
  bool has_key_usage() const noexcept { return key_usage_bits().has_value(); }
  /// Bit n as RFC 5280 §4.2.1.3 counts them; nothing: it does not say.
  std::optional<unsigned> key_usage_bits() const noexcept;
  /// As RFC 5280 §4.2.1.3 spells them: `digitalSignature`, `nonRepudiation`, …; in bit order.
  std::vector<std::string> key_usage() const;
  /// nonRepudiation set: signature; else digitalSignature: authentication; else nothing.
  std::optional<Purpose> purpose() const noexcept;

  const std::vector<Extension>& extensions() const noexcept;
  /// Null where there is none.
  const Extension* extension(std::string_view oid) const noexcept;
  /// The key as the BIT STRING of SubjectPublicKeyInfo holds it.
  const Bytes& public_key_bits() const noexcept;
  /// SubjectPublicKeyInfo, DER.
  const Bytes& subject_public_key_info() const noexcept;
  /// SHA-256 of that: what the key is known by, in all certificates for it.
  const Bytes& key_fingerprint() const;
  /// The subject key identifier; without one the SHA-1 of the key (RFC 5280 §4.2.1.2, method 1).
  const Bytes& key_identifier() const;

  /// What was signed, and how.
  const SignedObject& signed_object() const noexcept;

  /// Whether `issuer` bears the name of this one's issuer and its key made the signature (RFC 5280 §6.1.3 (a)(1)
  /// and (4)): names alone do not tell a renewed authority from the one before. False too for signatures
  /// that eidtool does not check. Validity and extensions are not looked at.
  bool is_issued_by(const Certificate& issuer) const;

  /// Throws unsupported, malformed for a key that eidtool cannot check; everything else of such a
  /// certificate can be had.
  const PublicKey& public_key() const;
  /// What public_key() costs, and every check of a signature; nothing is loaded to tell.
  KeyCost key_cost() const;
  /// Takes the first of them from `work`, once for all copies. That an earlier file had the key loaded does not count:
  /// a file has the same answer whatever was looked at before. False: it would be too much.
  bool may_load(Work& work) const;
  /// Null where public_key() throws.
  const PublicKey* public_key_if_any() const;

 private:
  struct Content;
  static std::vector<Certificate> read_file(const std::filesystem::path& path, std::size_t most);
  explicit Certificate(std::shared_ptr<const Content> content);
  std::shared_ptr<const Content> content_;
};

/// Makes of each one that shares nothing with its copies: for another thread. (A lock in each would not do: Botan's
/// numbers, and so its keys, remember things about themselves as well.)
void unshare(std::vector<Certificate>& certificates);

/// A Name (RFC 5280 §4.1.2.4, DER) as RFC 4514 writes it: last RDN first, `+` within a multi-valued
/// one, short names for the attribute types of §3 and the common ones beyond (serialNumber, SN, GN, …),
/// dotted numbers with `#hex` values for unknown types. Throws malformed.
std::string distinguished_name_text(BytesView name_der);

/// Whether two Names (DER) mean the same (RFC 5280 §7.1): the same types in the same order, texts of any string type
/// equal as RFC 4518 prepares them (case of ASCII letters, runs of spaces). False for what is no Name.
bool names_match(BytesView left_der, BytesView right_der);
/// A short text that is the same for Names (DER) that mean the same, and for those alone, to find one among many.
std::string comparable_name(BytesView name_der);

/// Whether `name` lies below `base`: it begins with the RDNs of that (RFC 5280 §7.1). False for what is no Name.
bool is_name_within(BytesView name_der, BytesView base_der);

/// The last commonName of a Name, UTF-8; empty where there is none. Throws malformed.
std::string common_name_of(BytesView name_der);

}  // namespace eidtool::crypto
