// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/source.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "crypto/der.hpp"

namespace eidtool::formats::cms {

namespace {

namespace tag = crypto::der::tag;

constexpr std::size_t window_size = 1U << 20U;  // bytes
constexpr unsigned deepest = 32;                // levels of indefinite lengths
constexpr std::uint8_t constructed_octet_string = 0x24;
Error cut_off() { return malformed("it is cut off"); }

}  // namespace

Source::Source(std::shared_ptr<InputFile> file) : file_(std::move(file)), size_(file_->size().value_or(0)) {}

Source::Source(Bytes bytes) : buffer_(std::move(bytes)), size_(buffer_.size()) {}

BytesView Source::at(std::uint64_t offset, std::size_t least) {
  if (offset >= size_) return {};
  const auto wanted = std::min<std::uint64_t>(least, size_ - offset);
  const bool is_there = offset >= buffer_offset_ && offset + wanted <= buffer_offset_ + buffer_.size();
  if (!is_there) {
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(std::max(least, window_size), size_ - offset)));
    buffer_.resize(file_->read_at(offset, buffer_));
    buffer_offset_ = offset;
    file_->check_unchanged();
  }
  return BytesView(buffer_).subspan(static_cast<std::size_t>(offset - buffer_offset_));
}

void Source::check_unchanged() const {
  if (file_) file_->check_unchanged();
}

BytesView BerReader::look_at(std::uint64_t most) {
  const auto bytes = source_.at(offset_, 1);
  return bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(most, bytes.size())));
}

std::uint8_t BerReader::next_tag() {
  const auto bytes = source_.at(offset_, 1);
  return bytes.empty() ? std::uint8_t{0} : bytes.front();
}

BerReader::Header BerReader::header() {
  constexpr std::size_t longest_tag = 6;
  auto bytes = source_.at(offset_, longest_tag + 9);
  if (bytes.size() < 2) throw cut_off();
  const auto tag = bytes[0];
  std::size_t tag_size = 1;
  if ((tag & 0x1fU) == 0x1f) {  // the number follows, seven bits a byte (X.690 §8.1.2.4)
    do {
      if (tag_size == longest_tag) throw malformed("it holds a tag that nothing has");
      if (++tag_size >= bytes.size()) throw cut_off();
    } while ((bytes[tag_size - 1] & 0x80U) != 0);
  }
  bytes = bytes.subspan(tag_size - 1);
  Header header{tag, tag_size, tag_size + 1, bytes[1]};
  if (bytes[1] == 0x80) {
    if ((header.tag & 0x20U) == 0) throw malformed("a value of indefinite length is not made of others");
    header.content_size = std::nullopt;
    return header;
  }
  if (bytes[1] > 0x80) {
    const std::size_t length_size = bytes[1] & 0x7fU;
    if (length_size > 8) throw malformed("it holds a length that no file has");
    if (bytes.size() < 2 + length_size) throw cut_off();
    std::uint64_t size = 0;
    for (const auto byte : bytes.subspan(2, length_size)) size = (size << 8U) | byte;
    if (bytes[2] == 0 || size < 0x80) throw malformed("it holds a length that is not in its shortest form");
    header.content_size = size;
    header.size += length_size;
  }
  if (*header.content_size > source_.size() - std::min(source_.size(), offset_ + header.size)) throw cut_off();
  return header;
}

BerReader::Frame BerReader::enter(std::uint8_t tag) {
  const auto found = next_tag();
  const auto next = header();
  if (found != tag) {
    throw malformed("it has tag " + to_hex(BytesView(&found, 1)) + " where " + to_hex(BytesView(&tag, 1)) + " belongs");
  }
  offset_ += next.size;
  if (!next.content_size) return {};
  return {offset_ + *next.content_size};
}

bool BerReader::at_end(const Frame& frame) {
  if (frame.end) return offset_ >= *frame.end;
  const auto bytes = source_.at(offset_, 2);
  if (bytes.size() < 2) throw cut_off();
  return bytes[0] == 0 && bytes[1] == 0;
}

void BerReader::leave(const Frame& frame) {
  if (!at_end(frame) || (frame.end && offset_ != *frame.end)) throw malformed("it holds more than belongs there");
  if (!frame.end) offset_ += 2;
}

Bytes BerReader::definite_value(std::size_t most) { return definite_value(most, 0); }

Bytes BerReader::definite_value(std::size_t most, unsigned depth) {
  const auto too_large = [&] {
    return Error(ErrorKind::unsupported,
                 "it holds more than " + std::to_string(most >> 20U) + " MiB beside the document");
  };
  const auto next = header();
  if (next.content_size) {
    if (*next.content_size > most - std::min(most, next.size)) throw too_large();
    const auto size = next.size + static_cast<std::size_t>(*next.content_size);
    const auto bytes = source_.at(offset_, size);
    if (bytes.size() < size) throw cut_off();
    offset_ += size;
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
  }
  const auto tag = source_.at(offset_, next.tag_size).first(next.tag_size);
  const Bytes tag_rest(tag.begin() + 1, tag.end());
  if (depth >= deepest) throw malformed("its values are nested more than " + std::to_string(deepest) + " deep");
  const auto frame = enter(next.tag);
  Bytes content;
  while (!at_end(frame)) {
    const auto value = definite_value(most - content.size(), depth + 1);
    content.insert(content.end(), value.begin(), value.end());
    if (content.size() > most) throw too_large();
  }
  leave(frame);
  auto value = crypto::der::encoded(next.tag, content);
  value.insert(value.begin() + 1, tag_rest.begin(), tag_rest.end());
  return value;
}

void BerReader::octets(const std::function<void(BytesView)>& sink) {
  for_each_piece([&](std::uint64_t size) {
    for (const auto end = offset_ + size; offset_ < end;) {
      const auto bytes = look_at(std::min<std::uint64_t>(end - offset_, window_size));
      if (bytes.empty()) throw cut_off();
      offset_ += bytes.size();
      sink(bytes);
    }
  });
}

std::uint64_t BerReader::skip_octets() {
  std::uint64_t all = 0;
  for_each_piece([&](std::uint64_t size) {
    offset_ += size;
    all += size;
  });
  return all;
}

void BerReader::for_each_piece(const std::function<void(std::uint64_t size)>& take) {
  const auto piece = [&] {
    const auto frame = enter(tag::octet_string);
    if (!frame.end) throw malformed("a value of indefinite length is not made of others");
    take(*frame.end - offset_);
  };
  if (next_tag() == tag::octet_string) return piece();
  const auto frame = enter(constructed_octet_string);
  while (!at_end(frame)) {
    if (next_tag() == constructed_octet_string) throw malformed("its document is in pieces of pieces");
    piece();
    if (frame.end && offset_ > *frame.end) throw malformed("its document is longer than it says");
  }
  leave(frame);
}

}  // namespace eidtool::formats::cms
