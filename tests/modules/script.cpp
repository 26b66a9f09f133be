// SPDX-License-Identifier: Apache-2.0
#include "modules/script.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include "pkcs11/names.hpp"

namespace eidtool::tests {

namespace {

/// The number of a name, found by asking for the name of every number that there may be.
template <typename Number>
Number number_of(const std::string& name, std::string (*name_of)(Number), Number most) {
  for (Number number = 0; number < most; ++number) {
    if (name_of(number) == name) return number;
  }
  throw std::runtime_error("the filter module's script names an unknown " + name);
}

CK_MECHANISM_TYPE mechanism_of(const std::string& name) {
  return number_of<CK_MECHANISM_TYPE>(name, pkcs11::mechanism_name, 0x3000);
}

CK_RV return_value_of(const std::string& name) { return number_of<CK_RV>(name, pkcs11::return_value_name, 0x300); }

CK_FLAGS token_flag_of(const std::string& name) {
  for (unsigned bit = 0; bit < 32; ++bit) {
    const auto flag = CK_FLAGS{1} << bit;
    const auto names = pkcs11::token_flag_names(flag);
    if (names.size() == 1 && names[0] == pkcs11::without_prefix(name)) return flag;
  }
  throw std::runtime_error("the filter module's script names an unknown " + name);
}

/// The rest of the line, inner blanks and escapes `\xNN` as they stand.
std::string rest_of(std::istringstream& words) {
  std::string text;
  std::getline(words >> std::ws, text);
  return text;
}

}  // namespace

Script Script::read(const std::string& path) {
  Script script;
  script.wrong_pins = path + ".wrong-pins";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("the filter module cannot read its script " + path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') script.take(line);
  }
  return script;
}

void Script::take(const std::string& line) {
  std::istringstream words(line);
  std::string directive;
  words >> directive;
  const auto next = [&] {
    std::string word;
    if (!(words >> word)) throw std::runtime_error("the filter module's script lacks something: " + line);
    return word;
  };
  const auto each = [&](const std::function<void(CK_MECHANISM_TYPE)>& use) {
    for (std::string word; words >> word;) use(mechanism_of(word));
  };
  if (directive == "log") {
    log = rest_of(words);
  } else if (directive == "return") {
    const auto function = next();
    Return answer{return_value_of(next()), 0};
    std::string word;
    if (words >> word && word == "after") answer.after = std::stoul(next());
    returns[function] = answer;
  } else if (directive == "delay") {
    const auto function = next();
    delays[function] = std::stoul(next());
  } else if (directive == "only") {
    each([&](CK_MECHANISM_TYPE mechanism) { only.insert(mechanism); });
  } else if (directive == "hide") {
    each([&](CK_MECHANISM_TYPE mechanism) { hidden.insert(mechanism); });
  } else if (directive == "add") {
    each([&](CK_MECHANISM_TYPE mechanism) { added.push_back(mechanism); });
  } else if (directive == "refuse") {
    auto& refusal = refusals[mechanism_of(next())];
    for (std::string word; words >> word;) {
      if (word == "at") refusal.at_sign = next() == "C_Sign";
      if (word.rfind("CKR_", 0) == 0) refusal.rv = return_value_of(word);
    }
  } else if (directive == "start-thread") {
    start_thread = true;
  } else if (directive == "lend-secrets") {
    lend_secrets = true;
  } else if (directive == "corrupt-signature") {
    corrupt_signature = true;
  } else if (directive == "keep-operation") {
    keep_operation = true;
  } else if (directive == "hide-public-keys") {
    hide_public_keys = true;
  } else if (directive == "lock-after") {
    lock_after = std::stoul(next());
  } else if (directive == "token-flags") {
    auto& flags = next() == "set" ? set_flags : cleared_flags;
    for (std::string word; words >> word;) flags |= token_flag_of(word);
  } else if (directive == "label") {
    label = rest_of(words);
  } else if (directive == "manufacturer") {
    manufacturer = rest_of(words);
  } else if (directive == "model") {
    model = rest_of(words);
  } else if (directive == "serial") {
    serial = rest_of(words);
  } else if (directive == "slot-description") {
    slot_description = rest_of(words);
  } else if (directive == "print") {
    print = rest_of(words);
  } else if (directive == "read-stdin") {
    read_stdin = true;
  } else {
    throw std::runtime_error("the filter module's script has an unknown directive: " + line);
  }
}

bool Script::lists(CK_MECHANISM_TYPE mechanism) const {
  if (hidden.count(mechanism) != 0) return false;
  return only.empty() || only.count(mechanism) != 0;
}

bool Script::is_added(CK_MECHANISM_TYPE mechanism) const {
  return std::find(added.begin(), added.end(), mechanism) != added.end();
}

}  // namespace eidtool::tests
