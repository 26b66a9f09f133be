// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/purpose.hpp"
#include "base/time.hpp"
#include "cli/options.hpp"
#include "virtual_card/certificate_builder.hpp"

namespace eidtool::virtual_card {

/// The made-up person whose card it is.
struct Citizen {
  std::string given_names = "JOÃO";
  std::string surname = "VIRTUAL DA CONCEIÇÃO";
  std::string common_name = "JOÃO VIRTUAL DA CONCEIÇÃO";
  std::string civil_number = "BI123456789";  // the certificates' serialNumber attribute
};

/// The subject of the certificate for a purpose, DER, as it is on the real card. Throws usage for
/// names beyond the bounds of X.520.
Bytes subject_name(const Citizen& citizen, Purpose purpose);

/// --given-names, --surname, --common-name, --civil-number.
void declare_citizen_options(cli::OptionSet& options);
/// Throws usage for names beyond the bounds of X.520, naming the attribute.
Citizen citizen_of(const cli::Arguments& arguments);

/// --not-before, --not-after, --valid-days.
void declare_validity_options(cli::OptionSet& options);
/// Ten years from the beginning of today, unless the options say otherwise. Throws usage.
Validity validity_of(const cli::Arguments& arguments, Time now);

}  // namespace eidtool::virtual_card
