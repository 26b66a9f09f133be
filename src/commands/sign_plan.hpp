// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
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
  std::unique_ptr<formats::Content> read_once = nullptr;
  std::optional<Error> failure = std::nullopt;  // why it cannot be or was not signed; it was told on the standard error
  bool is_signed = false;

  bool to_stdout() const { return output == "-"; }
};

/// A list of documents with their digests, which is signed instead of each of them.
struct SignManifest {
  std::string file;  // where it is written
  std::vector<std::string> documents;
  Bytes text{};  // once they were read
};

/// What `sign` is to do, checked as far as it can be before a PIN is asked: a document opens, its output can be made,
/// none is an input or another output.
struct SignPlan {
  std::vector<SignTask> tasks;

  /// Looks at each document that has not failed. In a batch the one that `check` throws for has, and the rest go on,
  /// unless the command line is wrong (usage: never because of one document); of one alone this throws.
  void check_each(const cli::Context& context, const std::function<void(SignTask&)>& check);
  /// Documents that were neither signed nor failed.
  std::size_t left_count() const;

  std::optional<SignManifest> manifest{};  // then there is one task, of the list

  bool adds = false;  // to signature files that are there
  bool skips_existing = false;
  std::size_t skipped_count = 0;  // documents that were left out for that
  std::optional<std::string> certificate_file;
  bool certificate_is_there = false;  // in that file, which stays
  IfExists if_exists = IfExists::refuse;
};

/// -o, --output-dir, --force, --skip-existing, --cert-out, --manifest.
void declare_output_options(cli::OptionSet& options);

/// Throws usage, io; of several documents those that cannot be signed have failed then. `inputs`: what is read besides
/// the documents, never to be written over.
SignPlan plan_signing(const cli::Arguments& arguments, const SignatureOptions& wanted, const cli::Context& context,
                      const Inputs& inputs);

/// What can be told once the key is chosen: whether the file of --cert-out that --skip-existing leaves as it is holds
/// `certificate`, which is not written then. Throws io.
void check_certificate_file(SignPlan& plan, const crypto::Certificate& certificate);

/// Likewise: whether a signature file holds it, with the certificates of `certificates`, the signer's first. Throws
/// unsupported.
void check_room(const SignTask& task, const SignatureOptions& wanted, const SignatureAlgorithm& algorithm,
                const std::vector<crypto::Certificate>& certificates);

}  // namespace eidtool::commands
