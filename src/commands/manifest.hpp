// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "commands/sign_plan.hpp"
#include "formats/manifest.hpp"

namespace eidtool::commands {

/// Bytes that no list of --manifest exceeds.
inline constexpr std::size_t largest_manifest_size = 64U << 20U;

/// Reads the documents of `plan.manifest`, `jobs` at a time, and makes the list the one document to sign. The status to
/// end with where one of them cannot be read, each reported: the list would not be what was asked for.
int list_documents(SignPlan& plan, std::size_t jobs, cli::Context& context);

/// Holds files, `jobs` at a time, against the digests of a list that `manifest` names: `wanted`, each of which is to be
/// listed, or where none are all that are. Prints a record for each; the status to end with.
int check_files(const std::vector<formats::ManifestEntry>& entries, const std::string& manifest,
                const std::vector<std::string>& wanted, std::size_t jobs, cli::Context& context);

}  // namespace eidtool::commands
