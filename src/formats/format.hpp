// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "base/finding.hpp"
#include "base/signer.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_cache.hpp"
#include "formats/document.hpp"

namespace eidtool::formats {

/// Where the bytes of a signature file go, in order.
using Sink = std::function<void(BytesView)>;

/// What is said in a signature beside the bytes of the document; only formats with attributes take it.
struct SignedProperties {
  Time signing_time;
  std::optional<std::string> policy;      // dotted OID
  std::optional<Bytes> policy_digest;     // SHA-256 of the policy's document; nothing: not known
  std::optional<std::string> commitment;  // dotted OID
  std::optional<std::string> location;    // name of the place, UTF-8
};

/// The commitments of EN 319 122-1 §5.2.3 by name: `proof-of-origin`, …
struct Commitment {
  std::string_view name;
  std::string_view oid;  // dotted
};
std::span<const Commitment> commitments();
/// Its name; the OID itself for unknown ones.
std::string commitment_name(std::string_view oid);

enum class Packaging { detached, attached };
enum class Encoding { der, pem, base64 };  // the last without BEGIN and END lines; it is read, not written

struct SignRequest {
  Content& document;
  const SignatureAlgorithm& algorithm;
  SignedProperties properties = {};
  Packaging packaging = Packaging::detached;
  Encoding encoding = Encoding::der;
  /// Certificates that go into the file beside the signer's.
  std::vector<crypto::Certificate> certificates = {};
  /// The signature file to which this one is added; empty: a new one.
  std::optional<std::string> add_to = std::nullopt;
  /// The signer's, where it was read already: of many small documents reading it for each, with its key, costs as much
  /// as the signatures.
  std::optional<crypto::Certificate> signer_certificate = std::nullopt;
};

/// What a signature file is to hold, as far as it is known before the signature is made.
struct PlannedFile {
  std::string name;
  bool is_there = false;            // and takes a further signature
  std::uint64_t document_size = 0;  // bytes that are put into a new one
  Encoding encoding = Encoding::der;
  const SignatureAlgorithm& algorithm;
  std::vector<crypto::Certificate> certificates;  // the signer's first
};

struct VerifyRequest {
  InputFile& signature;
  /// Lends the document of a detached signature. Throws usage where nobody said which one it is.
  std::function<Content&()> document;
  bool document_is_named = false;                       // by the user, not by the signature's name
  std::vector<crypto::Certificate> certificates = {};   // given as the signers'
  std::vector<crypto::Certificate> intermediates = {};  // given beside
  std::optional<HashAlgorithm> hash = std::nullopt;     // nothing: found out
  std::optional<Padding> padding = std::nullopt;
  /// A document inside is held in memory, so that FileReport::content is what was checked whatever becomes of the file.
  /// Throws unsupported above these bytes; 0: it is not held.
  std::uint64_t most_held = 0;
  /// Where certificates in the file are looked up first; null: each is read anew.
  crypto::CertificateCache* known_certificates = nullptr;
};

/// An attribute of a signature, as far as its name goes.
struct AttributeName {
  std::string oid;
  std::string name;  // the oid where it is not known
};

/// What the bytes say of one signature; a value, whatever the answer. Trust is not in it.
struct SignatureReport {
  bool matches = false;                           // the bytes are a signature of the document by the key
  const SignatureAlgorithm* algorithm = nullptr;  // null where it could not be found out
  std::optional<crypto::Certificate> signer;
  /// Certificates that could be the signer's just as well: for its key, by the name that the signature has for it.
  std::vector<crypto::Certificate> further_signers;
  std::vector<Finding> findings;

  // What a signature with attributes says itself.
  /// The digest by which the document was found to be the one that was signed (none: the signature is of the document
  /// itself); nothing: that was not found.
  std::optional<HashAlgorithm> document_hash;
  /// The hash with which Content::digest() is that of the very bytes that were checked, whatever became of the file.
  HashAlgorithm checked_hash() const {
    // Of bytes that Ed25519 took whole, what Content::remember() keeps.
    return document_hash.value_or(HashAlgorithm::none) == HashAlgorithm::none ? HashAlgorithm::sha256 : *document_hash;
  }
  std::optional<Time> signing_time;
  std::optional<std::string> policy;     // dotted OID
  std::vector<std::string> commitments;  // their names, or dotted OIDs
  std::optional<std::string> location;
  std::vector<AttributeName> signed_attributes;
  std::vector<AttributeName> unsigned_attributes;
};

/// What a signature file says.
struct FileReport {
  std::vector<SignatureReport> signatures;
  Packaging packaging = Packaging::detached;
  std::shared_ptr<Content> content;  // the document inside, where it is attached
  /// What the file carries for finding out whether to trust its signers.
  std::vector<crypto::Certificate> certificates;
  std::vector<Bytes> revocation_values;  // RevocationInfoChoice (RFC 5652 §10.2.1), DER
};

/// Bytes at the beginning of a file that tell what it is: all of a raw signature, or that it is none.
inline constexpr std::size_t head_size = (64U << 10U) + 1;

/// A kind of signature file.
class Format {
 public:
  virtual ~Format() = default;
  virtual std::string_view name() const = 0;
  /// Appended to the document's name: `.sig`.
  virtual std::string_view suffix() const = 0;
  /// True for formats that have room for SignedProperties, certificates, the document and further signatures.
  virtual bool is_container() const = 0;
  /// Whether a signature file that begins so is of this kind.
  virtual bool recognises(BytesView head) const = 0;

  /// Throws unsupported where a document of that name, beginning (Content::beginning()) and size (bytes; nothing:
  /// not known) must not be signed: the signature would be one of something else, too.
  virtual void check_document(const std::string& document, BytesView beginning,
                              std::optional<std::uint64_t> size) const = 0;
  /// Throws where a document of that name and size (bytes; nothing: a pipe) cannot be put into a signature file: io,
  /// unsupported, usage.
  virtual void check_attachable(const std::string& document, std::optional<std::uint64_t> size,
                                Encoding encoding) const = 0;
  /// Throws where `file` takes no further signature of the document: io, malformed, unsupported; usage where it is no
  /// PEM and that is what was asked for. Of a document that is read only once, `digests` are there afterwards.
  virtual void check_addition(const std::string& file, Content& document, Encoding encoding,
                              const std::vector<HashAlgorithm>& digests) const = 0;
  /// Throws unsupported where verify() would not read the file again: it would hold too much.
  virtual void check_room(const PlannedFile& file) const = 0;
  /// Gives the signature file's content to `sink` once the signature was checked against the signer's certificate.
  /// Throws bad_module_signature where that check fails.
  virtual void sign(const SignRequest& request, Signer& signer, const Sink& sink) const = 0;
  /// Throws malformed, unsupported for what cannot be judged; a wrong signature is a report.
  virtual FileReport verify(const VerifyRequest& request) const = 0;
};

/// The one table of formats.
std::span<const Format* const> all();
/// Null where there is none of that name.
const Format* find(std::string_view name);
/// The format of a signature file by its content, never by its name: the first of the table that recognises it. The
/// file is read from its beginning afterwards. Throws unsupported for what is known to be none.
const Format& format_of(InputFile& signature);

/// The bytes alone, with no metadata: `.sig`. RSA as RFC 8017 has it, ECDSA in DER, Ed25519 64 bytes.
const Format& raw();
/// CMS signatures (RFC 5652), made as CAdES baseline B-B (EN 319 122-1): `.p7s`.
const Format& cades();

}  // namespace eidtool::formats
