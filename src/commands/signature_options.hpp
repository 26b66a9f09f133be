// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "formats/format.hpp"

namespace eidtool::commands {

/// What `sign` is to make, beside the algorithm: the format and what is said in it.
struct SignatureOptions {
  const formats::Format& format;
  formats::SignedProperties properties = {};
  formats::Packaging packaging = formats::Packaging::detached;
  formats::Encoding encoding = formats::Encoding::der;
  std::vector<crypto::Certificate> intermediates = {};
  bool adds = false;  // to the signature file that is there
};

/// --format, --attached, --pem, --add, --policy, --policy-document, --commitment, --location, --intermediates.
void declare_signature_options(cli::OptionSet& options);

/// Throws usage, io, malformed.
SignatureOptions signature_options_from(const cli::Arguments& arguments);

}  // namespace eidtool::commands
