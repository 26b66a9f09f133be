// SPDX-License-Identifier: Apache-2.0
#include "support/tokens.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "base/files.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// The folder of the template, provisioned anew where the program that does it is newer.
fs::path template_of(const TokenKind& kind) {
  const fs::path provisioner = from_meson("EIDTOOL_VIRTUAL_CARD");
  const auto folder = fs::path(from_meson("EIDTOOL_BUILD")) / "test-tokens";
  fs::create_directories(folder);
  const auto made = folder / kind.name();

  // Test programs run in parallel: one makes it, the others wait.
  const FileDescriptor lock(::open((made.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.number(), LOCK_EX) != 0) throw std::runtime_error("cannot lock " + made.string());
  if (fs::exists(made) && fs::last_write_time(made) > fs::last_write_time(provisioner)) return made;

  const fs::path beginning = made.string() + ".new";
  fs::remove_all(beginning);
  Program program;
  program.words = {provisioner,   "provision", "--profile", kind.profile, "--key-type",
                   kind.key_type, "--pin",     token_pin,   "--module",   softhsm_module()};
  if (!kind.label.empty()) program.words.insert(program.words.end(), {"--label", kind.label});
  const auto options = words_of(kind.options);
  program.words.insert(program.words.end(), options.begin(), options.end());
  program.words.push_back(beginning);
  program.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", folder}};
  program.time_limit = std::chrono::seconds(600);
  const auto outcome = run(program);
  if (outcome.status != 0) {
    throw std::runtime_error("no virtual card " + kind.name() + ": " + outcome.output + outcome.errors);
  }
  fs::remove_all(made);
  fs::rename(beginning, made);
  fs::last_write_time(made, fs::file_time_type::clock::now());
  return made;
}

}  // namespace

std::string TokenKind::name() const { return profile + "-" + key_type + (label.empty() ? "" : "-" + label); }

void make_tokens(const fs::path& folder, const std::vector<TokenKind>& kinds) {
  fs::create_directories(folder / "tokens");
  for (const auto& kind : kinds) {
    fs::copy(template_of(kind) / "tokens", folder / "tokens", fs::copy_options::recursive);
  }
  write_file(folder / "softhsm2.conf",
             "directories.tokendir = " + (folder / "tokens").string() +
                 "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n");
}

fs::path softhsm_module() {
  for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                           "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"}) {
    if (fs::exists(path)) return path;
  }
  throw std::runtime_error("libsofthsm2.so is not installed");
}

std::string from_meson(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set: run the tests with meson test");
  return value;
}

}  // namespace eidtool::tests
