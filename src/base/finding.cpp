// SPDX-License-Identifier: Apache-2.0
#include "base/finding.hpp"

namespace eidtool {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

std::string_view name(Indication indication) {
  switch (indication) {
    case Indication::total_passed: return "TOTAL-PASSED";
    case Indication::total_failed: return "TOTAL-FAILED";
    case Indication::indeterminate: return "INDETERMINATE";
  }
  return "";
}

std::string_view name(SubIndication sub_indication) {
  switch (sub_indication) {
    case SubIndication::format_failure: return "FORMAT_FAILURE";
    case SubIndication::hash_failure: return "HASH_FAILURE";
    case SubIndication::sig_crypto_failure: return "SIG_CRYPTO_FAILURE";
    case SubIndication::sig_constraints_failure: return "SIG_CONSTRAINTS_FAILURE";
    case SubIndication::chain_constraints_failure: return "CHAIN_CONSTRAINTS_FAILURE";
    case SubIndication::certificate_chain_general_failure: return "CERTIFICATE_CHAIN_GENERAL_FAILURE";
    case SubIndication::crypto_constraints_failure: return "CRYPTO_CONSTRAINTS_FAILURE";
    case SubIndication::no_signing_certificate_found: return "NO_SIGNING_CERTIFICATE_FOUND";
    case SubIndication::no_certificate_chain_found: return "NO_CERTIFICATE_CHAIN_FOUND";
    case SubIndication::revoked_no_poe: return "REVOKED_NO_POE";
    case SubIndication::revoked_ca_no_poe: return "REVOKED_CA_NO_POE";
    case SubIndication::out_of_bounds_no_poe: return "OUT_OF_BOUNDS_NO_POE";
    case SubIndication::out_of_bounds_not_revoked: return "OUT_OF_BOUNDS_NOT_REVOKED";
    case SubIndication::try_later: return "TRY_LATER";
  }
  return "";
}

Indication indication_of(SubIndication sub_indication) {
  switch (sub_indication) {
    case SubIndication::format_failure:
    case SubIndication::hash_failure:
    case SubIndication::sig_crypto_failure: return Indication::total_failed;
    case SubIndication::sig_constraints_failure:
    case SubIndication::chain_constraints_failure:
    case SubIndication::certificate_chain_general_failure:
    case SubIndication::crypto_constraints_failure:
    case SubIndication::no_signing_certificate_found:
    case SubIndication::no_certificate_chain_found:
    case SubIndication::revoked_no_poe:
    case SubIndication::revoked_ca_no_poe:
    case SubIndication::out_of_bounds_no_poe:
    case SubIndication::out_of_bounds_not_revoked:
    case SubIndication::try_later: break;
  }
  return Indication::indeterminate;
}

Finding failure(SubIndication sub_indication, std::string_view code, std::string_view message) {
  return {std::string(code), Severity::error, std::string(message), sub_indication};
}

Finding warning(std::string_view code, std::string_view message) {
  return {std::string(code), Severity::warning, std::string(message)};
}

Finding information(std::string_view code, std::string_view message) {
  return {std::string(code), Severity::info, std::string(message)};
}

}  // namespace eidtool
