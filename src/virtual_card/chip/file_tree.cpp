// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/file_tree.hpp"

#include <algorithm>

#include "crypto/der.hpp"
#include "virtual_card/chip/status_word.hpp"

namespace eidtool::virtual_card::chip {

namespace {

constexpr std::uint16_t master_file = 0x3f00;

// P1 of SELECT
constexpr std::uint8_t by_identifier = 0x00;
constexpr std::uint8_t child_folder = 0x01;
constexpr std::uint8_t file_in_folder = 0x02;
constexpr std::uint8_t parent_folder = 0x03;
constexpr std::uint8_t by_name = 0x04;
constexpr std::uint8_t path_from_master = 0x08;
constexpr std::uint8_t path_from_folder = 0x09;

// P2 of SELECT, and the tags of the templates that they ask for
constexpr std::uint8_t wants_fci = 0x00;
constexpr std::uint8_t wants_fcp = 0x04;
constexpr std::uint8_t wants_nothing = 0x0c;
constexpr std::uint8_t fci_tag = 0x6f;
constexpr std::uint8_t fcp_tag = 0x62;

constexpr std::uint8_t high(std::size_t number) { return static_cast<std::uint8_t>(number >> 8U & 0xffU); }
constexpr std::uint8_t low(std::size_t number) { return static_cast<std::uint8_t>(number & 0xffU); }

std::uint16_t identifier_of(BytesView two) { return static_cast<std::uint16_t>(two[0] << 8U | two[1]); }

/// A data object: tag, length, value. Byte by byte: of insert(), g++ 14 warns for no reason.
void append(Bytes& bytes, std::uint8_t tag, BytesView value) {
  bytes.push_back(tag);
  bytes.push_back(static_cast<std::uint8_t>(value.size()));
  for (const auto byte : value) bytes.push_back(byte);
}
void append(Bytes& bytes, std::uint8_t tag, std::initializer_list<std::uint8_t> value) {
  append(bytes, tag, BytesView(value.begin(), value.size()));
}

/// A security condition byte as OpenSC's gemsafe_sc2acl reads it: a PIN by its number.
std::uint8_t after_pin(std::uint8_t reference) { return static_cast<std::uint8_t>(0x10U | (reference & 0x0fU)); }
constexpr std::uint8_t always = 0x00;
constexpr std::uint8_t never = 0xff;

}  // namespace

FileTree::FileTree(std::vector<File>& files, BytesView application)
    : files_(files), application_(application.begin(), application.end()) {}

void FileTree::reset() {
  folder_.clear();
  selected_ = nullptr;
  application_is_selected_ = false;
}

File* FileTree::find_file(const Path& path) const {
  const auto found = std::find_if(files_.begin(), files_.end(), [&](const File& file) { return file.path == path; });
  return found == files_.end() ? nullptr : &*found;
}

bool FileTree::is_folder(const Path& path) const {
  return std::any_of(files_.begin(), files_.end(), [&](const File& file) {
    return file.path.size() > path.size() && std::equal(path.begin(), path.end(), file.path.begin());
  });
}

bool FileTree::go_to(const Path& path) {
  if (auto* file = find_file(path)) {
    folder_.assign(path.begin(), path.end() - 1);
    selected_ = file;
    return true;
  }
  if (!is_folder(path)) return false;
  folder_ = path;
  selected_ = nullptr;
  return true;
}

/// §7.1.1: what the current folder holds, the folder itself, what stands beside it, the one above.
bool FileTree::find_by_identifier(std::uint16_t identifier) {
  if (identifier == master_file) return go_to({});
  auto child = folder_;
  child.push_back(identifier);
  if (go_to(child)) return true;
  if (folder_.empty()) return false;
  auto sibling = folder_;
  sibling.back() = identifier;  // the folder itself among them
  if (go_to(sibling)) return true;
  const Path above(folder_.begin(), folder_.end() - 1);
  return !above.empty() && above.back() == identifier && go_to(above);
}

bool FileTree::go_down(BytesView identifiers, Path path) {
  if (identifiers.empty() || identifiers.size() % 2 != 0) return false;
  for (; !identifiers.empty(); identifiers = identifiers.subspan(2)) path.push_back(identifier_of(identifiers));
  return go_to(path);
}

bool FileTree::names_application(const CommandApdu& command) const {
  // A name may be given in part, from its beginning (§7.1.1).
  return command.p1 == by_name && command.data.size() >= 5 && command.data.size() <= application_.size() &&
         std::equal(command.data.begin(), command.data.end(), application_.begin());
}

std::uint16_t FileTree::select(const CommandApdu& command, Bytes& response) {
  if (command.p2 != wants_fci && command.p2 != wants_fcp && command.p2 != wants_nothing) {
    return status::wrong_parameters;
  }
  const auto data = command.data;
  const bool is_one = data.size() == 2;
  bool found = false;
  switch (command.p1) {
    case by_identifier:
      if (!data.empty() && !is_one) return status::wrong_length;
      found = find_by_identifier(data.empty() ? master_file : identifier_of(data));
      break;
    case child_folder:
    case file_in_folder: {
      if (!is_one) return status::wrong_length;
      auto child = folder_;
      child.push_back(identifier_of(data));
      const bool is_file = find_file(child) != nullptr;
      found = is_file == (command.p1 == file_in_folder) && go_to(child);
      break;
    }
    case parent_folder:
      if (!data.empty()) return status::wrong_length;
      found = !folder_.empty() && go_to(Path(folder_.begin(), folder_.end() - 1));
      break;
    case by_name:
      found = names_application(command) && go_to({});
      if (found) application_is_selected_ = true;
      break;
    case path_from_master: {
      const bool has_master = data.size() > 2 && identifier_of(data) == master_file;
      found = go_down(has_master ? data.subspan(2) : data, {});
      break;
    }
    case path_from_folder: found = go_down(data, folder_); break;
    default: return status::wrong_parameters;
  }
  if (!found) return status::file_not_found;
  if (command.p2 != wants_nothing) response = control_information(command.p2 == wants_fci ? fci_tag : fcp_tag);
  return status::done;
}

File* FileTree::select_short(std::uint8_t identifier) {
  for (auto& file : files_) {
    const bool is_here =
        file.path.size() == folder_.size() + 1 && std::equal(folder_.begin(), folder_.end(), file.path.begin());
    if (is_here && (file.path.back() & 0x1fU) == identifier) {
      selected_ = &file;
      return &file;
    }
  }
  return nullptr;
}

/// §5.3.3; which tags, and 82 for elementary files alone: as OpenSC's gemsafe_process_fci and gemsafe_setacl
/// (card-gemsafeV1.c, 0.23) read them.
Bytes FileTree::control_information(std::uint8_t template_tag) const {
  constexpr std::uint8_t activated = 0x05;
  Bytes content;
  if (selected_ != nullptr) {
    constexpr std::uint8_t transparent = 0x01;
    constexpr std::uint8_t update_and_read = 0x03;
    append(content, 0x81, {high(selected_->content.size()), low(selected_->content.size())});
    append(content, 0x82, {transparent});
    append(content, 0x8a, {activated});
    append(content, 0x83, {high(selected_->path.back()), low(selected_->path.back())});
    const auto update = selected_->update_pin ? after_pin(*selected_->update_pin) : never;
    const auto read = selected_->read_pin ? after_pin(*selected_->read_pin) : always;
    append(content, 0x8c, {update_and_read, update, read});
  } else {
    constexpr std::uint8_t create_folder_and_file = 0x06;
    const auto identifier = folder_.empty() ? master_file : folder_.back();
    append(content, 0x83, {high(identifier), low(identifier)});
    append(content, 0x8a, {activated});
    append(content, 0x8c, {create_folder_and_file, never, never});
    if (folder_.empty() && application_is_selected_) {
      append(content, 0x84, application_);
    }
  }
  return crypto::der::encoded(template_tag, content);
}

}  // namespace eidtool::virtual_card::chip
