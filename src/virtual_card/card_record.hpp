// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/record.hpp"
#include "virtual_card/card.hpp"

namespace eidtool::virtual_card {

/// An `emulated_card` record, with the file's name and no more.
cli::Record card_record(const std::string& heading, const std::string& file);

/// What its certificates say, the authentication's first.
std::vector<cli::Record> certificate_records(const Card& card);

}  // namespace eidtool::virtual_card
