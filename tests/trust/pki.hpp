// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "support/authorities.hpp"
#include "support/temporary_folder.hpp"
#include "trust/trust.hpp"

namespace eidtool::trust {

using Names = std::vector<std::string>;

/// root → sub → leaf, and what else a test makes.
class Pki : private tests::TemporaryFolder, public tests::Authorities {
 public:
  Pki();

  crypto::Certificate certificate(const std::string& name) const;
  /// With root to trust.
  Evidence evidence(const Names& lists, const Names& responses = {}, const Names& intermediates = {"sub"}) const;

  /// A list with a number, and of a delta list the one that it begins from.
  void write_numbered_list(const std::string& issuer, const std::string& file, unsigned number, int day,
                           unsigned base = 0, const std::string& extensions = {});

  /// What `issuer` revoked, in a list by the key of another one.
  void write_list_by(const std::string& signer, const std::string& issuer, const std::string& file,
                     const std::string& extensions = {});

  /// A SEQUENCE of those bytes and a signature of them by `signer`.
  Bytes signed_by(const std::string& signer, const Bytes& content) const;
  /// A list with those entries, DER.
  void write_made_list(const std::string& issuer, const std::string& file, const std::vector<Bytes>& entries) const;
  /// An entry about a certificate; extensions, if any, as a SEQUENCE.
  Bytes entry(const std::string& name, Time revoked_at, const Bytes& extensions = {}) const;

  using Authorities::path;
};

Bytes joined(const std::vector<Bytes>& parts);
/// DER of a GeneralizedTime.
Bytes generalized_time(Time time);

/// As of `at`, an hour before now.
TrustReport judged(const Pki& pki, const Evidence& evidence, Time at = tests::in_days(0), bool required = true,
                   const std::string& name = "leaf");

/// The codes of what keeps it from being trusted.
Names failures(const TrustReport& report);

/// All messages, a line each.
std::string text(const TrustReport& report);

}  // namespace eidtool::trust
