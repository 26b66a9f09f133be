// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pkcs11/cryptoki.hpp"

namespace eidtool::tests {

/// What the filter module is to do; README.md lists the directives. Read once, when the module is
/// loaded.
class Script {
 public:
  /// Throws std::runtime_error for a line that it does not understand: a test's own mistake.
  static Script read(const std::string& path);

  struct Return {
    CK_RV rv;
    unsigned long after;
  };
  struct Refusal {
    bool at_sign = false;
    CK_RV rv = CKR_MECHANISM_INVALID;
  };

  std::string log;
  std::map<std::string, Return> returns;
  std::map<std::string, unsigned long> delays;  // milliseconds
  std::set<CK_MECHANISM_TYPE> only;
  std::set<CK_MECHANISM_TYPE> hidden;
  std::vector<CK_MECHANISM_TYPE> added;
  std::map<CK_MECHANISM_TYPE, Refusal> refusals;
  bool lend_secrets = false;
  bool start_thread = false;
  bool corrupt_signature = false;
  bool keep_operation = false;
  bool hide_public_keys = false;
  std::optional<unsigned long> lock_after;
  std::string wrong_pins;  // the file that counts them
  CK_FLAGS set_flags = 0;
  CK_FLAGS cleared_flags = 0;
  std::optional<std::string> label;
  std::optional<std::string> manufacturer;
  std::optional<std::string> model;
  std::optional<std::string> serial;
  std::optional<std::string> slot_description;
  std::optional<std::string> print;
  bool read_stdin = false;

  bool lists(CK_MECHANISM_TYPE mechanism) const;
  bool is_added(CK_MECHANISM_TYPE mechanism) const;

 private:
  void take(const std::string& line);
};

}  // namespace eidtool::tests
