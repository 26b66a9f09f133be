// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"
#include "support/shown_text.hpp"

namespace eidtool::tests {

namespace {

const std::string placeholder = "PLACEHOLDER" + std::string(49, 'x');  // 60 bytes; a common name has 64 at most

/// Characters of so many bytes each, big-endian.
std::string wide(const std::u32string& text, int size) {
  std::string bytes;
  for (const char32_t c : text) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(c >> shift);
  }
  return bytes;
}

/// A string type of X.509.
struct StringType {
  const char* name;
  char tag;
  char padding;
};
constexpr StringType utf8_string = {"UTF8String", 0x0c, 'x'};

/// On the desk: a document, and OpenSSL's signature with the key of OpenSSL's certificate genuine.der. Of its names one
/// may be long.
void sign_document(const Desk& desk, std::size_t long_name_size = 0) {
  desk.write("config",
             "[req]\ndistinguished_name = dn\nprompt = no\nstring_mask = utf8only\n[dn]\nCN = " + placeholder +
                 (long_name_size > 0 ? "\nname = " + std::string(long_name_size, 'N') : "") + "\n");
  const auto made =
      desk.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config",
                "config", "-keyout", "cert.key", "-outform", "DER", "-out", "genuine.der"});
  if (made.status != 0) WARN(made.errors);
  REQUIRE(made.status == 0);
  desk.write("doc", "text");
  REQUIRE(desk.run({"openssl", "dgst", "-sha256", "-sign", "cert.key", "-out", "doc.sig", "doc"}).status == 0);
}

/// cert.der: the genuine one with `name` in the place of its common name, which then fits no signature; nobody looks at
/// that of a certificate that is given.
void make_certificate(const Desk& desk, const StringType& type, std::string name) {
  auto der = desk.read("genuine.der");
  const std::string header = {utf8_string.tag, static_cast<char>(placeholder.size())};
  name.resize(placeholder.size(), type.padding);
  const auto there = header + placeholder;
  const auto wanted = type.tag + header.substr(1) + name;
  int count = 0;
  for (auto at = der.find(there); at != std::string::npos; at = der.find(there, at + there.size()), ++count) {
    der.replace(at, there.size(), wanted);
  }
  REQUIRE(count == 2);  // subject and issuer
  desk.write("cert.der", der);
}

void check_shown(const Desk& desk) {
  const std::string line = "verify doc.sig --cert cert.der";
  for (const auto columns : std::initializer_list<unsigned short>{30, 80}) {
    TerminalSession::Shape shape;
    shape.columns = columns;
    TerminalSession terminal(desk.eidtool_program(line), shape);
    const auto outcome = terminal.wait();
    CHECK(outcome.status == 0);
    CHECK(harm_in(outcome.terminal) == "");
  }
  const auto json = desk.eidtool(line + " --json");
  CHECK(json.status == 0);
  CHECK(harm_in(json.output) == "");
  CHECK(json_lines(json.output).size() == 1);
}

}  // namespace

TEST_CASE("names in certificates, of every type of string, are shown harmlessly") {
  const StringType narrow[] = {
      utf8_string, {"PrintableString", 0x13, 'x'}, {"TeletexString", 0x14, 'x'}, {"IA5String", 0x16, 'x'}};
  Desk desk(no_tokens);
  sign_document(desk);
  for (const auto& type : narrow) {
    for (const auto& hostile : sample(hostile_texts())) {
      INFO(type.name << " " << hostile.what);
      make_certificate(desk, type, hostile.text);
      check_shown(desk);
    }
  }
  const std::u32string texts[] = {U"EVIL\x1b[2J\n\x9b", U"EVIL\x202e\x2066\x200b\xfeff\xffff\x0301", U"EVIL\xd800",
                                  U"EVIL\xdc00\xd800", U"EVIL\xe0041"};
  for (const auto& text : texts) {
    make_certificate(desk, {"BMPString", 0x1e, '\0'}, wide(text, 2));
    check_shown(desk);
    make_certificate(desk, {"UniversalString", 0x1c, '\0'}, wide(text, 4));
    check_shown(desk);
  }
  make_certificate(desk, {"UniversalString", 0x1c, '\x7f'}, wide(U"EVIL", 4));  // far above U+10FFFF
  check_shown(desk);
}

TEST_CASE("a name of 10 kB in a certificate is cut where it is told, and whole in JSON") {
  Desk desk(no_tokens);
  sign_document(desk, 10000);
  make_certificate(desk, utf8_string, placeholder);
  check_shown(desk);
  const auto text = desk.eidtool("verify doc.sig --cert cert.der");
  CHECK(lines_of(text.output).front().size() < 500);
  const auto json = json_lines(desk.eidtool("verify doc.sig --cert cert.der --json").output);
  CHECK(contains(json[0].text("/signer/subject"), std::string(10000, 'N')));
}

}  // namespace eidtool::tests
