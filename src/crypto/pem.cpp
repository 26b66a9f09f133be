// SPDX-License-Identifier: Apache-2.0
#include "crypto/pem.hpp"

#include <botan/base64.h>
#include <botan/exceptn.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::crypto {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view mark_end = "-----";
constexpr std::size_t line_size = 48;  // bytes that make 64 characters

std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

std::string pem_label(BytesView text) {
  const auto all = as_text(text);
  // Only at the beginning of a line: a document may well speak of PEM.
  for (auto at = all.find(begin_mark); at != std::string_view::npos; at = all.find(begin_mark, at + 1)) {
    if (at != 0 && all[at - 1] != '\n') continue;
    const auto label = all.substr(at + begin_mark.size(), 64);
    const auto end = label.find(mark_end);
    if (end != std::string_view::npos) return std::string(label.substr(0, end));
  }
  return {};
}

Bytes decode_pem(BytesView text) {
  const auto label = pem_label(text);
  if (label.empty()) throw Error(ErrorKind::malformed, "it is neither DER nor PEM");
  const auto all = as_text(text);
  const auto begin = std::string(begin_mark) + label + std::string(mark_end);
  const auto end = "-----END " + label + std::string(mark_end);
  const auto first = all.find(begin);
  const auto body = all.substr(first + begin.size());
  const auto size = body.find(end);
  if (size == std::string_view::npos) throw Error(ErrorKind::malformed, "it is cut off: the PEM has no END line");
  if (body.find(begin_mark) != std::string_view::npos) {
    throw Error(ErrorKind::malformed, "it holds several PEM blocks, and one signature file is one");
  }
  try {
    const auto bytes = Botan::base64_decode(body.data(), size);
    return {bytes.begin(), bytes.end()};
  } catch (const Botan::Exception&) {
    throw Error(ErrorKind::malformed, "it is damaged: the PEM holds what is not base64");
  }
}

PemWriter::PemWriter(std::string label, std::function<void(BytesView)> sink)
    : label_(std::move(label)), sink_(std::move(sink)) {
  write_text(std::string(begin_mark) + label_ + std::string(mark_end) + "\n");
}

void PemWriter::write(BytesView bytes) {
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  const auto whole_lines = rest_.size() - rest_.size() % line_size;
  write_lines(BytesView(rest_).first(whole_lines));
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(whole_lines));
}

void PemWriter::finish() {
  write_lines(rest_);
  write_text("-----END " + label_ + std::string(mark_end) + "\n");
}

void PemWriter::write_lines(BytesView bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto line = bytes.first(std::min(bytes.size(), line_size));
    text += Botan::base64_encode(line.data(), line.size()) + "\n";
    bytes = bytes.subspan(line.size());
  }
  write_text(text);
}

void PemWriter::write_text(std::string_view text) { sink_(as_bytes(text)); }

}  // namespace eidtool::crypto
