// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/certificate.hpp"
#include "crypto/der.hpp"

/// The extensions of certificates that decide on a chain (RFC 5280 §4.2).
namespace eidtool::trust {

/// The bits of RFC 5280 §4.2.1.3 that matter here, as they count there.
enum class KeyUsage : unsigned { digital_signature = 0, non_repudiation = 1, certificate_signing = 5, crl_signing = 6 };

inline constexpr std::string_view any_policy = "2.5.29.32.0";
/// Of a responder whose own certificate need not be looked up (RFC 6960 §4.2.2.2.1).
inline constexpr std::string_view ocsp_no_check = "1.3.6.1.5.5.7.48.1.5";

/// §4.2.1.11; the numbers of certificates that may still follow.
struct PolicyConstraints {
  std::optional<std::uint64_t> require_explicit_policy;
  std::optional<std::uint64_t> inhibit_policy_mapping;
};

/// §4.2.1.10: GeneralNames as [tag] and content.
struct GeneralName {
  std::uint8_t tag;  // of GeneralName's CHOICE, with class and constructed bit
  Bytes content;
};
inline constexpr std::uint8_t directory_name = crypto::der::tag::context_constructed(4);

struct NameConstraints {
  std::vector<GeneralName> permitted;
  std::vector<GeneralName> excluded;
};

/// What a certificate's extensions say to path validation. Read once.
struct Extensions {
  bool has_basic_constraints = false;
  bool is_ca = false;
  std::optional<std::uint64_t> path_length;
  std::optional<unsigned> key_usage;  // bit n as in KeyUsage
  std::optional<std::vector<std::string>> extended_key_usage;
  std::optional<std::vector<std::string>> policies;
  std::vector<std::pair<std::string, std::string>> policy_mappings;  // issuer's, subject's
  PolicyConstraints policy_constraints;
  std::optional<std::uint64_t> inhibit_any_policy;
  std::optional<NameConstraints> name_constraints;
  std::vector<GeneralName> alternative_names;
  Bytes authority_key_identifier;  // empty: not told
  std::vector<std::string> unknown_critical;

  bool allows(KeyUsage usage) const { return !key_usage || (*key_usage & (1U << static_cast<unsigned>(usage))) != 0; }
};

/// Throws malformed, naming the extension.
Extensions extensions_of(const crypto::Certificate& certificate);

/// GeneralNames (§4.2.1.6): the values in a SEQUENCE's content. Throws malformed.
std::vector<GeneralName> read_general_names(BytesView content);

}  // namespace eidtool::trust
