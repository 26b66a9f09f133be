// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "cli/record.hpp"
#include "commands/verdict.hpp"
#include "formats/format.hpp"

namespace eidtool::commands {

/// Which signature of which file, of which document.
struct SignaturePlace {
  std::string document;  // empty: the one inside the file
  std::string signature;
  const formats::Format& format;
  formats::Packaging packaging = formats::Packaging::detached;
  std::size_t number = 1;              // from 1
  std::size_t count = 1;               // signatures in the file
  bool certificate_was_given = false;  // the signer's, by the user
};

/// The record of one signature that was checked.
cli::Record verification_record(const SignaturePlace& place, const formats::SignatureReport& report,
                                const std::optional<trust::TrustReport>& trust, const Verdict& verdict);

}  // namespace eidtool::commands
