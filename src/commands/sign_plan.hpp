// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "cli/command.hpp"
#include "commands/inputs.hpp"
#include "commands/signature_options.hpp"

namespace eidtool::commands {

/// A document and where its signature goes; `-` stands for the standard streams.
struct SignTask {
  std::string document;
  std::string output;
  std::string target;  // the file itself: behind a link where a signature is added
  /// What was opened to be looked at, and cannot be opened again.
  std::optional<formats::Document> read_once = std::nullopt;

  bool to_stdout() const { return output == "-"; }
};

/// What `sign` is to do, checked as far as it can be before a PIN is asked: every document opens, every
/// output can be made, none is an input or another output.
struct SignPlan {
  std::vector<SignTask> tasks;
  std::optional<std::string> certificate_file;
  IfExists if_exists = IfExists::refuse;
};

/// -o, --output-dir, --force, --cert-out.
void declare_output_options(cli::OptionSet& options);

/// Throws usage, io. `inputs`: what is read besides the documents, never to be written over.
SignPlan plan_signing(const cli::Arguments& arguments, const SignatureOptions& wanted, const cli::Context& context,
                      const Inputs& inputs);

/// What can be told once the key is chosen: whether each signature file holds it, with the certificates of
/// `certificates`, the signer's first. Throws unsupported.
void check_room(const SignPlan& plan, const SignatureOptions& wanted, const SignatureAlgorithm& algorithm,
                const std::vector<crypto::Certificate>& certificates);

}  // namespace eidtool::commands
