// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace eidtool::tests {

/// The first thing in what was written to a terminal that is not to be there, described; empty: nothing. That is:
/// bytes that the C library does not take for UTF-8; control characters but the line end (and the carriage return that
/// the terminal puts before it); characters that turn text round or are invisible.
std::string harm_in(const std::string& shown);

/// Texts that strangers may choose: each has something of the kind, and all have the word EVIL in them, which is how
/// one finds them again.
struct HostileText {
  const char* what;
  std::string text;
  bool is_utf8;
};
const std::vector<HostileText>& hostile_texts();

}  // namespace eidtool::tests
