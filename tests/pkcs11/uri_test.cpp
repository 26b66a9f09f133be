// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/uri.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.hpp"
#include "support/catch.hpp"

using namespace eidtool;
using namespace eidtool::pkcs11;

namespace {

template <std::size_t size>
void fill(unsigned char (&field)[size], std::string_view text) {
  std::memset(field, ' ', size);
  std::copy_n(text.begin(), std::min(size, text.size()), field);
}

CK_TOKEN_INFO token_called(std::string_view label) {
  CK_TOKEN_INFO token{};
  fill(token.label, label);
  fill(token.manufacturerID, "GEMALTO");
  fill(token.model, "PKCS#15 emulated");
  fill(token.serialNumber, "0123456789abcdef");
  return token;
}

CK_SLOT_INFO reader() {
  CK_SLOT_INFO slot{};
  fill(slot.slotDescription, "Gemalto PC Twin Reader 00 00");
  fill(slot.manufacturerID, "Gemalto");
  return slot;
}

CK_INFO opensc() {
  CK_INFO info{};
  fill(info.manufacturerID, "OpenSC Project");
  fill(info.libraryDescription, "OpenSC smartcard framework");
  info.libraryVersion = {0, 23};
  return info;
}

bool matches(const std::string& uri, const CK_TOKEN_INFO& token, CK_SLOT_ID slot_id = 4) {
  return Uri::parse(uri).matches(slot_id, reader(), token);
}

/// The Error of a URI that is refused.
Error refusal_of(const std::string& uri) {
  try {
    Uri::parse(uri);
  } catch (const Error& error) {
    return error;
  }
  FAIL("accepted: " << uri);
  throw;
}

/// Whether the reason and the hint are about `what`.
bool is_refused_for(const std::string& uri, const std::string& what) {
  const auto error = refusal_of(uri);
  CAPTURE(error.what(), error.hint());
  CHECK(error.kind() == ErrorKind::usage);
  CHECK_FALSE(error.hint().empty());
  const auto message = std::string(error.what());
  return message.find(what, message.rfind("': ") + 1) != std::string::npos;
}

}  // namespace

TEST_CASE("the examples of RFC 7512 parse") {
  // §3, in its order; those with pin-value or a pin-source that is no file are refused elsewhere.
  const auto everything = Uri::parse("pkcs11:");
  CHECK(everything.matches(opensc()));
  CHECK(everything.matches(0, reader(), token_called("any")));
  CHECK_FALSE(everything.names_object());

  const auto key = Uri::parse("pkcs11:object=my-pubkey;type=public");
  CHECK(key.object_label() == "my-pubkey");
  CHECK(key.object_class() == CKO_PUBLIC_KEY);
  CHECK_FALSE(key.object_id());

  const auto with_file = Uri::parse("pkcs11:object=my-key;type=private?pin-source=file:/etc/token");
  CHECK(with_file.object_class() == CKO_PRIVATE_KEY);
  CHECK(with_file.pin_file() == "/etc/token");

  const auto certificate = Uri::parse(
      "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;"
      "object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin");
  CHECK(certificate.object_id() == Bytes{0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91});
  CHECK(certificate.object_class() == CKO_CERTIFICATE);
  CHECK(certificate.pin_file() == "/etc/token_pin");

  const auto with_module = Uri::parse("pkcs11:object=my-sign-key;type=private?module-name=mypkcs11");
  CHECK(with_module.module_name() == "mypkcs11");
  CHECK_FALSE(with_module.module_path());
  CHECK(Uri::parse("pkcs11:object=my-sign-key;type=private?module-path=/mnt/libmypkcs11.so.1").module_path() ==
        "/mnt/libmypkcs11.so.1");

  CHECK(Uri::parse(
            "pkcs11:token=Software%20PKCS%2311%20softtoken;manufacturer=Snake%20Oil,%20Inc.?pin-source=file:/tmp/p")
            .matches(1, reader(), [] {
              auto token = token_called("Software PKCS#11 softtoken");
              fill(token.manufacturerID, "Snake Oil, Inc.");
              return token;
            }()));
  CHECK(Uri::parse("pkcs11:slot-description=Sun%20Metaslot").matches(1, reader(), token_called("any")) == false);
  CHECK(Uri::parse("pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;"
                   "library-version=1.23")
            .matches(opensc()) == false);
  CHECK(Uri::parse("pkcs11:token=My%20token%25%20created%20by%20Joe")
            .matches(1, reader(), token_called("My token% created by Joe")));
  CHECK(Uri::parse("pkcs11:token=Software%20PKCS%2311%20softtoken?vendor-aaa=value-a&vendor-bbb=value-b&Vendor_CCC=c")
            .pin_file() == std::nullopt);
}

TEST_CASE("the scheme is required, in either case") {
  CHECK(Uri::parse("PKCS11:token=x").matches(0, reader(), token_called("x")));
  CHECK(is_refused_for("", "does not begin with 'pkcs11:'"));
  CHECK(is_refused_for("token=x", "does not begin with 'pkcs11:'"));
  CHECK(is_refused_for("pkcs11", "does not begin with 'pkcs11:'"));
  CHECK(is_refused_for("http://pkcs11:token=x", "does not begin with 'pkcs11:'"));
}

TEST_CASE("a PIN in a URI is refused and stays out of the message") {
  for (const std::string uri :
       {"pkcs11:token=x?pin-value=135790", "pkcs11:token=x;pin-value=135790", "pkcs11:token=x?PIN-VALUE=135790",
        "token=x?pin-value=135790", "pkcs11:a b?pin-value=135790&token=%"}) {
    const auto error = refusal_of(uri);
    CAPTURE(uri, error.what());
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()).find("135790") == std::string::npos);
    CHECK(error.hint().find("135790") == std::string::npos);
  }
  CHECK(is_refused_for("pkcs11:token=x?pin-value=1", "everyone who lists processes"));
}

TEST_CASE("a pin-source is a file or refused") {
  const auto file = [](const std::string& source) {
    return Uri::parse("pkcs11:token=x?pin-source=" + source).pin_file();
  };
  CHECK(file("file:/run/pin") == "/run/pin");
  CHECK(file("file:///run/pin") == "/run/pin");
  CHECK(file("file://localhost/run/pin") == "/run/pin");
  CHECK(file("FILE:/run/pin") == "/run/pin");
  CHECK(file("file:pin.txt") == "pin.txt");
  CHECK(file("file:/run/my%20pin%3fa%26b") == "/run/my pin?a&b");
  CHECK(is_refused_for("pkcs11:?pin-source=%7C/usr/bin/ask", "is a program"));
  CHECK(is_refused_for("pkcs11:?pin-source=|/usr/bin/ask", "is a program"));
  CHECK(is_refused_for("pkcs11:?pin-source=/run/pin", "is not a file: URL"));
  CHECK(is_refused_for("pkcs11:?pin-source=https://example.org/pin", "is not a file: URL"));
  CHECK(is_refused_for("pkcs11:?pin-source=file://example.org/pin", "of another machine"));
  CHECK(is_refused_for("pkcs11:?pin-source=file:", "names no file"));
  CHECK(is_refused_for("pkcs11:?pin-source=file:/run/p%00", "'pin-source' has a zero byte"));
  CHECK(is_refused_for("pkcs11:?pinfile=/run/pin", "'pinfile' is unknown"));
}

TEST_CASE("an attribute that stands twice is refused by name") {
  CHECK(is_refused_for("pkcs11:token=a;token=b", "'token' stands in it twice"));
  CHECK(is_refused_for("pkcs11:id=%01;object=a;id=%01", "'id' stands in it twice"));
  CHECK(is_refused_for("pkcs11:?module-path=/a&module-path=/b", "'module-path' stands in it twice"));
  CHECK(is_refused_for("pkcs11:?pin-source=file:a&pin-source=file:b", "'pin-source' stands in it twice"));
}

TEST_CASE("unknown attributes are refused in the path and ignored in the query") {
  CHECK(is_refused_for("pkcs11:tokn=a", "'tokn' is unknown"));
  CHECK(is_refused_for("pkcs11:Token=a", "'Token' is unknown"));
  CHECK(is_refused_for("pkcs11:objecttype=cert", "'objecttype' is unknown"));
  CHECK(matches("pkcs11:token=a?vendor=1&vendor=2&X-Y=", token_called("a")));
}

TEST_CASE("an attribute on the wrong side of the question mark is refused") {
  CHECK(is_refused_for("pkcs11:token=a?object=b", "'object' stands after the '?'"));
  CHECK(is_refused_for("pkcs11:token=a;pin-source=file:b", "'pin-source' stands before the '?'"));
  CHECK(is_refused_for("pkcs11:module-path=/a", "'module-path' stands before the '?'"));
}

TEST_CASE("what p11-kit would read past is refused") {
  // An empty attribute would end the path: `;token=a` would fit every token.
  CHECK(is_refused_for("pkcs11:;token=a", "empty attribute"));
  CHECK(is_refused_for("pkcs11:token=a;;object=b", "empty attribute"));
  CHECK(is_refused_for("pkcs11:token=a;", "empty attribute"));
  CHECK(is_refused_for("pkcs11:?a=b&", "empty attribute"));
  CHECK(is_refused_for("pkcs11:token", "'token' is no name=value"));
  CHECK(is_refused_for("pkcs11:=a", "is no name=value"));
  // Blanks would be dropped: `My Card` would mean `MyCard`.
  CHECK(is_refused_for("pkcs11:token=My Card", "a space"));
  CHECK(is_refused_for("pkcs11:token=a\n", "a control character"));
  CHECK(is_refused_for("pkcs11:token=a#b", "a '#'"));
  CHECK(matches("pkcs11:token=a?", token_called("a")));
}

TEST_CASE("malformed values are refused") {
  CHECK(is_refused_for("pkcs11:token=100%", "'token' is not followed by two hex digits"));
  CHECK(is_refused_for("pkcs11:token=%4", "not followed by two hex digits"));
  CHECK(is_refused_for("pkcs11:id=%zz", "not followed by two hex digits"));
  CHECK(is_refused_for("pkcs11:token=a%00b", "'token' has a zero byte"));
  CHECK(is_refused_for("pkcs11:token=%00", "'token' has a zero byte"));
  CHECK(is_refused_for("pkcs11:type=certificate", "'certificate' is no type"));
  CHECK(is_refused_for("pkcs11:type=", "'' is no type"));
  CHECK(is_refused_for("pkcs11:slot-id=one", "uri syntax is invalid"));
  CHECK(is_refused_for("pkcs11:slot-id=-1", "uri syntax is invalid"));
  CHECK(is_refused_for("pkcs11:library-version=1.x", "uri version component is invalid"));
  CHECK(is_refused_for("pkcs11:token=" + std::string(33, 'a'), "'token' is longer than the 32 bytes"));
  CHECK(is_refused_for("pkcs11:serial=" + std::string(17, '1'), "'serial' is longer than the 16 bytes"));
  CHECK(matches("pkcs11:token=" + std::string(32, 'a'), token_called(std::string(32, 'a'))));
}

TEST_CASE("a message shows a URI without what would harm a terminal") {
  const std::string message = refusal_of("pkcs11:token=\x1b[2J\xff").what();
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find("\\u{1b}[2J\\xff") != std::string::npos);
}

TEST_CASE("every type of RFC 7512 is a class") {
  CHECK(Uri::parse("pkcs11:type=public").object_class() == CKO_PUBLIC_KEY);
  CHECK(Uri::parse("pkcs11:type=private").object_class() == CKO_PRIVATE_KEY);
  CHECK(Uri::parse("pkcs11:type=cert").object_class() == CKO_CERTIFICATE);
  CHECK(Uri::parse("pkcs11:type=secret-key").object_class() == CKO_SECRET_KEY);
  CHECK(Uri::parse("pkcs11:type=data").object_class() == CKO_DATA);
  CHECK_FALSE(Uri::parse("pkcs11:token=a").object_class());
}

TEST_CASE("an id may have any byte, a label too") {
  CHECK(Uri::parse("pkcs11:id=%45%00%00%00").object_id() == Bytes{0x45, 0, 0, 0});
  CHECK(Uri::parse("pkcs11:id=ab%FF").object_id() == Bytes{'a', 'b', 0xff});
  CHECK(Uri::parse("pkcs11:object=a%00b").object_label() == std::string("a\0b", 3));
  CHECK(Uri::parse("pkcs11:id=").names_object());
}

TEST_CASE("a token matches by all that the URI says of it") {
  const auto card = token_called("CARTAO DE CIDADAO (Auth PIN)");
  CHECK(matches("pkcs11:token=CARTAO%20DE%20CIDADAO%20(Auth%20PIN)", card));
  CHECK(matches("pkcs11:manufacturer=GEMALTO;model=PKCS%2315%20emulated;serial=0123456789abcdef", card));
  CHECK_FALSE(matches("pkcs11:token=CARTAO%20DE%20CIDADAO", card));
  CHECK_FALSE(matches("pkcs11:token=cartao%20de%20cidadao%20(Auth%20PIN)", card));
  CHECK_FALSE(matches("pkcs11:manufacturer=GEMALTO;serial=0123456789abcdee", card));
  CHECK_FALSE(matches("pkcs11:token=", card));
  CHECK(matches("pkcs11:token=", token_called("")));
}

TEST_CASE("a slot matches by its id, description and manufacturer") {
  const auto card = token_called("x");
  CHECK(matches("pkcs11:slot-id=4", card));
  CHECK_FALSE(matches("pkcs11:slot-id=5", card));
  CHECK(matches("pkcs11:slot-id=0", card, 0));
  CHECK(matches("pkcs11:slot-description=Gemalto%20PC%20Twin%20Reader%2000%2000;slot-manufacturer=Gemalto", card));
  CHECK_FALSE(matches("pkcs11:slot-description=Gemalto%20PC%20Twin%20Reader", card));
}

TEST_CASE("a module matches by its description, manufacturer and version") {
  const auto fits = [](const std::string& uri) { return Uri::parse(uri).matches(opensc()); };
  CHECK(fits("pkcs11:library-manufacturer=OpenSC%20Project"));
  CHECK(fits("pkcs11:library-description=OpenSC%20smartcard%20framework;library-version=0.23"));
  CHECK_FALSE(fits("pkcs11:library-version=0.22"));
  CHECK_FALSE(fits("pkcs11:library-manufacturer=SoftHSM"));
  CHECK(fits("pkcs11:token=anything"));
}

TEST_CASE("the URI of a token is ready to paste") {
  const auto card = token_called("CARTAO DE CIDADAO (Auth PIN)");
  CHECK(token_uri(card) ==
        "pkcs11:model=PKCS%2315%20emulated;manufacturer=GEMALTO;serial=0123456789abcdef;token=CARTAO%20DE%20CIDADAO%20%"
        "28Auth%20PIN%29");
  CHECK(matches(token_uri(card), card));
}

TEST_CASE("empty attributes are left out of a URI") {
  auto token = token_called("x");
  fill(token.serialNumber, "");
  fill(token.model, "");
  CHECK(token_uri(token) == "pkcs11:manufacturer=GEMALTO;token=x");
  CHECK(object_uri(token, std::nullopt, std::nullopt, std::nullopt) == "pkcs11:manufacturer=GEMALTO;token=x");
  CHECK(object_uri(token, "", Bytes{}, CKO_MECHANISM) == "pkcs11:manufacturer=GEMALTO;token=x");
  CHECK(token_uri(CK_TOKEN_INFO{}) == "pkcs11:");
}

TEST_CASE("a field that ends with a zero byte and rubbish matches its URI") {
  auto token = token_called("x");
  std::memcpy(token.label, "card\0rubbish", 12);
  CHECK(token_uri(token).ends_with(";token=card"));
  CHECK(matches(token_uri(token), token));
  CHECK(matches(token_uri(token), token_called("card")));
}

TEST_CASE("labels of every kind come back from the URI as they went in") {
  const std::vector<std::string> labels = {
      "two words", " first and last ",   "a;b",          "100%",   "%41",   "a?b&c=d", "Assinatura da Conceição João",
      "a/b#c",     "\x1b[31mred\x1b[0m", "\xff\xfe\xc3", "\u202e", "'\"\\", "+",       "line\nline",
      "a\tb",
  };
  for (const auto& label : labels) {
    CAPTURE(label);
    const auto token = token_called(label);
    const auto text = object_uri(token, label, Bytes{0x45, 0x00}, CKO_CERTIFICATE);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
    const auto uri = Uri::parse(text);
    CHECK(uri.matches(0, reader(), token));
    CHECK_FALSE(uri.matches(0, reader(), token_called(label + "x")));
    CHECK(uri.object_label() == label);
    CHECK(uri.object_id() == Bytes{0x45, 0x00});
    CHECK(uri.object_class() == CKO_CERTIFICATE);
    CHECK(uri.names_object());
  }
}

TEST_CASE("a copy of a URI is the URI") {
  const auto uri = Uri::parse("pkcs11:object=a?module-name=m&pin-source=file:p");
  const auto copy = uri;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(copy.object_label() == "a");
  CHECK(copy.module_name() == "m");
  CHECK(copy.pin_file() == "p");
}
