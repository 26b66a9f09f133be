// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Directives for the filtering module (tests/modules/README.md) by which the virtual citizen's token passes for
/// another card.
namespace eidtool::tests {

/// A card that no profile knows: what its keys want shows only after the login.
inline constexpr const char* unknown_card = "manufacturer Somebody\nmodel Something\n";
inline constexpr const char* spanish_card = "manufacturer DGP-FNMT\nmodel PKCS#15 emulated\n";
inline constexpr const char* belgian_card = "manufacturer Belgium Government\nmodel Belgium eID\n";

}  // namespace eidtool::tests
