// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace eidtool::crypto {

/// The label of the first PEM block (RFC 7468 §2), `CMS`; empty where there is none.
std::string pem_label(BytesView text);

/// A PEM block, decoded, and the lines around it.
struct PemBlock {
  std::string label;
  Bytes content;
  Bytes before;
  Bytes behind;
  std::string line_end = "\n";
};
/// The one PEM block of a text. Throws malformed.
PemBlock read_pem(BytesView text);
/// What is in it.
Bytes decode_pem(BytesView text);

/// Base64 with any line ends; nothing where it is none.
std::optional<Bytes> decode_base64(std::string_view text);

/// Whether a file that holds a SEQUENCE of more than 127 bytes as DER or PEM holds it as DER: in text no such byte
/// follows an ASCII `0`.
bool is_der(BytesView bytes);

/// Writes bytes that come piece by piece as one PEM block, lines of 64 characters.
class PemWriter {
 public:
  PemWriter(std::string label, std::function<void(BytesView)> sink, std::string line_end = "\n");

  void write(BytesView bytes);
  /// The last line and the END one.
  void finish();

 private:
  void write_lines(BytesView bytes);
  void write_text(std::string_view text);

  std::string label_;
  std::function<void(BytesView)> sink_;
  std::string line_end_;
  Bytes rest_;  // less than a line
};

}  // namespace eidtool::crypto
