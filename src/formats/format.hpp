// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "base/signer.hpp"
#include "crypto/certificate.hpp"
#include "formats/document.hpp"

namespace eidtool::formats {

enum class Severity { info, warning, error };
/// `info`, `warning`, `error`.
std::string_view name(Severity severity);

/// One thing a check found; codes are stable and documented, messages are for people.
struct Finding {
  std::string code;
  Severity severity;
  std::string message;
};

struct SignRequest {
  Document& document;
  const SignatureAlgorithm& algorithm;
};

struct VerifyRequest {
  Document& document;
  BytesView signature;
  std::optional<crypto::Certificate> certificate;  // given by the user
  std::optional<HashAlgorithm> hash;               // nothing: found out
  std::optional<Padding> padding;
};

/// What the bytes say; a value, whatever the answer. Trust is not in it.
struct SignatureReport {
  bool matches = false;                           // the bytes are a signature of the document by the key
  const SignatureAlgorithm* algorithm = nullptr;  // null where it could not be found out
  std::optional<crypto::Certificate> signer;
  std::vector<Finding> findings;
};

/// A kind of signature file.
class Format {
 public:
  virtual ~Format() = default;
  virtual std::string_view name() const = 0;
  /// Appended to the document's name: `.sig`.
  virtual std::string_view suffix() const = 0;
  /// The content of the signature file, checked against the signer's certificate before it is
  /// returned. Throws bad_module_signature where the check fails.
  virtual Bytes sign(const SignRequest& request, Signer& signer) const = 0;
  /// Throws malformed, unsupported for what cannot be judged; a wrong signature is a report.
  virtual SignatureReport verify(const VerifyRequest& request) const = 0;
};

/// The one table of formats.
std::span<const Format* const> all();
/// Null where there is none of that name.
const Format* find(std::string_view name);

/// The bytes alone, with no metadata: `.sig`. RSA as RFC 8017 has it, ECDSA in DER, Ed25519 64 bytes.
const Format& raw();

}  // namespace eidtool::formats
