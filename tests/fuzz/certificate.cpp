// SPDX-License-Identifier: Apache-2.0
// Certificates: everything that is read from one.
#include "crypto/certificate.hpp"

#include "fuzz/fuzz.hpp"
#include "trust/name_constraints.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  tests::expect_answer_or_error([&] {
    const auto certificate = crypto::Certificate::from_der({data, size}, "input");
    (void)certificate.key_usage();
    (void)certificate.key_identifier();
    (void)certificate.public_key_if_any();
    (void)certificate.is_issued_by(certificate);
    (void)crypto::is_name_within(certificate.subject_der(), certificate.issuer_der());
    const auto extensions = trust::extensions_of(certificate);
    trust::NameSubtrees subtrees;
    if (extensions.name_constraints) subtrees.add(*extensions.name_constraints);
    (void)subtrees.offending_name(certificate, extensions);
  });
  return 0;
}
