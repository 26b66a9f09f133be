// SPDX-License-Identifier: Apache-2.0
#include "trust/revocation.hpp"

#include <array>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"
#include "crypto/pem.hpp"

namespace eidtool::trust {

namespace {

constexpr std::size_t most_list_size = 256U << 20U;  // bytes; half a million entries take 20 MB
constexpr std::size_t most_response_size = 1U << 20U;

/// The DER in a file that may be PEM.
Bytes der_of(const std::string& file, std::size_t most, std::string_view what) {
  auto bytes = read_small_file(file, most, what);
  // Shorter ones than crypto::is_der() takes: an error of a responder has five bytes.
  const bool is_der = bytes.size() > 1 && bytes[0] == crypto::der::tag::sequence;
  return is_der ? bytes : crypto::decode_pem(bytes);
}

template <typename Read>
auto about(const std::string& file, std::string_view what, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::io) throw;
    throw Error(error.kind(), in_quotes(file) + " is no " + std::string(what) + " that can be read: " + error.what(),
                error.hint())
        .with_file(file);
  }
}

}  // namespace

std::string reason_name(unsigned reason) {
  constexpr std::array names = {"unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
                                "superseded",    "cessationOfOperation", "certificateHold", "",
                                "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
  return reason < names.size() ? names[reason] : std::to_string(reason);
}

bool RevocationAnswer::weighs_more_than(const RevocationAnswer& other) const {
  const auto weight = [](const RevocationAnswer& answer) {
    if (answer.status == Status::revoked) return answer.reason == reason_hold ? 1 : 2;
    return 0;
  };
  if (weight(*this) != weight(other)) return weight(*this) > weight(other);
  return revoked_at < other.revoked_at;
}

RevocationListPointer read_revocation_list(const std::string& file) {
  return about(file, "revocation list", [&] {
    return std::make_shared<const RevocationList>(der_of(file, most_list_size, "revocation list"), in_quotes(file));
  });
}

OcspResponsePointer read_ocsp_response(const std::string& file) {
  return about(file, "OCSP response", [&] {
    return std::make_shared<const OcspResponse>(der_of(file, most_response_size, "OCSP response"), in_quotes(file));
  });
}

}  // namespace eidtool::trust
