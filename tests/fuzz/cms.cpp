// SPDX-License-Identifier: Apache-2.0
// Signature files: which format they are of, and what the CMS ones say of the document that the seeds sign.
#include <sys/mman.h>
#include <unistd.h>

#include "formats/format.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace eidtool;

InputFile memory_file(BytesView bytes) {
  FileDescriptor descriptor(::memfd_create("input", MFD_CLOEXEC));
  write_all(descriptor.number(), bytes, "input");
  (void)::lseek(descriptor.number(), 0, SEEK_SET);
  return InputFile(std::move(descriptor), "input");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tests::expect_answer_or_error([&] {
    auto file = memory_file({data, size});
    const auto& format = formats::format_of(file);
    if (!format.is_container()) return;
    formats::Document document(memory_file(as_bytes("eidtool signs this document\n")));
    const auto report = format.verify({file, [&]() -> formats::Document& { return document; }});
    for (const auto& signature : report.signatures) {
      bool has_reason = false;
      for (const auto& finding : signature.findings) has_reason = has_reason || finding.sub_indication.has_value();
      // Either it matches or there is a reason, and what matches has a certificate.
      if (signature.matches == has_reason || (signature.matches && !signature.signer)) __builtin_trap();
    }
  });
  return 0;
}
