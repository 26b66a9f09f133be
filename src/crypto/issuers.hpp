// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crypto/certificate.hpp"

namespace eidtool::crypto {

/// The certificates above one as far as a pile holds them, the next first: each made the signature below it, and the
/// last is self-signed where the pile has that one. Of several that fit the one that is valid longest. Whether to
/// trust any of them is another question.
std::vector<Certificate> issuers_of(const Certificate& certificate, const std::vector<Certificate>& pile);

}  // namespace eidtool::crypto
