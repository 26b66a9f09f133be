// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace eidtool::pkcs11 {

/// A module as p11-kit is configured with it (pkcs11.conf(5)).
struct ConfiguredModule {
  std::string name;              // of the file, without `.module`
  std::string library;           // file name, whole
  bool is_from_package = false;  // nobody on this machine asked for it: a package brought it along
  bool is_remote = false;        // p11-kit alone can load it: it runs in another process
  std::string init_reserved;     // what it is initialised with, besides what every module gets; empty: nothing
};

/// The modules that the configuration enables for this program, by falling priority, without those of trust policy.
/// p11-kit itself loads all of them at once: one that crashes while it is loaded could not be told from the others, and
/// one whose library is missing vanishes without a word.
std::vector<ConfiguredModule> configured_modules();

}  // namespace eidtool::pkcs11
