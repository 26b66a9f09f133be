// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "cli/record.hpp"
#include "formats/format.hpp"
#include "trust/trust.hpp"

namespace eidtool::commands {

enum class Answer { valid, invalid, indeterminate };
/// `valid`, …
const char* name(Answer answer);

/// What the user asked for beyond a signature that matches.
struct Policy {
  bool allow_sha1 = false;
  Time at;  // when the certificate's validity is looked at
};

/// The answer of `verify` on one signature, with every reason. A value, never an exception.
struct Verdict {
  Answer answer;
  std::optional<SubIndication> sub_indication;  // why it is not valid
  std::vector<Finding> findings;
};

/// Combines what the format found with what is known of the signer's certificate; the one place where a verdict is
/// made. Without a trust report whether to trust the certificate was not checked, and a finding says so.
Verdict judge(const formats::SignatureReport& report, const std::optional<trust::TrustReport>& trust,
              const Policy& policy);

/// What a person can do about a signature that did not pass.
std::string advice_for(SubIndication sub_indication);

}  // namespace eidtool::commands
