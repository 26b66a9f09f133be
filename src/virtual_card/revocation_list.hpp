// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "virtual_card/pki.hpp"

namespace eidtool::virtual_card {

struct RevokedCertificate {
  Bytes serial_number;  // big-endian
  Time at;
};

/// A complete list of an authority (RFC 5280 §5), DER: its certificates that were revoked, each for the reason that
/// its key was compromised (§5.3.1).
Bytes revocation_list(const Authority& authority, const std::vector<RevokedCertificate>& revoked, Validity validity);

}  // namespace eidtool::virtual_card
