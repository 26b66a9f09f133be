// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/card_folder.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::virtual_card {

namespace fs = std::filesystem;

namespace {

Error cannot(const std::string& what, const fs::path& path, const std::error_code& error) {
  return io_error("cannot " + what, path.string(), error.value());
}

/// Absolute, links followed as far as it exists, no slash at its end.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  auto absolute = fs::weakly_canonical(fs::absolute(path), error);
  if (error) throw cannot("find", path, error);
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

bool made_by_us(const fs::path& folder, const CardFolder::Kind& kind) {
  std::ifstream marked(folder / kind.marked_file);
  std::string first_line;
  if (!std::getline(marked, first_line) || first_line != kind.mark) return false;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!kind.names.contains(entry.path().filename().string())) return false;
  }
  return true;
}

void check_replaceable(const fs::path& target, const CardFolder::Kind& kind, IfExists if_exists) {
  std::error_code error;
  if (!fs::exists(target, error)) return;
  if (!fs::is_directory(target, error)) throw io_error("cannot make the folder", target.string(), ENOTDIR);
  const bool is_empty = fs::is_empty(target, error);
  if (error) throw cannot("read", target, error);
  if (is_empty) return;
  if (if_exists == IfExists::refuse) {
    throw Error(ErrorKind::io, "the folder " + in_quotes(target.string()) + " is not empty",
                "--force replaces " + std::string(kind.what) + " made there before")
        .with_file(target.string());
  }
  if (made_by_us(target, kind)) return;
  throw Error(ErrorKind::io,
              in_quotes(target.string()) + " is not, or not only, " + std::string(kind.what) + ": it is left alone",
              "choose another folder, or remove it yourself")
      .with_file(target.string());
}

/// A new private folder beside `target`.
fs::path make_beside(const fs::path& target) {
  auto name = (target.parent_path() / ".eidtool-virtual-card-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw io_error("cannot make a folder in", target.parent_path().string(), errno);
  return name;
}

}  // namespace

DeferSignals::DeferSignals() {
  ::sigemptyset(&deferred_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current {};
    ::sigaction(number, nullptr, &current);
    if (current.sa_handler != SIG_IGN) ::sigaddset(&deferred_, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &deferred_, &before_);
}

DeferSignals::~DeferSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

void DeferSignals::check() const {
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (::sigismember(&deferred_, number) != 1 || ::sigismember(&pending, number) != 1) continue;
    throw Error(ErrorKind::cancelled, "interrupted");
  }
}

CardFolder::CardFolder(const fs::path& target, Kind kind, IfExists if_exists)
    : target_(resolved(target)), kind_(std::move(kind)), if_exists_(if_exists), parents_(target_.parent_path()) {
  check_replaceable(target_, kind_, if_exists);
  beginning_ = make_beside(target_);
}

CardFolder::~CardFolder() {
  if (beginning_.empty()) return;
  std::error_code ignored;  // the error that led here counts
  fs::remove_all(beginning_, ignored);
}

CardFolder::Parents::Parents(const fs::path& folder) {
  std::error_code error;
  for (auto path = folder; !fs::exists(path, error) && path.has_relative_path(); path = path.parent_path()) {
    made_.push_back(path);
  }
  fs::create_directories(folder, error);
  if (error) throw cannot("make the folder", folder, error);
}

CardFolder::Parents::~Parents() {
  std::error_code ignored;  // those in use stay, which is what is wanted
  for (const auto& path : made_) fs::remove(path, ignored);
}

void CardFolder::add_folder(const std::string& name) const {
  const auto path = beginning_ / name;
  if (::mkdir(path.c_str(), 0700) != 0) throw io_error("cannot make the folder", path.string(), errno);
}

void CardFolder::write(const std::string& name, BytesView content) const {
  const auto path = beginning_ / name;
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) throw io_error("cannot write", path.string(), errno);
  write_all(file.number(), content, path.string());
}

void CardFolder::publish() {
  // Over nothing and over an empty folder a rename does it; a card that is there changes place with
  // the new one, and then goes.
  if (::rename(beginning_.c_str(), target_.c_str()) == 0) {
    beginning_.clear();
    return;
  }
  if (errno != ENOTEMPTY && errno != EEXIST) throw io_error("cannot make the folder", target_.string(), errno);
  check_replaceable(target_, kind_, if_exists_);
  if (::renameat2(AT_FDCWD, beginning_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) != 0) {
    throw io_error("cannot replace", target_.string(), errno);
  }
}

}  // namespace eidtool::virtual_card
