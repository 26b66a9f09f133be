// SPDX-License-Identifier: Apache-2.0
#include "formats/manifest.hpp"

#include <string>

#include "base/error.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::formats {

namespace {

// sha256sum (coreutils 9.1) of a file that holds 'x', under three names.
const std::string x_digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

}  // namespace

TEST_CASE("a list of files is read as sha256sum writes it, and written so") {
  const std::string text =
      x_digest + "  document\n\\" + x_digest + "  back\\\\slash and\\nline\n\\" + x_digest + "  end\\r\n";
  const auto entries = parse_manifest(text, "list");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "document");
  CHECK(entries[1].name == "back\\slash and\nline");
  CHECK(entries[2].name == "end\r");
  std::string written;
  for (const auto& entry : entries) {
    CHECK(to_hex(entry.digest) == x_digest);
    written += manifest_line(entry);
  }
  CHECK(written == text);
}

TEST_CASE("of a list of files what sha256sum takes besides is taken too") {
  // As binary, in capitals, and without an end of the last line.
  const auto entries = parse_manifest(
      "2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881 *a b\n" + x_digest + "   *c", "list");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "a b");
  CHECK(entries[1].name == " *c");
  CHECK(entries[0].digest == entries[1].digest);
}

TEST_CASE("a list of files that has anything else in it is none") {
  using namespace std::string_literals;
  const auto good = x_digest + "  document\n";
  const auto refusal = [](const std::string& text) {
    return tests::error_of([&] { (void)parse_manifest(text, "list"); });
  };
  for (const auto& bad :
       {"\n"s, "# a comment\n"s, "SHA256 (document) = " + x_digest + "\n", x_digest + "\n", x_digest + "  \n",
        x_digest + " document\n", x_digest + "\tdocument\n", x_digest.substr(2) + "  document\n",
        x_digest + "00  document\n", "x" + x_digest.substr(1) + "  document\n", "\\" + x_digest + "  a\\tb\n",
        "\\" + x_digest + "  a\\\n", "\\\\" + x_digest + "  a\n", " " + x_digest + "  a\n", x_digest + "  a\0b\n"s,
        x_digest + "  a\r\n", "-----BEGIN PGP SIGNED MESSAGE-----\n"s}) {
    INFO(bad);
    CHECK(refusal(bad).kind() == ErrorKind::malformed);
    CHECK(std::string(refusal(good + bad + good).what()) ==
          "line 2 of 'list' is no SHA-256 digest with the name of a file");
  }
  CHECK_THAT(refusal(x_digest + "  a\r\n").hint(), Catch::Matchers::ContainsSubstring("CR LF"));
  CHECK(std::string(refusal("").what()) == "'list' lists no file");
}

}  // namespace eidtool::formats
