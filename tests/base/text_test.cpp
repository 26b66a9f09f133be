// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include "support/catch.hpp"

namespace eidtool {

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
}

TEST_CASE("bytes that are not UTF-8 are shown in hex") {
  CHECK(printable("a\xff") == "a\\xff");
  CHECK(printable("\xc3") == "\\xc3");                             // cut off
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");                    // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("Jo\xe3o") == "Jo\\xe3o");                       // Latin-1
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
