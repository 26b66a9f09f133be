// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace eidtool::tests {

/// A virtual citizen's token as eidtool-virtual-card makes it.
struct TokenKind {
  std::string key_type = "rsa2048";
  std::string profile = "card1";
  std::string label = {};    // empty: the profile's own
  std::string options = {};  // further ones of the provisioner; a label of its own then tells the kind apart

  std::string name() const;
};

inline const std::vector<TokenKind> no_tokens;

/// The PIN of every token here.
inline constexpr const char* token_pin = "1234";

/// Copies tokens into one `folder`, with a softhsm2.conf: a clone of a template that is provisioned once
/// in the build folder, whichever test program needs it first. Two of the same kind would be the same
/// token twice; a label sets them apart.
void make_tokens(const std::filesystem::path& folder, const std::vector<TokenKind>& kinds);

/// The library of SoftHSM.
std::filesystem::path softhsm_module();

/// A variable that meson sets: EIDTOOL, EIDTOOL_BUILD, … Throws where it is not there.
std::string from_meson(const char* name);

}  // namespace eidtool::tests
