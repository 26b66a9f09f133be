// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace eidtool {

/// What a pair of key and certificate is for: to prove who one is, or to sign as by hand
/// (nonRepudiation, RFC 5280 §4.2.1.3; qualified where the certificate says so).
enum class Purpose { authentication, signature };

/// `authentication`, `signature`.
constexpr const char* name(Purpose purpose) {
  return purpose == Purpose::authentication ? "authentication" : "signature";
}

}  // namespace eidtool
