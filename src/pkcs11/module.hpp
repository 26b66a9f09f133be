// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "pkcs11/configuration.hpp"
#include "pkcs11/cryptoki.hpp"
#include "pkcs11/functions.hpp"

namespace eidtool::pkcs11 {

class Slot;

struct Version {
  unsigned major;
  unsigned minor;
};
/// `2.40`.
std::string to_text(Version version);

struct ModuleInfo {
  std::string path;  // of the library; empty where p11-kit does not tell
  std::string description;
  std::string manufacturer;
  Version version;  // of the library
};

/// The file that a module's name means: a name without a folder that is no file here is looked for where p11-kit keeps
/// modules.
std::filesystem::path library_file(const std::filesystem::path& name);

/// A loaded and initialised PKCS#11 library. A shared handle: copies, and every Slot, Token and
/// Session made from it, keep it; the last one finalises it.
class Module {
 public:
  /// A library by what library_file() takes. Throws module_failed.
  static Module load(const std::filesystem::path& path);

  /// One that p11-kit is configured with. Throws module_failed.
  static Module load(const ConfiguredModule& configured);

  /// As messages name it: the name of its configuration, or the file's.
  const std::string& name() const;
  ModuleInfo info() const;
  const CK_INFO& raw_info() const;

  /// All slots as they are now; with_token_only leaves out the empty ones.
  enum class Slots { all, with_token };
  std::vector<Slot> slots(Slots which) const;

  const Functions& functions() const;

  bool operator==(const Module& other) const { return state_ == other.state_; }

 private:
  friend void end_modules(int exit_status);
  struct State;
  static void end_all();
  explicit Module(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// Where calls are watched: finalises all modules that nobody uses any more, when all is done and it is known with what
/// status, which a module that crashes or hangs at its end is not to change.
void end_modules(int exit_status);

/// A fixed field of Cryptoki as text: without the blanks that pad it and without anything after a
/// zero byte, which some modules leave there.
std::string text_of_field(const unsigned char* field, std::size_t size);

}  // namespace eidtool::pkcs11
