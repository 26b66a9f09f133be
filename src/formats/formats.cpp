// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "formats/format.hpp"

namespace eidtool::formats {

namespace {

/// Whether a text has the headers of a message that is signed (RFC 8551 §3.5), among others that may come first.
bool is_mail(std::string_view text) {
  const auto has_line = [&](const std::string& begin) {
    return text.starts_with(begin) || text.find("\n" + begin) != std::string_view::npos;
  };
  return has_line("MIME-Version:") || has_line("Content-Type:");
}

}  // namespace

std::span<const Format* const> all() {
  // In the order in which a file is tried: raw signatures look like anything.
  static const std::array<const Format*, 2> formats = {&cades(), &raw()};
  return formats;
}

const Format* find(std::string_view name) {
  for (const auto* format : all()) {
    if (format->name() == name) return format;
  }
  return nullptr;
}

const Format& format_of(InputFile& signature) {
  const auto head = signature.head(head_size);
  signature.check_unchanged();
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto refuse = [&](const std::string& what, const std::string& hint) {
    return Error(ErrorKind::unsupported, in_quotes(signature.name()) + " is " + what, hint).with_file(signature.name());
  };
  if (text.starts_with("%PDF-")) {
    throw refuse("a PDF document: signatures inside of them are not checked yet",
                 "name the signature first, the document with --document");
  }
  const auto& format = **std::ranges::find_if(all(), [&](const auto* one) { return one->recognises(head); });
  if (!format.is_container() && is_mail(text)) {
    throw refuse("an S/MIME message", "'openssl smime -pk7out -out FILE.p7s' takes the signature out of it");
  }
  return format;
}

std::span<const Commitment> commitments() {
  static constexpr std::array rows = {Commitment{"proof-of-origin", "1.2.840.113549.1.9.16.6.1"},
                                      Commitment{"proof-of-receipt", "1.2.840.113549.1.9.16.6.2"},
                                      Commitment{"proof-of-delivery", "1.2.840.113549.1.9.16.6.3"},
                                      Commitment{"proof-of-sender", "1.2.840.113549.1.9.16.6.4"},
                                      Commitment{"proof-of-approval", "1.2.840.113549.1.9.16.6.5"},
                                      Commitment{"proof-of-creation", "1.2.840.113549.1.9.16.6.6"}};
  return rows;
}

std::string commitment_name(std::string_view oid) {
  const auto found = std::ranges::find(commitments(), oid, &Commitment::oid);
  return std::string(found == commitments().end() ? oid : found->name);
}

}  // namespace eidtool::formats
