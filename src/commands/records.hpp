// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/purpose.hpp"
#include "cli/record.hpp"
#include "crypto/certificate.hpp"
#include "pkcs11/session.hpp"

namespace eidtool::commands {

/// Who signed: the part of `signature` and `verification` records.
cli::Record signer_record(const crypto::Certificate& certificate);

/// A certificate that was written to `file`; `encoding` is `der` or `pem`.
cli::Record certificate_record(const crypto::Certificate& certificate, const std::string& file,
                               const std::string& encoding);

/// An object of a token, with what its certificate says where it is one.
struct ObjectDetails {
  bool attributes = false;  // every attribute, decoded
};
cli::Record object_record(const pkcs11::Token& token, const pkcs11::Object& object, ObjectDetails details);

/// The purpose of a certificate: from the card's profile where it names the label, else from the key usage.
std::optional<Purpose> purpose_of(const pkcs11::Token& token, const std::string& label,
                                  const crypto::Certificate& certificate);

}  // namespace eidtool::commands
