// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "virtual_card/card.hpp"
#include "virtual_card/chip/chip.hpp"

namespace eidtool::virtual_card {

/// The chip of a Citizen Card of the first kind: its files, among them those of PKCS#15, its PINs and keys.
chip::Contents chip_contents(const Card& card);

/// Takes over what a chip changes: PINs, their tries, the notepad.
void take_over(Card& card, const chip::Contents& contents);

}  // namespace eidtool::virtual_card
