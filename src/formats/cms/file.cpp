// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/file.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/asn1.hpp"
#include "crypto/pem.hpp"

namespace eidtool::formats::cms {

namespace {

namespace tag = crypto::der::tag;

/// The labels of PEM that holds CMS.
bool is_pem_label(std::string_view label) {
  // RFC 7468 §9 and §8; the last is what Netscape and NSS write.
  return label == "CMS" || label == "PKCS7" || label == "PKCS #7 SIGNED DATA";
}

bool begins_as_der(BytesView head) {
  // SEQUENCE, its length of any form, then an identifier of the PKCS #7 arc: other kinds of CMS are told apart when
  // the file is read, with a word on what they are.
  static const Bytes arc = {tag::object_identifier, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7};
  if (head.size() < 2 || head[0] != tag::sequence) return false;
  const std::size_t length_size = head[1] > 0x80 ? head[1] & 0x7fU : 0;
  if (length_size > 8 || head.size() < 2 + length_size + arc.size()) return false;
  return std::ranges::equal(head.subspan(2 + length_size, arc.size()), arc);
}

/// Whether a text begins as such DER in base64, as PEM without its BEGIN and END lines.
bool begins_as_base64(BytesView head) {
  constexpr std::size_t enough = 32;  // characters, of which four make three bytes
  std::string text;
  for (const auto byte : head.first(std::min<std::size_t>(head.size(), 2 * enough))) {
    if (byte != '\r' && byte != '\n' && text.size() < enough) text += static_cast<char>(byte);
  }
  const auto bytes = crypto::decode_base64(text);
  return bytes && begins_as_der(*bytes);
}

/// Editors and scripts leave one behind.
bool is_line_end(BytesView bytes) {
  return std::ranges::equal(bytes, as_bytes("\n")) || std::ranges::equal(bytes, as_bytes("\r\n"));
}

/// What it is instead, for people who gave the wrong file.
Error not_signed_data(const std::string& content_type) {
  constexpr std::string_view prefix = "1.2.840.113549.1.7.";
  std::string what = "CMS of type " + content_type;
  if (content_type == std::string(prefix) + "3") what = "encrypted";
  if (content_type == std::string(prefix) + "1") what = "plain data";
  return Error(ErrorKind::unsupported, "it is " + what + ", no signature");
}

Bytes decode_text(const Bytes& text, SignedFile& file) {
  if (crypto::pem_label(text).empty()) {
    auto bytes = crypto::decode_base64({reinterpret_cast<const char*>(text.data()), text.size()});
    if (!bytes) throw malformed("it is damaged: it holds what is not base64");
    file.encoding = Encoding::base64;
    return std::move(*bytes);
  }
  file.pem = crypto::read_pem(text);
  file.encoding = Encoding::pem;
  return std::exchange(file.pem.content, {});
}

std::shared_ptr<Source> open_source(InputFile input, SignedFile& file) {
  constexpr std::size_t der_head_size = 32;  // more than begins_as_der() looks at
  auto shared = std::make_shared<InputFile>(std::move(input));
  Bytes head(der_head_size);
  if (shared->is_regular()) {
    head.resize(shared->read_at(0, head));
    shared->check_unchanged();  // one that was emptied meanwhile is none that is too large
    if (begins_as_der(head)) return std::make_shared<Source>(std::move(shared));
  }
  if (shared->size().value_or(0) > most_in_memory) {
    throw Error(ErrorKind::unsupported, "it is larger than 64 MiB, and PEM is read only up to that",
                "'openssl cms -cmsout -inform PEM -outform DER' makes DER of it");
  }
  auto bytes = read_small_file(*shared, most_in_memory, "signature in PEM or from a pipe");
  shared->check_unchanged();
  return std::make_shared<Source>(begins_as_der(bytes) ? std::move(bytes) : decode_text(bytes, file));
}

}  // namespace

Bytes EmbeddedContent::whole(std::uint64_t most) {
  check_size(size_, most);
  Bytes all;
  for_each_piece([&](BytesView piece) { all.insert(all.end(), piece.begin(), piece.end()); });
  return all;
}

Bytes EmbeddedContent::beginning() {
  // In BER the octets may come in pieces of any size. All of them are read, for a question that is asked rarely.
  Bytes all;
  for_each_piece([&](BytesView piece) {
    const auto wanted = piece.first(std::min(piece.size(), beginning_size - all.size()));
    all.insert(all.end(), wanted.begin(), wanted.end());
  });
  return all;
}

void EmbeddedContent::for_each_piece(const std::function<void(BytesView)>& sink) {
  BerReader(*source_, offset_).octets(sink);
}

bool is_signed_data(BytesView head) {
  return begins_as_der(head) || is_pem_label(crypto::pem_label(head)) || begins_as_base64(head);
}

SignedFile read_signed_file(InputFile input) {
  SignedFile file;
  const auto name = input.name();
  const auto source = open_source(std::move(input), file);
  BerReader reader(*source, 0);

  const auto outer = reader.enter(tag::sequence);
  const auto type = reader.definite_value(most_in_memory);
  crypto::der::Reader type_reader(type);
  const auto content_type = type_reader.next_object_identifier();
  if (content_type != oid::signed_data) throw not_signed_data(content_type);
  const auto wrapper = reader.enter(tag::context_constructed(0));
  const auto signed_data = reader.enter(tag::sequence);
  Bytes before = reader.definite_value(most_in_memory);  // version
  const auto digest_algorithms = reader.definite_value(most_in_memory);
  before.insert(before.end(), digest_algorithms.begin(), digest_algorithms.end());

  const auto encapsulated = reader.enter(tag::sequence);
  const auto encapsulated_type = reader.definite_value(most_in_memory);
  before.insert(before.end(), encapsulated_type.begin(), encapsulated_type.end());
  if (!reader.at_end(encapsulated)) {
    const auto content = reader.enter(tag::context_constructed(0));
    if ((reader.next_tag() & 0xdfU) != tag::octet_string) {
      throw Error(ErrorKind::unsupported, "its document is no OCTET STRING, as in PKCS #7 before CMS");
    }
    const auto offset = reader.offset();
    const auto size = reader.skip_octets();
    file.content = std::make_shared<EmbeddedContent>(source, offset, size, "the document in " + name);
    reader.leave(content);
  }
  reader.leave(encapsulated);

  Bytes behind;
  while (!reader.at_end(signed_data)) {
    const auto value = reader.definite_value(most_in_memory - behind.size());
    behind.insert(behind.end(), value.begin(), value.end());
  }
  reader.leave(signed_data);
  reader.leave(wrapper);
  reader.leave(outer);
  if (reader.offset() != source->size() && !is_line_end(source->at(reader.offset(), 3))) {
    throw malformed("something follows behind its end");
  }
  source->check_unchanged();
  file.data = parse_signed_data(before, behind);
  return file;
}

}  // namespace eidtool::formats::cms
