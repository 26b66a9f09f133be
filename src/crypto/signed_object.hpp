// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/public_key.hpp"

namespace eidtool::crypto {

/// SIGNED{…} (X.509 §6.2): what certificates, revocation lists and OCSP responses have in common.
struct SignedObject {
  Bytes content;  // what was signed, DER
  AlgorithmIdentifier algorithm;
  Bytes signature;  // of the BIT STRING

  /// From what is inside the SEQUENCE; what an OCSP response has behind these three remains in `rest`. Throws
  /// malformed.
  static SignedObject read(BytesView sequence_content, BytesView* rest = nullptr);

  /// Throws malformed, unsupported for algorithms that eidtool does not check.
  bool is_signed_by(const PublicKey& key) const;
  /// What is_signed_by() costs with such a key, once it is loaded.
  std::uint64_t check_cost(const KeyCost& key) const;
};

}  // namespace eidtool::crypto
