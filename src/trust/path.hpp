// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/finding.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "trust/policies.hpp"
#include "trust/signature_checks.hpp"

namespace eidtool::trust {

/// Certificates from the one in question up to an anchor, each issued by the next. The anchor is the last; it is the
/// only one where the certificate in question is itself trusted.
using Path = std::vector<crypto::Certificate>;

/// Whose certificate it is, as messages say it.
std::string who(const crypto::Certificate& certificate);

/// What a path is held against.
struct PathRequest {
  Time at;  // when everything has to be valid
  bool allow_sha1 = false;
  PolicyRequest policies = {};
};

/// RFC 5280 §6.1, with the anchor's own constraints (RFC 5937) and the strength of keys and digests. Revocation is not
/// in it. Nothing with a sub-indication: the path is valid.
std::vector<Finding> check_path(const Path& path, const PathRequest& request, SignatureChecks& checks);

}  // namespace eidtool::trust
