// SPDX-License-Identifier: Apache-2.0
// Files of certificates, one or several, PEM or DER, as --cert and --trust take them.
#include "crypto/certificate.hpp"
#include "crypto/pem.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/memory_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  const BytesView input(data, size);
  tests::expect_answer_or_error([&] { (void)crypto::decode_pem(input); });
  tests::expect_answer_or_error([&] {
    const auto file = tests::memory_descriptor(input);
    const auto bundle = crypto::Certificate::read_bundle(tests::path_of(file));
    if (bundle.empty()) __builtin_trap();
    // What eidtool writes it reads again.
    for (const auto& certificate : bundle) {
      const auto again = tests::memory_descriptor(as_bytes(certificate.pem()));
      if (crypto::Certificate::read_file(tests::path_of(again)).der() != certificate.der()) __builtin_trap();
    }
  });
  return 0;
}
