// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "support/process.hpp"

namespace eidtool::tests {

/// Runs a program of another house in `folder`. Its standard output is all that it says, in
/// Outcome::output.
Outcome run_tool(const std::vector<std::string>& words, const std::filesystem::path& folder,
                 const Environment& environment = {});

/// False, and the test counted as skipped, where a program is not installed.
bool has_tool(const std::string& name);

/// Writes a DER certificate as the PEM file that `openssl verify` wants.
void write_pem(const std::filesystem::path& file, const Bytes& certificate);

/// What `openssl x509 -text` says of a DER certificate, names in UTF-8.
std::string openssl_text(const std::filesystem::path& folder, const Bytes& certificate);

}  // namespace eidtool::tests
