// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <locale.h>

#include "support/catch.hpp"

namespace eidtool {

namespace {

/// What the process sets at its start: widths of characters follow it.
void set_locale() { REQUIRE(::setlocale(LC_CTYPE, "C.UTF-8") != nullptr); }

std::string repeated(std::string_view text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

}  // namespace

TEST_CASE("text of a good kind is printed as it is") {
  for (const char* text : {"", "doc.pdf", "João Gonçalves", "日本語", "𝄞", "a\\b", "it's"})
    CHECK(printable(text) == text);
}

TEST_CASE("characters that act on a terminal are shown and not sent") {
  CHECK(printable("\x1b[31mred\x07") == "\\u{1b}[31mred\\u{7}");
  CHECK(printable("a\nb\tc\r") == "a\\u{a}b\\u{9}c\\u{d}");
  CHECK(printable("\x7f") == "\\u{7f}");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u{9b}31m");  // the one-character form of ESC [
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\u{0}b");
}

TEST_CASE("characters that turn text round or cannot be seen are shown") {
  CHECK(printable("gpj.\u202eexe") == "gpj.\\u{202e}exe");
  CHECK(printable("a\u2066b\u2069") == "a\\u{2066}b\\u{2069}");
  CHECK(printable("a\u200bb") == "a\\u{200b}b");
  CHECK(printable("\ufeff") == "\\u{feff}");
  CHECK(printable("a\u00adb") == "a\\u{ad}b");
  CHECK(printable("\u2028") == "\\u{2028}");
  CHECK(printable("\U000e0041") == "\\u{e0041}");
  CHECK(printable("\u2800\U0001bca0") == "\\u{2800}\\u{1bca0}");
  CHECK(printable("\ufdd0\uffff\U0005fffe") == "\\u{fdd0}\\u{ffff}\\u{5fffe}");  // no characters
}

TEST_CASE("bytes that are not UTF-8 are shown in hex") {
  CHECK(printable("a\xff") == "a\\xff");
  CHECK(printable("\xc3") == "\\xc3");                             // cut off
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");                    // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("Jo\xe3o") == "Jo\\xe3o");                       // Latin-1
}

TEST_CASE("marks stand on letters of the same text, a few on each") {
  set_locale();
  for (const char* text : {"Joa\u0303o", "\u1112\u1161\u11ab", "\u05e9\u05c1\u05b8\u05bc"})
    CHECK(printable(text) == text);
  CHECK(printable("\u0303o") == "\\u{303}o");  // on the quote, or the blank, that is ours
  CHECK(printable("\x1b\u0303") == "\\u{1b}\\u{303}");
  CHECK(printable("o" + repeated("\u0303", 6)) == "o" + repeated("\u0303", 4) + repeated("\\u{303}", 2));
}

TEST_CASE("a gap that would push text to where another line seems to begin is shown") {
  CHECK(printable("a   b  c") == "a   b  c");
  CHECK(printable("a" + repeated(" ", 6) + "b") == "a" + repeated(" ", 3) + repeated("\\u{20}", 3) + "b");
  CHECK(printable("\u3000\u00a0 \u2003x") == "\u3000\u00a0 \\u{2003}x");
}

TEST_CASE("the middle of what would take many lines is left out") {
  set_locale();
  const auto quoted = in_quotes("/folder/" + std::string(10000, 'x') + "/name");
  CHECK(display_width(quoted) == 202);
  CHECK(quoted.rfind("'/folder/xx", 0) == 0);
  CHECK(quoted.find("x…x") != std::string::npos);
  CHECK(quoted.substr(quoted.size() - 6) == "/name'");
  CHECK(brief(std::string(200, 'x')) == std::string(200, 'x'));
  CHECK(display_width(brief(repeated("日本", 5000))) <= 200);
  CHECK(printable(brief(repeated("o\u0303\u0303\u0303", 5000))) == brief(repeated("o\u0303\u0303\u0303", 5000)));
}

TEST_CASE("in JSON what acts on a terminal is an escape of JSON's own") {
  CHECK(escaped_for_json("\"João 日本 𝄞\"") == "\"João 日本 𝄞\"");
  CHECK(escaped_for_json("\"\x7f\u009b\u202e\uffff\"") == "\"\\u007f\\u009b\\u202e\\uffff\"");
  CHECK(escaped_for_json("\U000e0041\U0010ffff") == "\\udb40\\udc41\\udbff\\udfff");
}

TEST_CASE("long text is broken at blanks, and what is copied stays in one piece") {
  set_locale();
  using Lines = std::vector<std::string>;
  CHECK(wrapped("one two three", 0) == Lines{"one two three"});
  CHECK(wrapped("one two three", 13) == Lines{"one two three"});
  CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrapped("one pkcs11:token=x;id=%45 two", 8) == Lines{"one", "pkcs11:token=x;id=%45", "two"});
  CHECK(wrapped("", 8) == Lines{""});
}

TEST_CASE("wide characters take two columns, marks none, and lines are broken between them") {
  set_locale();
  using Lines = std::vector<std::string>;
  CHECK(display_width("日本語") == 6);
  CHECK(display_width("Joa\u0303o") == 4);
  CHECK(padded("日本", 6) == "日本  ");
  CHECK(padded("Joa\u0303o", 5) == "Joa\u0303o ");
  CHECK(wrapped("日本語日本語", 5) == Lines{"日本", "語日", "本語"});
  CHECK(wrapped("é" + std::string(5, 'x') + "e\u0301\u0301x", 4) == Lines{"éxxx", "xxe\u0301\u0301x"});
  CHECK(wrapped("日本", 1) == Lines{"日", "本"});
}

TEST_CASE("quotes go around what is printable") { CHECK(in_quotes("a\nb") == "'a\\u{a}b'"); }

TEST_CASE("columns are filled with spaces and never cut") {
  CHECK(padded("ab", 4) == "ab  ");
  CHECK(padded("abcdef", 4) == "abcdef");
  CHECK(padded("João", 5) == "João ");
}

TEST_CASE("split and join are each other's inverse") {
  for (const char* text : {"", "a", "a,b", ",", ",a,,b,"}) CHECK(join(split(text, ','), ",") == text);
  CHECK(split("", ',').size() == 1);
}

TEST_CASE("blanks at the ends are trimmed") {
  CHECK(trimmed(" \t a b\r\n") == "a b");
  CHECK(trimmed(" \n").empty());
}

TEST_CASE("only ASCII letters become lower case") { CHECK(to_lower("ABC É") == "abc É"); }

TEST_CASE("one thing is singular, all other numbers plural") {
  CHECK(counted(0, "document", "documents") == "0 documents");
  CHECK(counted(1, "document", "documents") == "1 document");
  CHECK(counted(3, "document", "documents") == "3 documents");
}

TEST_CASE("numbers are decimal digits and nothing else") {
  unsigned long number = 0;
  CHECK(parse_number("0", number));
  CHECK(number == 0);
  CHECK(parse_number("4294967296", number));
  CHECK(number == 4294967296UL);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "0x1", "1a", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_number(text, number));
  }
}

}  // namespace eidtool
