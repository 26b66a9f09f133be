// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cerrno>

#include "support/catch.hpp"

namespace eidtool {

TEST_CASE("an error of the system names the file in quotes and begins in lower case") {
  const auto error = io_error("cannot open", "do\nc.pdf", ENOENT);
  CHECK(error.kind() == ErrorKind::io);
  CHECK(std::string(error.what()) == "cannot open 'do\\u{a}c.pdf': no such file or directory");
  CHECK(error.file() == "do\nc.pdf");
}

TEST_CASE("an error carries the function and its code") {
  Error error(ErrorKind::module_failed, "it failed");
  CHECK(error.function().empty());
  CHECK_FALSE(error.rv());
  error.with_function("C_Sign", 0x101);
  CHECK(error.function() == "C_Sign");
  CHECK(error.rv() == 0x101);
}

}  // namespace eidtool
