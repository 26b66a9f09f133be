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

  /// Which of a function's calls are meant: all after so many, or the one after them.
  struct Occasion {
    unsigned long after = 0;
    bool once = false;

    bool has_come(unsigned long calls_before) const { return once ? calls_before == after : calls_before >= after; }
  };
  struct Return {
    CK_RV rv = CKR_OK;
    Occasion when;
  };
  enum class Death { segmentation_fault, trap, stop, abort, exit, exit_at_once, exit_in_thread, fault_in_thread };
  struct Crash {
    Death death = Death::abort;
    Occasion when;
  };
  struct Refusal {
    bool at_sign = false;
    CK_RV rv = CKR_MECHANISM_INVALID;
  };
  /// Of every object of a class, or of all.
  struct Copies {
    unsigned long count = 1;
    std::optional<CK_OBJECT_CLASS> object_class;
  };

  std::string log;

  // At any function, by its name.
  std::map<std::string, Return> returns;
  std::map<std::string, Return> pulls;
  std::map<std::string, Crash> crashes;
  std::map<std::string, Occasion> blocks;
  std::map<std::string, unsigned long> delays;  // milliseconds
  std::map<std::string, unsigned long> meetings;
  struct Awaited {
    std::string file;
    Occasion when;
  };
  std::map<std::string, Awaited> awaited;
  std::set<std::string> folder_changes;
  std::map<std::string, std::string> prompts;
  std::map<std::string, std::string> forks;  // what each writes
  std::set<std::string> hidden_echoes;

  // Mechanisms and signatures.
  std::set<CK_MECHANISM_TYPE> only;
  std::set<CK_MECHANISM_TYPE> hidden;
  std::vector<CK_MECHANISM_TYPE> added;
  std::map<CK_MECHANISM_TYPE, Refusal> refusals;
  bool keep_operation = false;
  bool corrupt_signature = false;
  bool leave_out_digest_info = false;
  bool sign_by_another_key = false;
  bool leading_zeros = false;
  std::optional<std::string> print;
  bool read_stdin = false;
  unsigned long slowness = 0;  // milliseconds

  // Objects.
  bool hide_public_keys = false;
  Copies copies;
  std::map<CK_ATTRIBUTE_TYPE, Occasion> vanishing;
  std::map<CK_ATTRIBUTE_TYPE, bool> flags;
  bool refuses_several_attributes = false;
  bool answers_first_attribute_alone = false;
  bool lend_secrets = false;

  // Tokens, slots, logins.
  bool start_thread = false;
  std::optional<Occasion> ghost_slot;
  std::optional<unsigned long> lock_after;
  std::string wrong_pins;  // the file that counts them
  bool log_in_by_itself = false;
  bool forget_login = false;
  CK_FLAGS set_flags = 0;
  CK_FLAGS cleared_flags = 0;
  bool is_removable = false;
  std::optional<CK_ULONG> most_sessions;
  std::optional<std::string> label;
  std::optional<std::string> manufacturer;
  std::optional<std::string> model;
  std::optional<std::string> serial;
  std::optional<std::string> slot_description;

  /// What is claimed instead of a length, one after the other, the last for ever; nothing stands for the
  /// truth. By `slots`, `mechanisms`, `found`, `signature` or an attribute's name.
  std::map<std::string, std::vector<std::optional<CK_ULONG>>> lengths;

  bool lists(CK_MECHANISM_TYPE mechanism) const;
  bool is_added(CK_MECHANISM_TYPE mechanism) const;
};

}  // namespace eidtool::tests
