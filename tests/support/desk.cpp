// SPDX-License-Identifier: Apache-2.0
#include "support/desk.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

constexpr const char* botan_pool_size = "BOTAN_MLOCK_POOL_SIZE";

/// What the sanitizers are told, and where programs are, is all that a test inherits.
Environment bare_environment() {
  Environment environment = {
      {"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment[name] = value;
  }
  // Botan 2 locks memory for secrets at its first use: a third of what a run costs on some virtual machines. eidtool
  // has none there, but leaves it to modules with the same Botan; tests of what is locked let it.
  environment[botan_pool_size] = "0";
  environment["LSAN_OPTIONS"] =
      "suppressions=" + from_meson("EIDTOOL_SOURCE") + "/tests/support/leaks.txt:print_suppressions=0";
  return environment;
}

/// Looking for leaks takes half as long again as everything else under the sanitizers. Each third of the runs with a
/// module that does not behave is looked at, and each sixth of the others, in each process other ones.
bool is_searched_for_leaks(const Environment& environment) {
  static std::atomic<unsigned> well{static_cast<unsigned>(::getpid())};
  static std::atomic<unsigned> badly{static_cast<unsigned>(::getpid())};
  return environment.count("EIDTOOL_TEST_SCRIPT") != 0 ? badly++ % 3 == 0 : well++ % 6 == 0;
}

}  // namespace

Desk::Desk(const std::vector<TokenKind>& tokens) : environment(bare_environment()), folder_(root_.path() / "desk") {
  const auto home = root_.path() / "home";
  fs::create_directories(folder_);
  fs::create_directories(home);
  environment["HOME"] = home;
  environment["XDG_CONFIG_HOME"] = home / ".config";
  environment["XDG_DATA_HOME"] = home / ".local/share";
  environment["XDG_CACHE_HOME"] = home / ".cache";
  environment["TMPDIR"] = root_.path();
  make_tokens(root_.path() / "card", tokens);
  environment["SOFTHSM2_CONF"] = root_.path() / "card/softhsm2.conf";
  module_options = {"--module", softhsm_module()};
  // Beside the desk, so that what is on it is what a test put there: eidtool sign --pin-file ../pin.
  write_file(root_.path() / "pin", std::string(token_pin) + "\n");
}

void Desk::let_botan_lock() { environment.erase(botan_pool_size); }

bool Desk::has(const std::string& name) const { return fs::exists(fs::symlink_status(path(name))); }

std::map<std::string, std::string> Desk::files() const {
  std::map<std::string, std::string> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder_, fs::directory_options::skip_permission_denied)) {
    const auto name = fs::relative(entry.path(), folder_).string();
    result[name] = entry.is_regular_file() && !entry.is_symlink() ? read_file(entry.path()) : "no regular file";
  }
  return result;
}

Program Desk::program(const std::vector<std::string>& words) const {
  Program program;
  program.words = through;
  program.words.insert(program.words.end(), words.begin(), words.end());
  program.environment = environment;
  program.folder = folder_;
  return program;
}

Program Desk::eidtool_program(const std::string& line) const {
  auto words = words_of(line);
  words.insert(words.begin(), from_meson("EIDTOOL"));
  // Before a `--` everything is an option.
  const auto end = std::find(words.begin(), words.end(), "--");
  words.insert(end, module_options.begin(), module_options.end());
  auto made = program(words);
  if (!is_searched_for_leaks(environment)) made.environment["ASAN_OPTIONS"] += ":detect_leaks=0";
  return made;
}

Outcome Desk::run_eidtool(const Program& program) {
  auto outcome = tests::run(program);
  const auto& words = program.words;
  const bool is_json = std::find(words.begin(), words.end(), "--json") != words.end();
  if (is_json) json_lines(outcome.output);
  return outcome;
}

Outcome Desk::eidtool(const std::string& line, const std::string& input) const {
  auto program = eidtool_program(line);
  program.input = input;
  return run_eidtool(program);
}

Outcome Desk::run(const std::vector<std::string>& words, const std::string& input) const {
  auto wanted = program(words);
  wanted.input = input;
  return tests::run(wanted);
}

void Desk::filter(const std::string& script) {
  const auto file = root_.path() / "script";
  write_file(file, "log " + (root_.path() / "log").string() + "\n" + script);
  // The number of wrong PINs that a script counts from one process to the next begins anew.
  fs::remove(file.string() + ".wrong-pins");
  forget_log();
  environment["EIDTOOL_TEST_MODULE"] = softhsm_module();
  environment["EIDTOOL_TEST_SCRIPT"] = file;
  environment["EIDTOOL_TEST_PIN"] = token_pin;
  module_options = {"--module", from_meson("EIDTOOL_FILTER_MODULE")};
}

std::vector<std::string> Desk::log() const { return lines_of(read_file(root_.path() / "log")); }

void Desk::forget_log() const { write_file(root_.path() / "log", ""); }

std::size_t Desk::logged(const std::string& call) const {
  const auto calls = log();
  return static_cast<std::size_t>(std::count_if(calls.begin(), calls.end(), [&](const std::string& line) {
    return line == call || line.rfind(call + " ", 0) == 0;
  }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void skip(const std::string& reason) { std::cout << "SKIPPED: " << reason << std::endl; }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace eidtool::tests
