// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "support/authorities.hpp"
#include "support/desk.hpp"

namespace eidtool::tests {

/// A person's desk with a document that another signed: root → sub → ana.
class SignedDesk : public Desk {
 public:
  SignedDesk();

  /// The one record of a verification.
  JsonLine record(const std::string& line, int status) const;

  Authorities pki;
};

/// Puts a revocation list of `pki` into a signature file; OpenSSL puts none there.
void put_list_into_signature(SignedDesk& desk, const std::string& crl, const std::string& file = "doc.p7s");

}  // namespace eidtool::tests
