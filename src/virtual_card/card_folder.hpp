// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/files.hpp"

namespace eidtool::virtual_card {

/// SIGINT, SIGTERM and SIGHUP, unless ignored, wait while this lives, so that the process ends by them only when all
/// that is half made was removed.
class DeferSignals {
 public:
  DeferSignals();
  DeferSignals(const DeferSignals&) = delete;
  DeferSignals& operator=(const DeferSignals&) = delete;
  ~DeferSignals();

  /// Throws cancelled where one of them waits.
  void check() const;

 private:
  sigset_t deferred_{};
  sigset_t before_{};
};

/// The folder of a virtual card: private, and there whole or not at all. It is filled under a temporary
/// name beside its own, and removed when this ends before publish().
class CardFolder {
 public:
  /// By what a folder that was made before is known.
  struct Kind {
    std::string_view what;         // `a virtual card`
    std::string_view marked_file;  // begins with the line `mark`
    std::string_view mark;
    std::set<std::string> names;  // all that it may hold
  };
  /// Throws io where the folder holds something already that may not be replaced: with
  /// IfExists::replace that is anything but what an earlier CardFolder of the kind made.
  CardFolder(const std::filesystem::path& target, Kind kind, IfExists if_exists);
  CardFolder(const CardFolder&) = delete;
  CardFolder& operator=(const CardFolder&) = delete;
  ~CardFolder();

  /// The name it will have, absolute.
  const std::filesystem::path& target() const { return target_; }
  /// The name it has until publish().
  const std::filesystem::path& beginning() const { return beginning_; }

  /// Of a folder or file below it, readable for the owner alone.
  void add_folder(const std::string& name) const;
  void write(const std::string& name, BytesView content) const;

  void publish();

 private:
  /// The folders above, made where they are missing, and removed again if they are still empty when
  /// this ends.
  class Parents {
   public:
    explicit Parents(const std::filesystem::path& folder);
    Parents(const Parents&) = delete;
    Parents& operator=(const Parents&) = delete;
    ~Parents();

   private:
    std::vector<std::filesystem::path> made_;  // the innermost first
  };

  std::filesystem::path target_;
  Kind kind_;
  IfExists if_exists_;
  Parents parents_;
  std::filesystem::path beginning_;
};

}  // namespace eidtool::virtual_card
