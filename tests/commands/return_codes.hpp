// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "pkcs11/cryptoki.hpp"

namespace eidtool::tests {

struct Code {
  CK_RV rv;
  std::string name;
};

/// What a function may answer but CKR_OK: by its clause of PKCS#11 2.40 (Base Specification, errata 01), what §5.1
/// allows any function that works on a token, and a code of a vendor's own. Throws where the table lacks the function.
std::vector<Code> codes_of(const std::string& function);
/// `§5.11`.
std::string clause_of(const std::string& function);

}  // namespace eidtool::tests
