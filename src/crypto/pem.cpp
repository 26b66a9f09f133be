// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.hpp"

#include <botan/base64.h>
#include <botan/exceptn.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"

namespace eidtool::crypto {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view mark_end = "-----";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // which some editors write, in UTF-8
constexpr std::size_t line_size = 48;                         // bytes that make 64 characters

std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Label {
  std::size_t at;  // where its line begins
  std::string text;
};

std::optional<Label> first_label(std::string_view all) {
  // Only at the beginning of a line: a document may well speak of PEM.
  for (auto at = all.find(begin_mark); at != std::string_view::npos; at = all.find(begin_mark, at + 1)) {
    const bool begins_line = at == 0 || all[at - 1] == '\n' || all.substr(0, at) == byte_order_mark;
    if (!begins_line) continue;
    const auto label = all.substr(at + begin_mark.size(), 64);
    const auto end = label.find(mark_end);
    if (end != std::string_view::npos) return Label{at, std::string(label.substr(0, end))};
  }
  return std::nullopt;
}

}  // namespace

std::string pem_label(BytesView text) {
  const auto label = first_label(as_text(text));
  return label ? label->text : std::string();
}

PemBlock read_pem(BytesView text) {
  const auto all = as_text(text);
  const auto label = first_label(all);
  if (!label) throw malformed("it is neither DER nor PEM");
  const auto end_line = "-----END " + label->text + std::string(mark_end);
  const auto body = all.substr(label->at + begin_mark.size() + label->text.size() + mark_end.size());
  const auto size = body.find(end_line);
  if (size == std::string_view::npos) throw malformed("it is cut off: the PEM has no END line");
  if (body.find(begin_mark) != std::string_view::npos) {
    throw malformed("it holds several PEM blocks, and one signature file is one");
  }
  auto content = decode_base64(body.substr(0, size));
  if (!content) throw malformed("it is damaged: the PEM holds what is not base64");
  auto behind = body.substr(size + end_line.size());
  for (const char c : {'\r', '\n'}) {
    if (behind.starts_with(c)) behind.remove_prefix(1);
  }
  const auto before = all.substr(0, label->at);
  return {label->text,
          std::move(*content),
          {before.begin(), before.end()},
          {behind.begin(), behind.end()},
          body.starts_with("\r\n") ? "\r\n" : "\n"};
}

Bytes decode_pem(BytesView text) { return read_pem(text).content; }

std::optional<Bytes> decode_base64(std::string_view text) {
  try {
    const auto bytes = Botan::base64_decode(text.data(), text.size());
    return Bytes(bytes.begin(), bytes.end());
  } catch (const Botan::Exception&) {  // absent
    return std::nullopt;
  }
}

bool is_der(BytesView bytes) { return bytes.size() > 1 && bytes[0] == der::tag::sequence && bytes[1] >= 0x80; }

PemWriter::PemWriter(std::string label, std::function<void(BytesView)> sink, std::string line_end)
    : label_(std::move(label)), sink_(std::move(sink)), line_end_(std::move(line_end)) {
  write_text(std::string(begin_mark) + label_ + std::string(mark_end) + line_end_);
}

void PemWriter::write(BytesView bytes) {
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  const auto whole_lines = rest_.size() - rest_.size() % line_size;
  write_lines(BytesView(rest_).first(whole_lines));
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(whole_lines));
}

void PemWriter::finish() {
  write_lines(rest_);
  write_text("-----END " + label_ + std::string(mark_end) + line_end_);
}

void PemWriter::write_lines(BytesView bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto line = bytes.first(std::min(bytes.size(), line_size));
    text += Botan::base64_encode(line.data(), line.size()) + line_end_;
    bytes = bytes.subspan(line.size());
  }
  write_text(text);
}

void PemWriter::write_text(std::string_view text) { sink_(as_bytes(text)); }

}  // namespace eidtool::crypto
