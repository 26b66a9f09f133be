// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "virtual_card/card.hpp"

/// The files of a Citizen Card of the first kind that are about the citizen. Their layout is that of
/// CardPteidDef.h and CardPteidAddr.h in the state's own middleware (amagovpt/autenticacao.gov, 2026-08):
/// text in UTF-8 at fixed places, filled up with zeros.
namespace eidtool::virtual_card {

/// 3F00/5F00/EF02: who it is. A real one ends in a picture; this one before it.
Bytes citizen_data(const Card& card);

/// 3F00/5F00/EF05: the address, the whole of it where a real one has the street.
Bytes citizen_address(const Card& card);

/// 3F00/5F00/EF06: SHA-256 of the two above, as LDSSecurityObject (ICAO Doc 9303-10 §4.6.2) in a ContentInfo. On
/// a real card the state has signed it. Nobody has signed this one.
Bytes security_object(BytesView citizen_data, BytesView citizen_address);

/// 3F00/0003: that the card is in use. Of a real one, that is all that is known.
Bytes card_trace();

}  // namespace eidtool::virtual_card
