// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/signer.hpp"
#include "crypto/certificate.hpp"
#include "formats/content.hpp"

namespace eidtool::formats {

/// Bytes of a document that Ed25519 takes, which needs all of it at once (RFC 8032 §5.1.6).
inline constexpr std::uint64_t most_one_piece_size = 256ULL << 20U;

/// Has `signed_content` signed and checks the outcome with the signer's certificate. In the form of files: RSA as it
/// is, ECDSA in DER. `document` stands in messages. Throws bad_module_signature where it does not verify.
Bytes token_signature(Signer& signer, const crypto::Certificate& certificate, const SignatureAlgorithm& algorithm,
                      Content& signed_content, const std::string& document);

/// The certificate of `signer`: `known`, where that is it. Throws malformed.
crypto::Certificate certificate_of(const Signer& signer, const std::optional<crypto::Certificate>& known);

/// Whether `signature`, in the form of Signer::sign(), is one of `signed_content`.
bool is_signature_of(const crypto::PublicKey& key, const SignatureAlgorithm& algorithm, Content& signed_content,
                     BytesView signature);

}  // namespace eidtool::formats
