// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eidtool {

enum class Severity { info, warning, error };
/// `info`, `warning`, `error`.
std::string_view name(Severity severity);

/// The main status indications of ETSI EN 319 102-1 V1.3.1, table 5.
enum class Indication { total_passed, total_failed, indeterminate };
/// `TOTAL-PASSED`, `TOTAL-FAILED`, `INDETERMINATE`.
std::string_view name(Indication indication);

/// Why a signature did not pass, as ETSI EN 319 102-1 V1.3.1, tables 5 and 6, has it: those that eidtool can tell.
enum class SubIndication {
  format_failure,
  hash_failure,
  sig_crypto_failure,
  sig_constraints_failure,
  chain_constraints_failure,
  certificate_chain_general_failure,
  crypto_constraints_failure,
  no_signing_certificate_found,
  no_certificate_chain_found,
  revoked_no_poe,
  revoked_ca_no_poe,
  out_of_bounds_no_poe,
  out_of_bounds_not_revoked,
  try_later,
};
/// `HASH_FAILURE`, …
std::string_view name(SubIndication sub_indication);
/// The indication that a sub-indication belongs to: total_failed or indeterminate.
Indication indication_of(SubIndication sub_indication);

/// One thing a check found; codes are stable and documented, messages are for people. Exactly those
/// with a sub-indication keep a signature from passing, and they are errors.
struct Finding {
  std::string code;
  Severity severity;
  std::string message;
  std::optional<SubIndication> sub_indication = std::nullopt;
};

/// An error that keeps a signature from passing.
Finding failure(SubIndication sub_indication, std::string_view code, std::string_view message);
Finding warning(std::string_view code, std::string_view message);
Finding information(std::string_view code, std::string_view message);

}  // namespace eidtool
