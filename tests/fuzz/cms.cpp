// SPDX-License-Identifier: Apache-2.0
// Signature files: which format they are of, what the CMS ones say of the document that the seeds sign, and how that
// is shown.
#include "commands/verdict.hpp"
#include "commands/verification_record.hpp"
#include "formats/format.hpp"
#include "fuzz/display.hpp"
#include "fuzz/memory_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eidtool;
  tests::expect_answer_or_error([&] {
    auto file = tests::memory_file({data, size});
    const auto& format = formats::format_of(file);
    if (!format.is_container()) return;
    formats::Document document(tests::memory_file(as_bytes("eidtool signs this document\n")));
    const auto report = format.verify({file, [&]() -> formats::Content& { return document; }});
    for (const auto& signature : report.signatures) {
      bool has_reason = false;
      for (const auto& finding : signature.findings) has_reason = has_reason || finding.sub_indication.has_value();
      // Either it matches or there is a reason, and what matches has a certificate.
      if (signature.matches == has_reason || (signature.matches && !signature.signer)) __builtin_trap();
      const auto verdict = commands::judge(signature, std::nullopt, {false, now()});
      tests::expect_displayed(
          commands::verification_record({"document", "input", format, report.packaging, 1, report.signatures.size()},
                                        signature, std::nullopt, verdict));
    }
  });
  return 0;
}
