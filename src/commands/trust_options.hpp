// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "formats/format.hpp"
#include "trust/known_reports.hpp"

namespace eidtool::commands {

/// What `verify` was told of whom to trust; the lists of many files are read once.
struct TrustOptions {
  trust::Evidence evidence;
  trust::Demand demand;
};

/// --trust, --at, --crl, --ocsp, --require-revocation, --purpose.
void declare_trust_options(cli::OptionSet& options);

/// Throws usage for options that need --trust and stand without it, and for a time that is none.
void check_trust_options(const cli::Arguments& arguments);

/// The files of certificates that a source of --trust stands for: a file, those of a folder, `system`. Throws io.
std::vector<std::string> trusted_files(const std::string& source);

/// Reads what the options name. Throws io, malformed, not_found.
TrustOptions trust_options_from(const cli::Arguments& arguments);

/// --at, or now.
Time time_of(const cli::Arguments& arguments);

/// Judges the signers of one file, with what it carries itself. All that it is lent has to live longer; but for `file`
/// it is the same for all files of `known`.
std::unique_ptr<trust::Judge> judge_for(const TrustOptions& options, const formats::FileReport& file,
                                        const std::vector<crypto::Certificate>& given,
                                        const std::vector<crypto::Certificate>& intermediates,
                                        trust::KnownReports& known);

}  // namespace eidtool::commands
