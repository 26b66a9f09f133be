// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace eidtool::crypto {

/// The label of the first PEM block (RFC 7468 §2), `CMS`; empty where there is none.
std::string pem_label(BytesView text);

/// What is in the one PEM block of a text. Throws malformed.
Bytes decode_pem(BytesView text);

/// Writes bytes that come piece by piece as one PEM block, lines of 64 characters.
class PemWriter {
 public:
  PemWriter(std::string label, std::function<void(BytesView)> sink);

  void write(BytesView bytes);
  /// The last line and the END one.
  void finish();

 private:
  void write_lines(BytesView bytes);
  void write_text(std::string_view text);

  std::string label_;
  std::function<void(BytesView)> sink_;
  Bytes rest_;  // less than a line
};

}  // namespace eidtool::crypto
