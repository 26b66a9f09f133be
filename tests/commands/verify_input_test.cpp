// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

void put_signed_document(Desk& desk) {
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --pin-file ../pin --cert-out c.der").status == 0);
}

/// A verdict of no: exit status 1, `invalid` on the standard output, no error.
void check_invalid(const Desk& desk, const std::string& line) {
  const auto checking = desk.eidtool(line);
  INFO(line);
  INFO(checking.output << checking.errors);
  CHECK(checking.status == 1);
  CHECK(contains(checking.output, "invalid"));
}

}  // namespace

TEST_CASE("a signature of any wrong length is invalid, and no error") {
  Desk desk;
  put_signed_document(desk);
  const auto signature = desk.read("doc.sig");
  for (const std::size_t size : {1U, 64U, 255U}) {
    desk.write("doc.sig", signature.substr(0, size));
    check_invalid(desk, "verify doc.sig --cert c.der");
  }
  desk.write("doc.sig", signature + "x");
  check_invalid(desk, "verify doc.sig --cert c.der");
  desk.write("doc.sig", std::string(65536, 'n'));
  check_invalid(desk, "verify doc.sig --cert c.der");
  desk.write("doc.sig", std::string(256, '\xff'));
  check_invalid(desk, "verify doc.sig --cert c.der");
  desk.write("doc.sig", std::string(256, '\0'));
  check_invalid(desk, "verify doc.sig --cert c.der");
}

TEST_CASE("each flipped bit makes a signature invalid") {
  Desk desk;
  put_signed_document(desk);
  auto signature = desk.read("doc.sig");
  for (const std::size_t position : {0U, 100U, 255U}) {
    auto flipped = signature;
    flipped[position] = static_cast<char>(flipped[position] ^ 1);
    desk.write("doc.sig", flipped);
    check_invalid(desk, "verify doc.sig --cert c.der");
  }
}

TEST_CASE("a signature of another key, or of another type of key, is invalid") {
  Desk desk;
  put_signed_document(desk);
  REQUIRE(desk.eidtool("export-cert --as signature -o other.der").status == 0);
  check_invalid(desk, "verify doc.sig --cert other.der");
  for (const auto& kind : {TokenKind{"p256", "card2"}, TokenKind{"ed25519", "card2"}}) {
    const Desk stranger({kind});
    REQUIRE(stranger.eidtool("export-cert -o c.der").status == 0);
    desk.write("stranger.der", stranger.read("c.der"));
    check_invalid(desk, "verify doc.sig --cert stranger.der");
    desk.write("short.sig", "0123");
    check_invalid(desk, "verify short.sig --document doc --cert stranger.der");
    fs::remove(desk.path("short.sig"));
  }
}

TEST_CASE("signatures that are none at all are errors") {
  Desk desk;
  put_signed_document(desk);
  desk.write("empty.sig", "");
  desk.write("noise.sig", std::string(65537, 'n'));
  fs::create_directory(desk.path("folder.sig"));
  check_refused(desk, "verify empty.sig --document doc --cert c.der", 3, "empty");
  check_refused(desk, "verify noise.sig --document doc --cert c.der", 3, "64 KiB");
  check_refused(desk, "verify folder.sig --document doc --cert c.der", 3, "folder.sig");
  check_refused(desk, "verify missing.sig --document doc --cert c.der", 3, "missing.sig");
}

TEST_CASE("a gigabyte of noise is refused at once and in constant memory") {
  Desk desk;
  put_signed_document(desk);
  desk.write("noise.sig", "");
  fs::resize_file(desk.path("noise.sig"), 1U << 30U);
  auto program = desk.eidtool_program("verify noise.sig --document doc --cert c.der");
  program.time_limit = std::chrono::seconds(20);
  const auto outcome = Desk::run_eidtool(program);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "64 KiB"));
}

TEST_CASE("documents that cannot be read are errors") {
  Desk desk;
  put_signed_document(desk);
  fs::create_directory(desk.path("folder"));
  check_refused(desk, "verify doc.sig --document missing --cert c.der", 3, "missing");
  check_refused(desk, "verify doc.sig --document folder --cert c.der", 3, "folder");
  fs::rename(desk.path("doc"), desk.path("moved"));
  check_refused(desk, "verify doc.sig --cert c.der", 3, "'doc'");
}

TEST_CASE("certificates that are none are errors") {
  Desk desk;
  put_signed_document(desk);
  fs::create_directory(desk.path("folder"));
  desk.write("empty", "");
  desk.write("text", "this is no certificate\n");
  desk.write("cut.der", desk.read("c.der").substr(0, 300));
  desk.write("long.der", desk.read("c.der") + "x");
  desk.write("empty.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
  desk.write("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
  desk.write("open.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
  desk.write("key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
  for (const std::string name : {"missing", "folder", "empty", "text", "cut.der", "long.der", "empty.pem", "broken.pem",
                                 "open.pem", "key.pem", "doc.sig"}) {
    check_refused(desk, "verify doc.sig --cert " + name, 3, name);
  }
}

TEST_CASE("verify refuses what makes no sense") {
  Desk desk;
  put_signed_document(desk);
  desk.write("nameless", desk.read("doc.sig"));
  check_refused(desk, "verify", 2, "");
  check_refused(desk, "verify doc.sig", 2, "certificate");
  check_refused(desk, "verify nameless --cert c.der", 2, "nameless");
  check_refused(desk, "verify doc.sig --cert c.der --digest md5", 2, "md5");
  check_refused(desk, "verify doc.sig --cert c.der --cert c.der", 2, "has one signer");
  check_refused(desk, "verify doc.sig --cert ''", 2, "--cert");
  check_refused(desk, "verify doc.sig --cert -", 2, "--cert reads a file");
  desk.write(".sig", desk.read("doc.sig"));
  check_refused(desk, "verify .sig --cert c.der", 2, "nothing stands before .sig");
  check_refused(desk, "verify ./.sig --cert c.der", 2, "nothing stands before .sig");
  check_refused(desk, "verify doc.sig --cert c.der --nonsense", 2, "--nonsense");
  check_refused(desk, "verify - --document doc --cert c.der", 3, "the standard input");
}

TEST_CASE("a failure with --json is an error record in the place of the result") {
  Desk desk;
  put_signed_document(desk);
  const auto failing = desk.eidtool("verify missing.sig --document doc --cert c.der --json");
  CHECK(failing.status == 3);
  const auto lines = json_lines(failing.output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].type() == "error");
  CHECK(lines[0].text("/kind") == "io");
  CHECK(lines[0].number("/exit_status") == 3);
  CHECK(lines[0].text("/file") == "missing.sig");
  CHECK(says(failing, "error", "missing.sig"));
}

}  // namespace eidtool::tests
