// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

/// Signs `doc` with OpenSSL, as so many people as wanted, whose certificate stays out of the file.
void sign_by_many(const Desk& desk, std::size_t count) {
  if (!desk.has("c.pem")) {
    REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", "k", "-out", "c.pem", "-subj", "/CN=One of many"})
                .status == 0);
  }
  std::vector<std::string> words = {"openssl", "cms",      "-sign", "-binary", "-nocerts", "-in",
                                    "doc",     "-outform", "DER",   "-out",    "doc.p7s"};
  for (std::size_t index = 0; index < count; ++index) words.insert(words.end(), {"-signer", "c.pem", "-inkey", "k"});
  const auto outcome = desk.run(words);
  INFO(outcome.errors);
  REQUIRE(outcome.status == 0);
}

/// As many options that name different certificates: one of which the signature, which nobody checks, is changed.
std::string many_intermediates(const Desk& desk, std::size_t count) {
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", "k", "-outform", "DER", "-out", "ca.der", "-subj", "/CN=Given authority"})
              .status == 0);
  auto bytes = desk.read("ca.der");
  std::string options;
  for (std::size_t index = 0; index < count; ++index) {
    bytes[bytes.size() - 1] = static_cast<char>(index & 0xffU);
    bytes[bytes.size() - 2] = static_cast<char>(index >> 8U);
    desk.write("ca" + std::to_string(index), bytes);
    options += " --intermediates ca" + std::to_string(index);
  }
  return options;
}

}  // namespace

TEST_CASE("--add adds a second person's signature to the file, and nothing else changes") {
  Desk desk({TokenKind{"rsa2048", "card1", "ONE"}, TokenKind{"p256", "card2", "TWO"}});
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --token ONE --pin-file ../pin").status == 0);
  const auto first = desk.read("doc.p7s");
  check_refused(desk, "sign doc --format cades --token TWO --pin-file ../pin", 3, "exists");
  REQUIRE(desk.eidtool("sign doc --format cades --token TWO --add --pin-file ../pin").status == 0);
  CHECK(desk.read("doc.p7s") != first);
  const auto lines = json_lines(desk.eidtool("verify doc.p7s --json").output);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text("/verdict") == "valid");
  CHECK(lines[1].text("/verdict") == "valid");
  CHECK(lines[0].text("/algorithm") != lines[1].text("/algorithm"));
}

TEST_CASE("--add refuses before a PIN is asked for what takes no further signature") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("other", "another text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  REQUIRE(desk.eidtool("sign doc --pin-file ../pin").status == 0);
  desk.write("other.p7s", desk.read("doc.p7s"));
  desk.write("broken.p7s", desk.read("doc.p7s").substr(0, 500));
  desk.filter("");
  const auto missing =
      check_refused(desk, "sign doc --format cades --add -o nothing.p7s --pin-file ../pin", 3, "'nothing.p7s'");
  CHECK(says(missing, "hint", "without --add"));
  check_refused(desk, "sign other --format cades --add --pin-file ../pin", 3, "does not fit 'other'");
  check_refused(desk, "sign doc --format cades --add -o doc.sig --pin-file ../pin", 3, "'doc.sig'");
  check_refused(desk, "sign doc --format cades --add -o broken.p7s --pin-file ../pin", 3, "'broken.p7s'");
  desk.write("message.p7s", "MIME-Version: 1.0\nContent-Type: multipart/signed\n\n");
  check_refused(desk, "sign doc --format cades --add -o message.p7s --pin-file ../pin", 3, "an S/MIME message");
  REQUIRE(desk.run({"openssl", "base64", "-in", "doc.p7s", "-out", "text.p7s"}).status == 0);
  const auto text = check_refused(desk, "sign doc --format cades --add -o text.p7s --pin-file ../pin", 3,
                                  "'text.p7s' is base64 without BEGIN and END lines");
  CHECK(says(text, "hint", "openssl base64 -d"));
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("--add never replaces the document inside, whatever the first signature was made with") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("a", "AAAA\n");
  desk.write("b", "BBBB\n");
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c.pem",
                    "-subj", "/CN=First"})
              .status == 0);
  const std::vector<std::vector<std::string>> ways = {{"-md", "sha224"}, {"-nocerts", "-noattr"}, {}};
  for (const auto& options : ways) {
    std::vector<std::string> words = {"openssl", "cms",    "-sign", "-binary",  "-nodetach", "-in",  "a",    "-signer",
                                      "c.pem",   "-inkey", "k",     "-outform", "DER",       "-out", "b.p7s"};
    words.insert(words.end(), options.begin(), options.end());
    REQUIRE(desk.run(words).status == 0);
    const auto first = desk.read("b.p7s");
    check_refused(desk, "sign b --format cades --add --pin-file ../pin", 3, "'b' is not the document inside 'b.p7s'");
    CHECK(desk.read("b.p7s") == first);
    REQUIRE(desk.eidtool("sign a -o b.p7s --format cades --add --pin-file ../pin").status == 0);
    const auto inside = desk.run(
        {"openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", "b.p7s", "-certfile", "c.pem"});
    INFO(inside.errors);
    CHECK(inside.status == 0);
    CHECK(inside.output == "AAAA\n");
    // What is attached can be signed once more from a pipe.
    REQUIRE(desk.eidtool("sign - -o b.p7s --format cades --add --pin-file ../pin", "AAAA\n").status == 0);
  }
  // Detached, the digest alone tells, and nobody here checks that one.
  REQUIRE(desk.run({"openssl", "cms", "-sign", "-binary", "-md", "sha224", "-in", "b", "-signer", "c.pem", "-inkey",
                    "k", "-outform", "DER", "-out", "b.p7s"})
              .status == 0);
  check_refused(desk, "sign b --format cades --add --pin-file ../pin", 3, "SHA-224");
}

TEST_CASE("--add writes to the file behind a link, and leaves it its mode") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  REQUIRE(desk.run({"mkdir", "elsewhere"}).status == 0);
  REQUIRE(desk.eidtool("sign doc --format cades -o elsewhere/s --pin-file ../pin").status == 0);
  fs::permissions(desk.path("elsewhere/s"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("elsewhere/s", desk.path("doc.p7s"));
  REQUIRE(desk.eidtool("sign doc --format cades --add --pin-file ../pin").status == 0);
  CHECK(fs::is_symlink(desk.path("doc.p7s")));
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).size() == 2);
  CHECK(fs::status(desk.path("elsewhere/s")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("more signatures than are read again are not made, and told before a PIN is asked for") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  sign_by_many(desk, 1000);
  desk.filter("");
  const auto full = check_refused(desk, "sign doc --format cades --add --pin-file ../pin", 3,
                                  "'doc.p7s' would hold 1001 signatures, and only 1000 are read");
  CHECK(says(full, "hint", "another file"));
  CHECK(desk.logged("C_Login") == 0);
  sign_by_many(desk, 999);
  REQUIRE(desk.eidtool("sign doc --format cades --add --pin-file ../pin").status == 0);
  // Not json_lines(), which holds each to its schema: as long as all the rest.
  CHECK(lines_of(desk.eidtool("verify doc.p7s --json --cert c.pem").output).size() == 1000);
}

TEST_CASE("more certificates than are read again are not put in, and told before a PIN is asked for") {
  Desk desk({TokenKind{"p256", "card1"}});
  desk.write("doc", "text");
  // The card has the signer's and those of two authorities.
  const auto options = many_intermediates(desk, 997);
  desk.filter("");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin" + options).status == 0);
  CHECK(desk.eidtool("verify doc.p7s").status == 0);
  desk.forget_log();
  const auto more = many_intermediates(desk, 998);
  for (const std::string way : {" -o other.p7s", " -o other.p7s --attached", " -o -", " --add"}) {
    INFO(way);
    const auto outcome = check_refused(desk, "sign doc --format cades --pin-file ../pin" + more + way, 3,
                                       " certificates, and only 1000 are read");
    CHECK(says(outcome, "hint", "--intermediates"));
  }
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("--add leaves PEM and DER as they are, and refuses PEM of what is DER") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  REQUIRE(desk.eidtool("sign doc --format cades --pem -o pem.p7s --pin-file ../pin").status == 0);
  desk.filter("");
  const auto outcome = check_refused(desk, "sign doc --format cades --add --pem --pin-file ../pin", 3,
                                     "'doc.p7s' is no PEM, and --add leaves it as it is");
  CHECK(says(outcome, "hint", "openssl cms"));
  CHECK(desk.logged("C_Login") == 0);
  for (const std::string option : {"", " --pem"}) {
    REQUIRE(desk.eidtool("sign doc -o pem.p7s --format cades --add --pin-file ../pin" + option).status == 0);
    CHECK(desk.read("pem.p7s").starts_with("-----BEGIN CMS-----\n"));
  }
  CHECK(json_lines(desk.eidtool("verify pem.p7s --document doc --json").output).size() == 3);
}

TEST_CASE("of a file with several names the others keep it as it was, and that is told") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  const auto first = desk.read("doc.p7s");
  fs::create_hard_link(desk.path("doc.p7s"), desk.path("twin"));
  const auto signing = desk.eidtool("sign doc --format cades --add --pin-file ../pin");
  CHECK(signing.status == 0);
  CHECK(says(signing, "warning", "'doc.p7s' has further names"));
  CHECK(desk.read("twin") == first);
  CHECK(json_lines(desk.eidtool("verify doc.p7s --json").output).size() == 2);
  CHECK_FALSE(says(desk.eidtool("sign doc --format cades --add --pin-file ../pin"), "warning", "further names"));
}

TEST_CASE("of a document from a pipe all that tells against it is told before a PIN is asked for") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --format cades --pin-file ../pin").status == 0);
  desk.write("broken.p7s", desk.read("doc.p7s").substr(0, 500));
  desk.write("large", "");
  fs::resize_file(desk.path("large"), (32U << 20U) + 1);  // sparse
  desk.filter("");
  const std::string line = "sign - --format cades --pin-file ../pin ";
  check_refused(desk, line + "--add -o doc.p7s", 3, "does not fit 'the standard input'", "another text");
  check_refused(desk, line + "--add -o doc.p7s", 3, "does not fit 'the standard input'", std::string(2000000, 'x'));
  check_refused(desk, line + "--add -o broken.p7s", 3, "'broken.p7s'", "text");
  check_refused(desk, line + "--add --pem -o doc.p7s", 3, "is no PEM", "text");
  check_refused(desk, line + "--attached -o big.p7s", 3, "cannot be read twice", std::string(2000000, 'x'));
  for (const std::string name : {"-", "/dev/stdin"}) {
    auto redirected = desk.eidtool_program("sign --format cades --pin-file ../pin --attached --pem -o big.p7s " + name);
    redirected.input_file = desk.path("large");
    check_refused(desk, redirected, 3, "is too large for PEM");
  }
  CHECK(desk.logged("C_Login") == 0);
}

TEST_CASE("a signature of a document from a pipe is added, whatever its size and the digest") {
  Desk desk({TokenKind{"rsa2048", "card1", "ONE"}, TokenKind{"ed25519", "card2", "TWO"}});
  for (const std::size_t size : {std::size_t{10}, std::size_t{3000000}}) {
    INFO(size);
    const std::string document(size, 'x');
    desk.write("doc", document);
    REQUIRE(desk.eidtool("sign doc --format cades --force --token ONE --pin-file ../pin").status == 0);
    const std::string line = " --format cades --add -o doc.p7s --pin-file ../pin --token ";
    for (const std::string more : {"ONE --digest sha384", "ONE", "TWO"}) {
      const auto signing = desk.eidtool("sign -" + line + more, document);
      INFO(signing.errors);
      CHECK(signing.status == 0);
    }
    fs::remove(desk.path("fifo"));
    REQUIRE(::mkfifo(desk.path("fifo").c_str(), 0600) == 0);
    Child writer(desk.program({"dd", "if=doc", "of=fifo", "status=none"}), {});
    CHECK(desk.eidtool("sign fifo" + line + "ONE").status == 0);
    CHECK(writer.wait().status == 0);
    const auto lines = json_lines(desk.eidtool("verify doc.p7s --json").output);
    REQUIRE(lines.size() == 5);
    for (const auto& one : lines) CHECK(one.text("/verdict") == "valid");
  }
}

}  // namespace eidtool::tests
