// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace eidtool::pkcs11 {

/// A module as p11-kit is configured with it (pkcs11.conf(5)).
struct ConfiguredModule {
  std::string name;     // of the file, without `.module`
  std::string library;  // as the file has it
};

/// The modules that the configuration enables for this program, read only to be compared with those
/// that p11-kit really loaded: it leaves out a module whose library is missing without a word.
std::vector<ConfiguredModule> configured_modules();

}  // namespace eidtool::pkcs11
