// SPDX-License-Identifier: Apache-2.0
// Certificates: everything that is read from one, and how it is shown.
#include "crypto/certificate.hpp"

#include "commands/records.hpp"
#include "fuzz/display.hpp"
#include "trust/name_constraints.hpp"

namespace {

using namespace eidtool;

/// As sign and verify show one, and, beside the names, what objects shows of it.
void show(const crypto::Certificate& certificate) {
  const auto json = tests::expect_displayed(commands::certificate_record(certificate, "input", "der"));
  if (json.at("subject") != certificate.subject() || json.at("issuer") != certificate.issuer()) __builtin_trap();
  auto signer = commands::signer_record(certificate);
  signer.add("key_usage", certificate.key_usage());
  tests::expect_displayed(signer);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tests::expect_answer_or_error([&] {
    const auto certificate = crypto::Certificate::from_der({data, size}, "input");
    show(certificate);
    (void)certificate.key_identifier();
    (void)certificate.public_key_if_any();
    (void)certificate.purpose();
    (void)certificate.is_issued_by(certificate);
    (void)crypto::is_name_within(certificate.subject_der(), certificate.issuer_der());
    if (crypto::Certificate::from_der(certificate.der(), "again").fingerprint_sha256() !=
        certificate.fingerprint_sha256()) {
      __builtin_trap();
    }
    const auto extensions = trust::extensions_of(certificate);
    trust::NameSubtrees subtrees;
    if (extensions.name_constraints) subtrees.add(*extensions.name_constraints);
    (void)subtrees.offending_name(certificate, extensions);
  });
  return 0;
}
