// SPDX-License-Identifier: Apache-2.0
// Raw signatures: whether a file is taken for one, what it says under a key of each kind, and the parts that are
// parsed on the way: DigestInfo in its padding and the two numbers of ECDSA.
#include <filesystem>

#include "crypto/ecdsa_signature.hpp"
#include "formats/format.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/memory_file.hpp"

namespace {

using namespace eidtool;

std::vector<crypto::Certificate> signers() {
  std::vector<crypto::Certificate> certificates;
  for (const auto* name : {"rsa2048.pem", "p256.pem", "p521.pem", "ed25519.pem"}) {
    certificates.push_back(crypto::Certificate::read_file(std::filesystem::path(EIDTOOL_TEST_VECTORS) / name));
  }
  return certificates;
}

void parse_parts(BytesView input) {
  if (const auto info = crypto::parse_pkcs1_block(input)) {
    // RFC 8017 §9.2: 00 01 FF… 00, and nothing behind the digest.
    if (input.size() < info->digest.size() + 11 || input[0] != 0 || input[1] != 1) __builtin_trap();
    if (!std::equal(info->digest.rbegin(), info->digest.rend(), input.rbegin())) __builtin_trap();
  }
  for (const std::size_t order_size : {28U, 32U, 48U, 66U}) {
    const auto r_and_s = crypto::ecdsa_from_der(input, order_size);
    if (!r_and_s) continue;
    // There is one way to write it.
    const auto der = crypto::ecdsa_to_der(*r_and_s);
    if (!std::equal(der.begin(), der.end(), input.begin(), input.end())) __builtin_trap();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Never ended: keys that are loaded later would outlive the memory that Botan keeps for them.
  static const auto& certificates = *new auto(signers());
  const BytesView input(data, size);
  parse_parts(input);
  tests::expect_answer_or_error([&] {
    auto file = tests::memory_file(input);
    (void)formats::format_of(file);
  });
  for (const auto& certificate : certificates) {
    tests::expect_answer_or_error([&] {
      auto file = tests::memory_file(input);
      formats::Document document(tests::memory_file(as_bytes("eidtool signs this document\n")));
      formats::VerifyRequest request{file, [&]() -> formats::Content& { return document; }};
      request.certificates = {certificate};
      const auto report = formats::raw().verify(request);
      if (report.signatures.size() != 1) __builtin_trap();
      const auto& signature = report.signatures.front();
      bool has_reason = false;
      for (const auto& finding : signature.findings) has_reason = has_reason || finding.sub_indication.has_value();
      if (signature.matches == has_reason) __builtin_trap();
    });
  }
  return 0;
}
