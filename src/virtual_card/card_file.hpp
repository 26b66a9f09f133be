// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "base/files.hpp"
#include "virtual_card/card.hpp"

namespace eidtool::virtual_card {

/// A card file, of which this process alone has the card while it lives: nobody else gets it, by whatever
/// name. The lock is on the file itself and moves to the one that takes its place; it is gone with the process.
class CardFile {
 public:
  /// Throws io, also where another process has the card; malformed.
  explicit CardFile(const std::filesystem::path& file);

  const Card& card() const { return card_; }
  /// Replaces the file's content, whole or not at all, and on the disk when this returns: a try that was
  /// spent stays spent. Throws io.
  void store(const Card& card);

 private:
  std::filesystem::path file_;
  FileDescriptor locked_;
  Card card_;
};

/// The card, whoever has it. Throws io, malformed.
Card read_card_file(const std::filesystem::path& file);

/// The process that has the card; nothing where none has. Throws io.
std::optional<pid_t> holder_of(const std::filesystem::path& file);

/// Writes a new card file, for its owner alone. Throws io; where one is there that a process has, with
/// IfExists::replace too.
void write_card_file(const std::filesystem::path& file, const Card& card, IfExists if_exists);

}  // namespace eidtool::virtual_card
