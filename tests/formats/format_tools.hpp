// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "formats/format.hpp"

namespace eidtool::tests {

/// A file in memory that has a descriptor.
InputFile memory_file(BytesView bytes, const std::string& name = "memory");

/// What a format writes for a request.
Bytes signed_bytes(const formats::Format& format, const formats::SignRequest& request, Signer& signer);

/// What a person may say about a signature beside the files.
struct Said {
  std::optional<HashAlgorithm> hash = std::nullopt;
  std::optional<Padding> padding = std::nullopt;
  std::vector<crypto::Certificate> certificates = {};
  bool document_is_named = false;
};

/// What a format says of a signature file. `document` is opened where it asks for it.
formats::FileReport verified(const formats::Format& format, BytesView signature, const std::filesystem::path& document,
                             const Said& said = {});

/// The codes of findings, in order.
std::vector<std::string> codes(const formats::SignatureReport& report);
using Codes = std::vector<std::string>;

}  // namespace eidtool::tests
