// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "formats/cms/signed_data.hpp"
#include "formats/format.hpp"

namespace eidtool::formats::cms {

/// SignerInfo (RFC 5652 §5.3), DER, the signer named by issuer and serial number. `signed_attributes_der` as it was
/// signed.
Bytes signer_info_der(const crypto::Certificate& certificate, HashAlgorithm digest, BytesView signed_attributes_der,
                      const SignatureAlgorithm& algorithm, BytesView signature);

/// The document of an attached signature while it is written.
struct EmbeddedDocument {
  std::uint64_t size;                      // bytes
  std::function<void(const Sink&)> write;  // gives exactly that many
};

/// Writes ContentInfo with SignedData, DER. Of `data` the signers' `der` counts alone.
void write_signed_data(const SignedData& data, const std::optional<EmbeddedDocument>& document, const Sink& sink);

}  // namespace eidtool::formats::cms
