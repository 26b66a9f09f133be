// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "virtual_card/chip/chip.hpp"
#include "virtual_card/chip/command_apdu.hpp"

namespace eidtool::virtual_card::chip {

/// The files of a chip, which it is lent, and which of them is selected (ISO/IEC 7816-4:2005 §7.1). Folders are
/// those that the files' paths go through.
class FileTree {
 public:
  explicit FileTree(std::vector<File>& files, BytesView application);

  /// After a reset: the master file.
  void reset();

  /// SELECT: the status word, and the control information that P2 asks for.
  std::uint16_t select(const CommandApdu& command, Bytes& response);
  /// Whether that selects the application by its name.
  bool names_application(const CommandApdu& command) const;

  /// The elementary file that is selected; null: a folder is.
  File* selected() const { return selected_; }
  /// The file with a short identifier, the low five bits of its own, in the current folder, selected.
  File* select_short(std::uint8_t identifier);

 private:
  using Path = std::vector<std::uint16_t>;

  File* find_file(const Path& path) const;
  bool is_folder(const Path& path) const;
  /// False where there is no such file or folder.
  bool go_to(const Path& path);
  bool find_by_identifier(std::uint16_t identifier);
  bool go_down(BytesView identifiers, Path path);
  Bytes control_information(std::uint8_t template_tag) const;

  std::vector<File>& files_;
  Bytes application_;
  Path folder_;  // below the master file
  File* selected_ = nullptr;
  bool application_is_selected_ = false;
};

}  // namespace eidtool::virtual_card::chip
