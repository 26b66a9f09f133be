// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "commands/choose_key.hpp"
#include "commands/sign_plan.hpp"

namespace eidtool::commands {

/// Everything that the documents of one command share.
struct SignBatch {
  const SignatureOptions& wanted;
  const SignatureAlgorithm& algorithm;
  const Pair& pair;
  SignPlan& plan;
};

/// How many documents are worked on at a time, and over how many sessions the token signs them: with fewer, some are
/// read and digested while others are signed.
struct SignJobs {
  std::size_t documents = 1;
  std::size_t sessions = 1;
};

/// For `jobs` documents at a time. Where nobody asked for so many, one session for what sits in a reader: a card does
/// one thing at a time. Where each signature is a prompt, one document after the other.
SignJobs sign_jobs(std::size_t jobs, bool is_asked_for, const SignBatch& batch, const pkcs11::SigningKey& key);

/// Signs what the plan has left, results in its order; the status to end with. A failing document is reported and the
/// rest go on, except where that could cost a PIN try or is of no use.
int sign_all(const SignBatch& batch, pkcs11::SigningKey key, const SignJobs& jobs, cli::Context& context);

/// Where no document is left to sign: all were left out, or have failed before a PIN was asked for.
int finish_without_signing(const SignPlan& plan, cli::Context& context);

}  // namespace eidtool::commands
