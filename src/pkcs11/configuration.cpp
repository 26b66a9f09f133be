// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/configuration.hpp"

#include <errno.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

#include "base/text.hpp"
#include "config.hpp"

namespace eidtool::pkcs11 {

namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> read_configuration(const fs::path& file) {
  std::map<std::string, std::string> entries;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto text = trimmed(line);
    const auto colon = text.find(':');
    if (text.empty() || text.front() == '#' || colon == std::string_view::npos) continue;
    entries[std::string(trimmed(text.substr(0, colon)))] = std::string(trimmed(text.substr(colon + 1)));
  }
  return entries;
}

bool names_program(const std::string& list) {
  std::string words = list;
  for (auto& c : words) c = c == ',' ? ' ' : c;
  for (const auto& word : split(words, ' ')) {
    if (word == program_invocation_short_name) return true;
  }
  return false;
}

std::vector<fs::path> folders() {
  std::vector<fs::path> found;
  // root's user configuration is ignored by p11-kit
  if (::geteuid() != 0) {
    const char* configuration = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (configuration != nullptr && *configuration != '\0') {
      found.push_back(fs::path(configuration) / "pkcs11" / "modules");
    } else if (home != nullptr) {
      found.push_back(fs::path(home) / ".config" / "pkcs11" / "modules");
    }
  }
  found.emplace_back(config::system_modules);
  found.emplace_back(config::package_modules);
  return found;
}

}  // namespace

std::vector<ConfiguredModule> configured_modules() {
  // A file of a later folder is overridden by one of the same name in an earlier one.
  std::map<std::string, std::map<std::string, std::string>> by_name;
  for (const auto& folder : folders()) {
    std::error_code unreadable;
    for (fs::directory_iterator entry(folder, unreadable), end; !unreadable && entry != end;
         entry.increment(unreadable)) {
      if (entry->path().extension() == ".module") {
        by_name.emplace(entry->path().stem().string(), read_configuration(entry->path()));
      }
    }
  }
  std::vector<ConfiguredModule> modules;
  for (const auto& [name, entries] : by_name) {
    const auto library = entries.find("module");
    const auto enabled = entries.find("enable-in");
    const auto disabled = entries.find("disable-in");
    if (library == entries.end() || entries.contains("remote")) continue;
    if (enabled != entries.end() && !names_program(enabled->second)) continue;
    if (disabled != entries.end() && names_program(disabled->second)) continue;
    modules.push_back({name, library->second});
  }
  return modules;
}

}  // namespace eidtool::pkcs11
