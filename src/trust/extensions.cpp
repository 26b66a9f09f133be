// SPDX-License-Identifier: Apache-2.0
#include "trust/extensions.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "crypto/der.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

constexpr std::size_t most_policies = 100;  // of one certificate, and mappings; honest ones have some ten

std::uint64_t number_of(BytesView integer) {
  if (integer.empty() || (integer.front() & 0x80U) != 0) throw malformed("a count is negative");
  const auto digits = der::without_leading_zeros(integer);
  // More certificates than any chain has.
  if (digits.size() > 4) return 0xffffffffU;
  std::uint64_t number = 0;
  for (const auto byte : digits) number = (number << 8U) | byte;
  return number;
}

void read_basic_constraints(der::Reader value, Extensions& extensions) {
  auto fields = value.enter(der::tag::sequence);
  value.end();
  extensions.has_basic_constraints = true;
  fields.next_if(der::tag::boolean);  // the certificate says it
  if (const auto length = fields.next_if(der::tag::integer)) extensions.path_length = number_of(length->content);
  fields.end();
}

void read_extended_key_usage(der::Reader value, Extensions& extensions) {
  auto& usages = extensions.extended_key_usage.emplace();
  for (auto list = value.enter(der::tag::sequence); !list.at_end();) usages.push_back(list.next_object_identifier());
  value.end();
}

void read_policies(der::Reader value, Extensions& extensions) {
  auto& policies = extensions.policies.emplace();
  for (auto list = value.enter(der::tag::sequence); !list.at_end();) {
    if (policies.size() == most_policies) throw malformed("it has more than " + std::to_string(most_policies));
    auto policy = list.enter(der::tag::sequence).next_object_identifier();
    if (std::ranges::find(policies, policy) != policies.end()) throw malformed("it has a policy twice");
    policies.push_back(std::move(policy));
  }
  value.end();
}

void read_policy_mappings(der::Reader value, Extensions& extensions) {
  for (auto list = value.enter(der::tag::sequence); !list.at_end();) {
    if (extensions.policy_mappings.size() == most_policies) {
      throw malformed("it has more than " + std::to_string(most_policies));
    }
    auto pair = list.enter(der::tag::sequence);
    auto issuers = pair.next_object_identifier();
    extensions.policy_mappings.emplace_back(std::move(issuers), pair.next_object_identifier());
    pair.end();
  }
  value.end();
}

void read_policy_constraints(der::Reader value, Extensions& extensions) {
  auto fields = value.enter(der::tag::sequence);
  value.end();
  if (const auto number = fields.next_if(der::tag::context(0))) {
    extensions.policy_constraints.require_explicit_policy = number_of(number->content);
  }
  if (const auto number = fields.next_if(der::tag::context(1))) {
    extensions.policy_constraints.inhibit_policy_mapping = number_of(number->content);
  }
  fields.end();
}

void read_inhibit_any_policy(der::Reader value, Extensions& extensions) {
  extensions.inhibit_any_policy = number_of(value.next(der::tag::integer).content);
  value.end();
}

/// GeneralSubtrees; minimum and maximum have to have their defaults (§4.2.1.10).
std::vector<GeneralName> read_subtrees(BytesView content) {
  std::vector<GeneralName> bases;
  for (der::Reader list(content); !list.at_end();) {
    auto subtree = list.enter(der::tag::sequence);
    const auto base = subtree.next();
    bases.push_back({base.tag, Bytes(base.content.begin(), base.content.end())});
    subtree.end();
  }
  return bases;
}

void read_name_constraints(der::Reader value, Extensions& extensions) {
  auto fields = value.enter(der::tag::sequence);
  value.end();
  auto& constraints = extensions.name_constraints.emplace();
  if (const auto permitted = fields.next_if(der::tag::context_constructed(0))) {
    constraints.permitted = read_subtrees(permitted->content);
  }
  if (const auto excluded = fields.next_if(der::tag::context_constructed(1))) {
    constraints.excluded = read_subtrees(excluded->content);
  }
  fields.end();
}

void read_alternative_names(der::Reader value, Extensions& extensions) {
  extensions.alternative_names = read_general_names(value.next(der::tag::sequence).content);
  value.end();
}

void read_authority_key_identifier(der::Reader value, Extensions& extensions) {
  auto fields = value.enter(der::tag::sequence);
  value.end();
  if (const auto identifier = fields.next_if(der::tag::context(0))) {
    extensions.authority_key_identifier.assign(identifier->content.begin(), identifier->content.end());
  }
}

/// Of no influence on a chain, or read with the certificate; critical or not, they are understood.
void read_nothing(der::Reader, Extensions&) {}

struct ExtensionRow {
  std::string_view oid;
  std::string_view name;
  void (*read)(der::Reader, Extensions&);
};

constexpr std::array extension_rows = {
    ExtensionRow{"2.5.29.19", "basic constraints", read_basic_constraints},
    ExtensionRow{"2.5.29.15", "key usage", read_nothing},
    ExtensionRow{"2.5.29.37", "extended key usage", read_extended_key_usage},
    ExtensionRow{"2.5.29.32", "certificate policies", read_policies},
    ExtensionRow{"2.5.29.33", "policy mappings", read_policy_mappings},
    ExtensionRow{"2.5.29.36", "policy constraints", read_policy_constraints},
    ExtensionRow{"2.5.29.54", "inhibit anyPolicy", read_inhibit_any_policy},
    ExtensionRow{"2.5.29.30", "name constraints", read_name_constraints},
    ExtensionRow{"2.5.29.17", "subject alternative names", read_alternative_names},
    ExtensionRow{"2.5.29.35", "authority key identifier", read_authority_key_identifier},
    ExtensionRow{"2.5.29.14", "subject key identifier", read_nothing},
    ExtensionRow{"2.5.29.18", "issuer alternative names", read_nothing},
    ExtensionRow{"2.5.29.31", "CRL distribution points", read_nothing},
    ExtensionRow{ocsp_no_check, "OCSP nocheck", read_nothing},
    ExtensionRow{"1.3.6.1.5.5.7.1.3", "qualified certificate statements", read_nothing},
};

}  // namespace

std::vector<GeneralName> read_general_names(BytesView content) {
  std::vector<GeneralName> names;
  for (der::Reader list(content); !list.at_end();) {
    const auto name = list.next();
    names.push_back({name.tag, Bytes(name.content.begin(), name.content.end())});
  }
  return names;
}

Extensions extensions_of(const crypto::Certificate& certificate) {
  Extensions extensions;
  extensions.is_ca = certificate.is_ca();
  extensions.key_usage = certificate.key_usage_bits();
  for (const auto& extension : certificate.extensions()) {
    const auto* row = std::ranges::find(extension_rows, extension.oid, &ExtensionRow::oid);
    if (row == extension_rows.end()) {
      if (extension.critical) extensions.unknown_critical.push_back(extension.oid);
      continue;
    }
    try {
      row->read(der::Reader(extension.value), extensions);
    } catch (const Error& error) {
      throw malformed("its extension " + std::string(row->name) + " is broken: " + error.what());
    }
  }
  return extensions;
}

}  // namespace eidtool::trust
