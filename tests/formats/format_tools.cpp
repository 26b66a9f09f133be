// SPDX-License-Identifier: Apache-2.0
#include "formats/format_tools.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace eidtool::tests {

InputFile memory_file(BytesView bytes, const std::string& name) {
  FileDescriptor descriptor(::memfd_create("signature", MFD_CLOEXEC));
  if (!descriptor) throw std::runtime_error("no memory file");
  write_all(descriptor.number(), bytes, name);
  if (::lseek(descriptor.number(), 0, SEEK_SET) != 0) throw std::runtime_error("no memory file");
  return InputFile(std::move(descriptor), name);
}

Bytes signed_bytes(const formats::Format& format, const formats::SignRequest& request, Signer& signer) {
  Bytes bytes;
  format.sign(request, signer, [&](BytesView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

formats::FileReport verified(const formats::Format& format, BytesView signature, const std::filesystem::path& path,
                             const Said& said) {
  auto file = memory_file(signature);
  std::optional<formats::Document> document;
  const auto open = [&]() -> formats::Content& {
    if (!document) document.emplace(InputFile(path));
    return *document;
  };
  formats::VerifyRequest request{file, open, said.document_is_named, said.certificates};
  request.hash = said.hash;
  request.padding = said.padding;
  return format.verify(request);
}

std::vector<std::string> codes(const formats::SignatureReport& report) {
  std::vector<std::string> codes;
  for (const auto& finding : report.findings) codes.push_back(finding.code);
  return codes;
}

}  // namespace eidtool::tests
