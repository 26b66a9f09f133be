// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/json_lines.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"
#include "support/terminal_session.hpp"
#include "support/tokens.hpp"

namespace eidtool::tests {

/// A person's desk: a folder to work in, a home, tokens of their own, and eidtool. Nothing of the
/// developer's set-up reaches it, and it is gone when this ends.
class Desk {
 public:
  explicit Desk(const std::vector<TokenKind>& tokens = {TokenKind{}});

  /// The working folder, and files in it.
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& content) const { write_file(path(name), content); }
  std::string read(const std::string& name) const { return read_file(path(name)); }
  bool has(const std::string& name) const;
  /// Every file in the working folder, folders below included, with its content.
  std::map<std::string, std::string> files() const;

  /// Variables of every program that runs here.
  Environment environment;
  /// What every program is started through: words that stand before its own.
  std::vector<std::string> through;
  /// What stands behind every command of eidtool: `--module FILE`.
  std::vector<std::string> module_options;

  /// `eidtool LINE`, to be refined or run.
  Program eidtool_program(const std::string& line) const;
  /// Runs `eidtool LINE`. What --json prints is held against the schemas.
  Outcome eidtool(const std::string& line, const std::string& input = {}) const;
  /// As eidtool(), the program having been refined.
  static Outcome run_eidtool(const Program& program);
  /// Runs another program, with the same environment and folder.
  Outcome run(const std::vector<std::string>& words, const std::string& input = {}) const;
  Program program(const std::vector<std::string>& words) const;

  /// From here on Botan locks its memory for secrets, as it does outside of tests.
  void let_botan_lock();
  /// From here on the module of the tests stands between eidtool and the token and follows `script`
  /// (tests/modules/README.md). It logs by itself.
  void filter(const std::string& script);
  /// The calls that were logged since filter() or forget_log().
  std::vector<std::string> log() const;
  void forget_log() const;
  /// How many logged calls are `call`, or begin with it and a blank: `C_Login`, `C_Login CKU_USER`.
  std::size_t logged(const std::string& call) const;

 private:
  TemporaryFolder root_;
  std::filesystem::path folder_;
};

/// Lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);

/// Catch2 2 has no word for a test that cannot run here; dev/test counts these lines.
void skip(const std::string& reason);

bool contains(const std::string& text, const std::string& part);

}  // namespace eidtool::tests
