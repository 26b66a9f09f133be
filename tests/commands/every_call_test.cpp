// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "commands/return_codes.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

/// A command whose every call is made to fail.
struct Walk {
  std::string name;
  std::string line;
  std::string output;       // the file that it writes; empty where it writes none
  std::string script = {};  // what the module does besides
};

/// Where in a walk which code is answered.
struct Case {
  std::string function;
  unsigned long after = 0;  // so many calls of it
  bool is_first = false;
  Code code;
  std::string line;  // of the log
};

/// What is to come of it.
struct Expected {
  int status;
  bool names_call;  // the error is about this call, and says so
};

enum class At { any, first, last };

struct Rule {
  std::set<std::string> walks;      // empty: any
  std::set<std::string> functions;  // empty: any
  At at;
  std::set<std::string> codes;  // empty: any
  Expected expected;
};

constexpr Expected survives = {0, false};

const std::set<std::string> listings = {"slots", "objects"};
const std::set<std::string> signings = {"sign", "sign in pieces", "sign each time", "sign cades"};
const std::set<std::string> gone = {"CKR_SLOT_ID_INVALID", "CKR_TOKEN_NOT_PRESENT", "CKR_TOKEN_NOT_RECOGNIZED",
                                    "CKR_DEVICE_REMOVED"};

// By what a person can do: look for the card (4), see to the PIN (5), to the card or its module (6). The first that
// fits counts; where none does it is 6.
const std::vector<Rule> rules = {
    // What is done is done: the end of a session or module changes nothing.
    {{}, {"C_CloseSession", "C_Finalize"}, At::any, {}, survives},
    // p11-kit takes it for somebody else's doing and goes on. As nobody did, C_GetInfo fails.
    {{}, {"C_Initialize"}, At::any, {"CKR_CRYPTOKI_ALREADY_INITIALIZED"}, {6, false}},

    // A reader or card that is gone when it is looked for is no error but an absence: nothing to list or to choose
    // from. SoftHSM's last slot is one without a token of ours; the last look of all is that before the PIN.
    {{"sign each time"}, {"C_GetTokenInfo"}, At::last, {}, {6, true}},
    {listings, {"C_GetSlotInfo", "C_GetTokenInfo"}, At::any, gone, survives},
    {{}, {"C_GetSlotInfo", "C_GetTokenInfo"}, At::first, gone, {4, false}},
    {{}, {"C_GetSlotInfo", "C_GetTokenInfo"}, At::last, gone, survives},

    // Lists and values may grow between two calls; the last call is a second one.
    {{}, {"C_GetSlotList", "C_GetMechanismList", "C_GetAttributeValue"}, At::last, {"CKR_BUFFER_TOO_SMALL"}, survives},
    {{}, {"C_GetMechanismInfo"}, At::any, {"CKR_MECHANISM_INVALID"}, survives},
    // Whoever has to ask the PIN for each signature and does not say so is not asked, and says so then.
    {{"sign each time"},
     {"C_GetAttributeValue"},
     At::last,
     {"CKR_ATTRIBUTE_SENSITIVE", "CKR_ATTRIBUTE_TYPE_INVALID"},
     {5, false}},
    {{}, {"C_GetAttributeValue"}, At::any, {"CKR_ATTRIBUTE_SENSITIVE", "CKR_ATTRIBUTE_TYPE_INVALID"}, survives},

    // Somebody logged in already. As nobody did, the key is not to be seen.
    {{"objects --login"}, {"C_Login"}, At::any, {"CKR_USER_ALREADY_LOGGED_IN"}, survives},
    {signings, {"C_Login"}, At::first, {"CKR_USER_ALREADY_LOGGED_IN"}, {4, false}},

    // The other mechanism is tried where that costs no PIN, and another session where an operation is left open.
    {{"sign", "sign each time", "sign cades"},
     {"C_SignInit"},
     At::any,
     {"CKR_ARGUMENTS_BAD", "CKR_KEY_FUNCTION_NOT_PERMITTED", "CKR_KEY_TYPE_INCONSISTENT", "CKR_MECHANISM_INVALID",
      "CKR_MECHANISM_PARAM_INVALID"},
     survives},
    {{}, {"C_SignInit"}, At::any, {"CKR_OPERATION_ACTIVE"}, survives},
    {{"sign", "sign cades"},
     {"C_Sign"},
     At::any,
     {"CKR_ARGUMENTS_BAD", "CKR_DATA_INVALID", "CKR_DATA_LEN_RANGE"},
     survives},

    {{},
     {},
     At::any,
     {"CKR_PIN_INCORRECT", "CKR_PIN_LOCKED", "CKR_PIN_EXPIRED", "CKR_USER_PIN_NOT_INITIALIZED",
      "CKR_USER_NOT_LOGGED_IN", "CKR_FUNCTION_CANCELED", "CKR_FUNCTION_REJECTED"},
     {5, true}},
};

Expected expected_of(const Walk& walk, const Case& one) {
  // Then each is asked for by itself.
  if (one.line == "C_GetAttributeValue together") return survives;
  // Of listings the last call may be about an attribute that is not there.
  if (one.line == "C_GetAttributeValue size" && one.code.name == "CKR_BUFFER_TOO_SMALL") return {6, true};
  const auto fits = [](const std::set<std::string>& wanted, const std::string& name) {
    return wanted.empty() || wanted.count(name) != 0;
  };
  for (const auto& rule : rules) {
    const bool is_there = rule.at == At::any || (rule.at == At::first) == one.is_first;
    if (is_there && fits(rule.walks, walk.name) && fits(rule.functions, one.function) &&
        fits(rule.codes, one.code.name)) {
      return rule.expected;
    }
  }
  return {6, true};
}

/// json_lines() is not made for threads.
std::vector<JsonLine> checked_lines(const std::string& output) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return json_lines(output);
}

/// All files around the desk, but for the token's own.
std::set<std::string> names_around(const Desk& desk) {
  namespace fs = std::filesystem;
  const auto root = desk.folder().parent_path();
  std::set<std::string> names;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = fs::relative(entry->path(), root).string();
    if (name == "card") entry.disable_recursion_pending();
    names.insert(name);
  }
  return names;
}

class Worker {
 public:
  explicit Worker(const Walk& walk) : walk_(walk) {
    desk_.write("doc", "text");
    desk_.write("large", std::string((1U << 20U) + 1, 'x'));
    desk_.filter(walk_.script);
    clean_ = names_around(desk_);
  }

  /// The calls of the command where nothing fails, as the log has them.
  std::vector<std::string> calls() {
    const auto outcome = desk_.eidtool(walk_.line);
    if (outcome.status != 0) throw std::runtime_error(walk_.name + " fails by itself: " + outcome.errors);
    auto calls = desk_.log();
    tidy_up();
    return calls;
  }

  /// What is wrong with eidtool's answer; empty where nothing is.
  std::string complaints(const Case& one) {
    desk_.filter(walk_.script + "return " + one.function + " " + script_name(one.code) + " after " +
                 std::to_string(one.after) + " once\n");
    const auto outcome = run(desk_.eidtool_program("--json " + walk_.line));
    std::ostringstream said;
    compare(one, outcome, said);
    const auto what = said.str();
    tidy_up();
    return what.empty() ? "" : what + "--- output\n" + outcome.output + "--- errors\n" + outcome.errors;
  }

 private:
  static std::string script_name(const Code& code) {
    std::ostringstream number;
    number << "0x" << std::hex << code.rv;
    return number.str();
  }

  void compare(const Case& one, const Outcome& outcome, std::ostringstream& said) const {
    const auto expected = expected_of(walk_, one);
    if (outcome.status != expected.status) {
      said << "ends with " << outcome.status << " and not " << expected.status << "\n";
    }
    if (contains(outcome.errors, "Sanitizer") || contains(outcome.errors, "runtime error")) {
      said << "is found out by a sanitizer\n";
    }
    const auto lines = checked_lines(outcome.output);
    const bool failed = !lines.empty() && lines.back().type() == "error";
    if (failed != (outcome.status != 0)) said << "has a status and records that do not fit\n";
    if (failed && lines.back().number("/exit_status") != outcome.status) said << "tells another exit status\n";
    if (expected.names_call) {
      const auto errors = tests::said(outcome, "error");
      const bool is_named = !errors.empty() && contains(errors.back(), one.function + " answered " + one.code.name);
      if (!is_named) said << "does not say what was answered\n";
      if (!failed || !lines.back().has("/function") || lines.back().text("/function") != one.function ||
          lines.back().number("/rv") != static_cast<long>(one.code.rv)) {
        said << "has no record of function and code\n";
      }
    }
    compare_files(outcome, said);
    compare_logins(one, said);
  }

  void compare_files(const Outcome& outcome, std::ostringstream& said) const {
    auto wanted = clean_;
    if (outcome.status == 0 && !walk_.output.empty()) wanted.insert("desk/" + walk_.output);
    for (const auto& name : names_around(desk_)) {
      if (wanted.erase(name) == 0) said << "leaves " << name << "\n";
    }
    for (const auto& name : wanted) said << "lacks " << name << "\n";
  }

  /// Behind a login that was not CKR_OK there is none, of whatever user.
  void compare_logins(const Case& one, std::ostringstream& said) const {
    const auto count = desk_.logged("C_Login");
    const bool is_login = one.function == "C_Login";
    if (is_login && count != one.after + 1) said << "presents a PIN again: " << count << " logins\n";
    for (const auto* user : {"CKU_USER", "CKU_CONTEXT_SPECIFIC"}) {
      if (desk_.logged(std::string("C_Login ") + user) > 1) said << "logs in twice as " << user << "\n";
    }
  }

  void tidy_up() {
    for (const auto& name : names_around(desk_)) {
      if (clean_.count(name) == 0) std::filesystem::remove_all(desk_.folder().parent_path() / name);
    }
  }

  const Walk& walk_;
  Desk desk_;
  std::set<std::string> clean_;
};

/// Every function of the walk, the first time that it is called and the last, with every code. Attributes may be asked
/// for together: then also the first time that it is one alone.
std::vector<Case> cases_of(const std::vector<std::string>& calls) {
  std::map<std::string, std::vector<std::string>> by_function;
  for (const auto& call : calls) by_function[call.substr(0, call.find(' '))].push_back(call);
  std::vector<Case> cases;
  for (const auto& [function, lines] : by_function) {
    const auto several = function + " together";
    const auto alone = std::ranges::find_if(lines, [&](const auto& line) { return line != several; });
    std::map<std::size_t, bool> places = {{0, true}, {lines.size() - 1, false}};  // which of them are first ones
    if (alone != lines.end()) places.try_emplace(static_cast<std::size_t>(alone - lines.begin()), true);
    for (const auto& code : codes_of(function)) {
      for (const auto& [after, is_first] : places) {
        cases.push_back({function, after, is_first, code, lines[after]});
      }
    }
  }
  return cases;
}

void check_every_call(const Walk& walk) {
  Worker first(walk);
  const auto all_cases = cases_of(first.calls());
  REQUIRE(all_cases.size() > 50);
  const auto cases = sample(all_cases, 7);
  Worker second(walk);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::vector<std::string> complaints;
  const auto work = [&](Worker& worker) {
    for (auto index = next++; index < cases.size(); index = next++) {
      const auto& one = cases[index];
      const auto complaint = worker.complaints(one);
      if (complaint.empty()) continue;
      const std::lock_guard lock(mutex);
      complaints.push_back(walk.name + ": " + one.function + " (PKCS#11 2.40 " + clause_of(one.function) + ")" +
                           (one.is_first ? ", first: " : ", last: ") + one.code.name + "\n" + complaint);
    }
  };
  std::thread helper([&] { work(second); });
  work(first);
  helper.join();
  for (const auto& complaint : complaints) FAIL_CHECK(complaint);
  CHECK(complaints.empty());
}

}  // namespace

TEST_CASE("slots takes every answer to every call") { check_every_call({"slots", "slots --mechanisms", ""}); }

TEST_CASE("objects takes every answer to every call") { check_every_call({"objects", "objects", ""}); }

TEST_CASE("objects --login takes every answer to every call") {
  check_every_call({"objects --login", "objects --login --pin-file ../pin", ""});
}

TEST_CASE("sign takes every answer to every call") {
  check_every_call({"sign", "sign doc --pin-file ../pin", "doc.sig"});
}

TEST_CASE("sign takes every answer to every call where a document goes to the token in pieces") {
  check_every_call({"sign in pieces", "sign large --pin-file ../pin", "large.sig", "hide CKM_RSA_PKCS\n"});
}

TEST_CASE("sign takes every answer to every call with a key that asks for the PIN every time") {
  check_every_call({"sign each time", "sign doc --as signature --pin-file ../pin", "doc.sig"});
}

TEST_CASE("sign takes every answer to every call where it collects the issuers of a CMS signature") {
  check_every_call({"sign cades", "sign doc --format cades --pin-file ../pin", "doc.p7s"});
}

TEST_CASE("export-cert takes every answer to every call") {
  check_every_call({"export-cert", "export-cert -o cert.der", "cert.der"});
}

}  // namespace eidtool::tests
