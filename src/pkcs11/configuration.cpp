// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/configuration.hpp"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config.hpp"

namespace eidtool::pkcs11 {

namespace {

namespace fs = std::filesystem;

using Entries = std::map<std::string, std::string>;

Entries read_configuration(const fs::path& file) {
  Entries entries;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const auto text = trimmed(line);
    const auto colon = text.find(':');
    if (text.empty() || text.front() == '#' || colon == std::string_view::npos) continue;
    entries[std::string(trimmed(text.substr(0, colon)))] = std::string(trimmed(text.substr(colon + 1)));
  }
  return entries;
}

std::string value_of(const Entries& entries, const std::string& name, const std::string& otherwise = {}) {
  const auto found = entries.find(name);
  return found == entries.end() ? otherwise : found->second;
}

bool names_program(const std::string& list) {
  std::string words = list;
  for (auto& c : words) c = c == ',' ? ' ' : c;
  const auto all = split(words, ' ');
  return std::ranges::find(all, program_invocation_short_name) != all.end();
}

bool is_enabled(const Entries& entries) {
  if (entries.contains("enable-in")) return names_program(value_of(entries, "enable-in"));
  return !entries.contains("disable-in") || !names_program(value_of(entries, "disable-in"));
}

/// Empty where there is none.
fs::path users_folder() {
  // root's own configuration is ignored by p11-kit
  if (::getuid() == 0 || ::secure_getenv("P11_KIT_NO_USER_CONFIG") != nullptr) return {};
  const char* configuration = std::getenv("XDG_CONFIG_HOME");
  if (configuration != nullptr && *configuration != '\0') return fs::path(configuration) / "pkcs11";
  const char* home = std::getenv("HOME");
  return home == nullptr ? fs::path() : fs::path(home) / ".config" / "pkcs11";
}

/// Where modules are looked for: the user's, the machine's, those of packages. `user-config` says which count
/// (pkcs11.conf(5)).
std::vector<fs::path> folders() {
  const auto user = users_folder();
  const fs::path system_modules(config::system_modules);
  auto mode = value_of(read_configuration(system_modules.parent_path() / "pkcs11.conf"), "user-config", "merge");
  if (user.empty()) mode = "none";
  if (mode != "none") mode = value_of(read_configuration(user / "pkcs11.conf"), "user-config", mode);
  std::vector<fs::path> found;
  if (mode != "none") found.push_back(user / "modules");
  if (mode != "only") {
    found.push_back(system_modules);
    found.emplace_back(config::package_modules);
  }
  return found;
}

int priority_of(const Entries& entries) {
  const auto text = value_of(entries, "priority", "0");
  return static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
}

struct Found {
  Entries entries;
  bool is_from_package;
};

}  // namespace

std::vector<ConfiguredModule> configured_modules() {
  // What a file of a later folder says counts where one of the same name in an earlier one does not say it.
  std::map<std::string, Found> by_name;
  for (const auto& folder : folders()) {
    std::error_code unreadable;
    for (fs::directory_iterator entry(folder, unreadable), end; !unreadable && entry != end;
         entry.increment(unreadable)) {
      if (entry->path().extension() != ".module") continue;
      auto entries = read_configuration(entry->path());
      const auto [found, is_new] =
          by_name.try_emplace(entry->path().stem().string(), Found{{}, folder == fs::path(config::package_modules)});
      found->second.entries.merge(entries);
    }
  }
  std::vector<std::pair<int, ConfiguredModule>> modules;
  for (const auto& [name, found] : by_name) {
    const auto& entries = found.entries;
    const bool is_remote = !value_of(entries, "remote").empty();
    const auto library = value_of(entries, "module");
    if ((library.empty() && !is_remote) || !is_enabled(entries) || value_of(entries, "trust-policy") == "yes") continue;
    modules.push_back({priority_of(entries),
                       {name, is_remote ? "" : (fs::path(config::module_path) / library).string(),
                        found.is_from_package, is_remote, value_of(entries, "x-init-reserved")}});
  }
  std::ranges::stable_sort(modules, std::ranges::greater(), &std::pair<int, ConfiguredModule>::first);
  std::vector<ConfiguredModule> sorted;
  for (auto& [priority, module] : modules) sorted.push_back(std::move(module));
  return sorted;
}

}  // namespace eidtool::pkcs11
