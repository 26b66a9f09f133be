// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "crypto/certificate.hpp"
#include "formats/format.hpp"
#include "trust/trust.hpp"

namespace eidtool::commands {

/// Whether to trust the signer; nothing where `judge` is null or nobody is known to have signed. Where several
/// certificates could be the signer's, the report gets the one that is, in whatever order they stand in the file: one
/// that the user gave, else the one that trust speaks of most clearly; and no signer where they have several names and
/// nothing tells whose it is.
std::optional<trust::TrustReport> choose_signer(formats::SignatureReport& report,
                                                const std::vector<crypto::Certificate>& given, trust::Judge* judge);

}  // namespace eidtool::commands
