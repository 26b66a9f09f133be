// SPDX-License-Identifier: Apache-2.0
#include "support/shown_text.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

namespace eidtool::tests {

namespace {

struct Range {
  wchar_t first, last;
};

// Unicode 15: the bidirectional controls of UAX #9, and what has no width and no sign of its own.
constexpr std::array harmful = {
    Range{0x00, 0x09},     Range{0x0b, 0x1f},      Range{0x7f, 0x9f},     Range{0xad, 0xad},     Range{0x34f, 0x34f},
    Range{0x61c, 0x61c},   Range{0x180e, 0x180e},  Range{0x200b, 0x200f}, Range{0x2028, 0x202e}, Range{0x2060, 0x206f},
    Range{0xfdd0, 0xfdef}, Range{0xfe00, 0xfe0f},  Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xfffe, 0xffff},
    Range{0xe000, 0xf8ff}, Range{0xe0000, 0xe0fff}};

/// The calling thread has a UTF-8 locale while this lives.
class Utf8 {
 public:
  Utf8() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ == nullptr) throw std::runtime_error("there is no locale C.UTF-8");
    before_ = ::uselocale(locale_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;
  ~Utf8() {
    ::uselocale(before_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

std::string numbered(const char* what, unsigned long number, std::size_t offset, const std::string& text) {
  std::array<char, 64> message{};
  (void)std::snprintf(message.data(), message.size(), "%s %lx at %zu", what, number, offset);
  return message.data() + (": " + text.substr(offset > 40 ? offset - 40 : 0, 80));
}

}  // namespace

std::string harm_in(const std::string& shown) {
  const Utf8 locale;
  mbstate_t state{};
  for (std::size_t offset = 0; offset < shown.size();) {
    if (shown.compare(offset, 2, "\r\n") == 0) {
      offset += 2;
      continue;
    }
    wchar_t character = 0;
    const auto size = ::mbrtowc(&character, shown.data() + offset, shown.size() - offset, &state);
    if (size > 4) return numbered("no UTF-8: byte", static_cast<unsigned char>(shown[offset]), offset, shown);
    const bool is_harmful = std::any_of(harmful.begin(), harmful.end(), [character](const Range& range) {
      return character >= range.first && character <= range.last;
    });
    if (is_harmful) return numbered("U+", static_cast<unsigned long>(character), offset, shown);
    offset += std::max<std::size_t>(size, 1);
  }
  return {};
}

const std::vector<HostileText>& hostile_texts() {
  static const std::vector<HostileText> texts = {
      {"escape sequences", "\x1b[2J\x1b]0;EVIL\x07", true},
      {"a line of our own", "EVIL\r\neidtool: notice: trusted", true},
      {"deletion",
       "x\b\x7f"
       "EVIL",
       true},
      {"C1 controls", "\u009b2JEVIL\u0085", true},
      {"C1 controls as bytes",
       "\x9b"
       "2JEVIL\x9d",
       false},
      {"bidirectional overrides", "gpj.\u202eEVIL\u202c\u2067x\u2069\u200f\u061c", true},
      {"what cannot be seen", "E\u200bV\u200dIL EVIL\u2060\ufeff\u00ad\u2028\U000e0041", true},
      {"overlong forms", "EVIL\xc0\x8a\xe0\x80\x9b", false},
      {"surrogates", "EVIL\xed\xa0\x80\xed\xb0\x80", false},
      {"above Unicode", "EVIL\xf4\x90\x80\x80\xff", false},
      {"a character that is cut off", "EVIL\xf0\x9f\x98", false},
      {"no characters", "EVIL\ufffe\uffff\ufdd0", true},
      {"marks on nothing",
       "\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
       "EVIL",
       true},
      {"wide characters", "日本語 EVIL 株式会社", true},
  };
  return texts;
}

}  // namespace eidtool::tests
