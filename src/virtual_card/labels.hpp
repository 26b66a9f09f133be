// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/purpose.hpp"

namespace eidtool::virtual_card {

/// What the Citizen Card calls itself.
inline constexpr std::string_view card_label = "CARTAO DE CIDADAO";

/// Labels and id of a citizen's pair, as on the Citizen Card.
struct PairLabels {
  std::string_view certificate;
  std::string_view key;
  std::uint8_t id;
};
constexpr PairLabels labels_of(Purpose purpose) {
  return purpose == Purpose::signature
             ? PairLabels{"CITIZEN SIGNATURE CERTIFICATE", "CITIZEN SIGNATURE KEY", 0x46}
             : PairLabels{"CITIZEN AUTHENTICATION CERTIFICATE", "CITIZEN AUTHENTICATION KEY", 0x45};
}

/// And of the certificates above it. Its ROOT CA is the authority `Cartão de Cidadão`; the state's root
/// is not on the card.
struct AuthorityLabel {
  std::string_view certificate;
  std::uint8_t id;
};
inline constexpr AuthorityLabel root_authority_label{"ROOT CA", 0x50};
inline constexpr AuthorityLabel signature_authority_label{"SIGNATURE SUB CA", 0x51};
inline constexpr AuthorityLabel authentication_authority_label{"AUTHENTICATION SUB CA", 0x52};

}  // namespace eidtool::virtual_card
