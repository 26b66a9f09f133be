// SPDX-License-Identifier: Apache-2.0
#include "modules/script.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "pkcs11/names.hpp"

namespace eidtool::tests {

namespace {

/// The number of a name, found by asking for the name of every number that there may be; or one as it is.
template <typename Number>
Number number_of(const std::string& name, std::string (*name_of)(Number), Number most) {
  if (name.rfind("0x", 0) == 0) return std::stoul(name, nullptr, 16);
  for (Number number = 0; number < most; ++number) {
    if (name_of(number) == name) return number;
  }
  throw std::runtime_error("the filter module's script names an unknown " + name);
}

CK_MECHANISM_TYPE mechanism_of(const std::string& name) {
  return number_of<CK_MECHANISM_TYPE>(name, pkcs11::mechanism_name, 0x3000);
}

CK_RV return_value_of(const std::string& name) { return number_of<CK_RV>(name, pkcs11::return_value_name, 0x300); }

CK_ATTRIBUTE_TYPE attribute_of(const std::string& name) {
  return number_of<CK_ATTRIBUTE_TYPE>(name, pkcs11::attribute_name, 0x700);
}

CK_FLAGS token_flag_of(const std::string& name) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    const auto flag = CK_FLAGS{1} << bit;
    const auto names = pkcs11::token_flag_names(flag);
    if (names.size() == 1 && names[0] == pkcs11::without_prefix(name)) return flag;
  }
  throw std::runtime_error("the filter module's script names an unknown " + name);
}

Script::Death death_of(const std::string& name) {
  if (name == "SIGSEGV") return Script::Death::segmentation_fault;
  if (name == "SIGTRAP") return Script::Death::trap;
  if (name == "SIGSTOP") return Script::Death::stop;
  if (name == "exit") return Script::Death::exit;
  if (name == "_exit") return Script::Death::exit_at_once;
  if (name == "thread-exit") return Script::Death::exit_in_thread;
  if (name == "thread-SIGSEGV") return Script::Death::fault_in_thread;
  if (name == "abort") return Script::Death::abort;
  throw std::runtime_error("the filter module's script names an unknown way to crash: " + name);
}

/// One line: the words behind the directive, taken from the left.
class Words {
 public:
  explicit Words(const std::string& line) : line_(line), words_(line) {}

  std::string next() {
    std::string word;
    if (!(words_ >> word)) throw std::runtime_error("the filter module's script lacks something: " + line_);
    return word;
  }
  unsigned long number() { return std::stoul(next()); }
  bool more() { return !(words_ >> std::ws).eof(); }

  /// The next word, where it has that beginning.
  std::optional<std::string> next_if(const std::string& beginning) {
    if (!more()) return std::nullopt;
    const auto position = words_.tellg();
    std::string word;
    if (words_ >> word && word.rfind(beginning, 0) == 0) return word;
    words_.clear();
    words_.seekg(position);
    return std::nullopt;
  }

  /// `after N`, `once`, both or neither.
  Script::Occasion occasion() {
    Script::Occasion when;
    while (more()) {
      const auto word = next();
      if (word == "after") {
        when.after = number();
      } else if (word == "once") {
        when.once = true;
      } else {
        throw std::runtime_error("the filter module's script does not understand " + word + ": " + line_);
      }
    }
    return when;
  }

  /// Inner blanks as they stand; `\xNN` is a byte.
  std::string rest() {
    std::string text;
    std::getline(words_ >> std::ws, text);
    for (auto at = text.find("\\x"); at != std::string::npos; at = text.find("\\x", at + 1)) {
      text.replace(at, 4, 1, static_cast<char>(std::stoul(text.substr(at + 2, 2), nullptr, 16)));
    }
    return text;
  }

 private:
  const std::string& line_;
  std::istringstream words_;
};

void take_mechanisms(Words& words, std::set<CK_MECHANISM_TYPE>& mechanisms) {
  while (words.more()) mechanisms.insert(mechanism_of(words.next()));
}

void take_refusal(Words& words, Script& script) {
  auto& refusal = script.refusals[mechanism_of(words.next())];
  while (words.more()) {
    const auto word = words.next();
    if (word == "at") {
      refusal.at_sign = words.next() == "C_Sign";
    } else {
      refusal.rv = return_value_of(word);
    }
  }
}

void take_copies(Words& words, Script& script) {
  script.copies.count = words.number();
  if (!words.more()) return;
  script.copies.object_class = number_of<CK_OBJECT_CLASS>(words.next(), pkcs11::object_class_name, 0x10);
}

void take_lengths(Words& words, Script& script) {
  auto& lengths = script.lengths[words.next()];
  while (words.more()) {
    const auto word = words.next();
    if (word == "-") {
      lengths.emplace_back();
    } else {
      lengths.emplace_back(word == "unavailable" ? CK_UNAVAILABLE_INFORMATION : std::stoul(word));
    }
  }
}

using Taker = void (*)(Words&, Script&);

const std::map<std::string, Taker> directives = {
    {"log", [](Words& words, Script& script) { script.log = words.rest(); }},
    {"return",
     [](Words& words, Script& script) {
       auto& answer = script.returns[words.next()];
       answer.rv = return_value_of(words.next());
       answer.when = words.occasion();
     }},
    {"pull",
     [](Words& words, Script& script) {
       auto& answer = script.pulls[words.next()];
       const auto rv = words.next_if("CKR_");
       answer.rv = rv ? return_value_of(*rv) : CKR_DEVICE_REMOVED;
       answer.when = words.occasion();
     }},
    {"crash",
     [](Words& words, Script& script) {
       auto& crash = script.crashes[words.next()];
       crash.death = death_of(words.next());
       crash.when = words.occasion();
     }},
    {"block",
     [](Words& words, Script& script) {
       auto& when = script.blocks[words.next()];
       when = words.occasion();
     }},
    {"delay",
     [](Words& words, Script& script) {
       auto& delay = script.delays[words.next()];
       delay = words.number();
     }},
    {"meet",
     [](Words& words, Script& script) {
       auto& number = script.meetings[words.next()];
       number = words.number();
     }},
    {"await",
     [](Words& words, Script& script) {
       auto& awaited = script.awaited[words.next()];
       awaited.file = words.next();
       awaited.when = words.occasion();
     }},
    {"chdir", [](Words& words, Script& script) { script.folder_changes.insert(words.next()); }},
    {"prompt",
     [](Words& words, Script& script) {
       auto& prompt = script.prompts[words.next()];
       prompt = words.rest();
     }},
    {"fork",
     [](Words& words, Script& script) {
       auto& text = script.forks[words.next()];
       text = words.rest();
     }},
    {"echo-off", [](Words& words, Script& script) { script.hidden_echoes.insert(words.next()); }},
    {"only", [](Words& words, Script& script) { take_mechanisms(words, script.only); }},
    {"hide", [](Words& words, Script& script) { take_mechanisms(words, script.hidden); }},
    {"add",
     [](Words& words, Script& script) {
       while (words.more()) script.added.push_back(mechanism_of(words.next()));
     }},
    {"refuse", take_refusal},
    {"keep-operation", [](Words&, Script& script) { script.keep_operation = true; }},
    {"corrupt-signature", [](Words&, Script& script) { script.corrupt_signature = true; }},
    {"leave-out-digest-info", [](Words&, Script& script) { script.leave_out_digest_info = true; }},
    {"sign-by-another-key", [](Words&, Script& script) { script.sign_by_another_key = true; }},
    {"leading-zeros", [](Words&, Script& script) { script.leading_zeros = true; }},
    {"print", [](Words& words, Script& script) { script.print = words.rest(); }},
    {"serial-signing", [](Words& words, Script& script) { script.slowness = words.number(); }},
    {"read-stdin", [](Words&, Script& script) { script.read_stdin = true; }},
    {"hide-public-keys", [](Words&, Script& script) { script.hide_public_keys = true; }},
    {"copies", take_copies},
    {"vanish",
     [](Words& words, Script& script) {
       auto& when = script.vanishing[attribute_of(words.next())];
       when = words.occasion();
     }},
    {"flag",
     [](Words& words, Script& script) {
       auto& flag = script.flags[attribute_of(words.next())];
       flag = words.next() == "true";
     }},
    {"one-attribute-at-a-time", [](Words&, Script& script) { script.refuses_several_attributes = true; }},
    {"first-attribute-alone", [](Words&, Script& script) { script.answers_first_attribute_alone = true; }},
    {"lend-secrets", [](Words&, Script& script) { script.lend_secrets = true; }},
    {"length", take_lengths},
    {"start-thread", [](Words&, Script& script) { script.start_thread = true; }},
    {"ghost-slot", [](Words& words, Script& script) { script.ghost_slot = words.occasion(); }},
    {"lock-after", [](Words& words, Script& script) { script.lock_after = words.number(); }},
    {"log-in-by-itself", [](Words&, Script& script) { script.log_in_by_itself = true; }},
    {"forget-login", [](Words&, Script& script) { script.forget_login = true; }},
    {"token-flags",
     [](Words& words, Script& script) {
       auto& flags = words.next() == "set" ? script.set_flags : script.cleared_flags;
       while (words.more()) flags |= token_flag_of(words.next());
     }},
    {"label", [](Words& words, Script& script) { script.label = words.rest(); }},
    {"manufacturer", [](Words& words, Script& script) { script.manufacturer = words.rest(); }},
    {"model", [](Words& words, Script& script) { script.model = words.rest(); }},
    {"serial", [](Words& words, Script& script) { script.serial = words.rest(); }},
    {"most-sessions", [](Words& words, Script& script) { script.most_sessions = words.number(); }},
    {"removable", [](Words&, Script& script) { script.is_removable = true; }},
    {"slot-description", [](Words& words, Script& script) { script.slot_description = words.rest(); }},
};

}  // namespace

Script Script::read(const std::string& path) {
  Script script;
  script.wrong_pins = path + ".wrong-pins";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("the filter module cannot read its script " + path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    Words words(line);
    const auto directive = directives.find(words.next());
    if (directive == directives.end()) {
      throw std::runtime_error("the filter module's script has an unknown directive: " + line);
    }
    directive->second(words, script);
  }
  return script;
}

bool Script::lists(CK_MECHANISM_TYPE mechanism) const {
  if (hidden.count(mechanism) != 0) return false;
  return only.empty() || only.count(mechanism) != 0;
}

bool Script::is_added(CK_MECHANISM_TYPE mechanism) const {
  return std::find(added.begin(), added.end(), mechanism) != added.end();
}

}  // namespace eidtool::tests
