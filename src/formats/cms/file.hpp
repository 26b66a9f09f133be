// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/files.hpp"
#include "crypto/pem.hpp"
#include "formats/cms/signed_data.hpp"
#include "formats/cms/source.hpp"
#include "formats/format.hpp"

namespace eidtool::formats::cms {

/// The document inside an attached signature, read from there as often as need be and never held in memory whole.
class EmbeddedContent : public Content {
 public:
  /// `offset` is where its OCTET STRING begins, `size` that of its octets.
  EmbeddedContent(std::shared_ptr<Source> source, std::uint64_t offset, std::uint64_t size, std::string name)
      : source_(std::move(source)), offset_(offset), size_(size), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  std::optional<std::uint64_t> size() const noexcept override { return size_; }
  Bytes beginning() override;
  Bytes whole(std::uint64_t most) override;
  bool readable() const override { return true; }
  bool is_small() const override { return false; }

 private:
  void for_each_piece(const std::function<void(BytesView)>& sink) override;

  std::shared_ptr<Source> source_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::string name_;
};

/// A signature file as it was read.
struct SignedFile {
  SignedData data;
  std::shared_ptr<EmbeddedContent> content;  // null: detached
  Encoding encoding = Encoding::der;
  crypto::PemBlock pem;  // without its content; where it is PEM with BEGIN and END lines
};

/// Bytes of PEM, of what comes from a pipe, and of all but the document in DER on disk.
inline constexpr std::size_t most_in_memory = 64U << 20U;

/// Whether a file that begins so is a CMS SignedData: DER, BER, PEM or the base64 of PEM alone.
bool is_signed_data(BytesView head);

/// Reads a file of which is_signed_data() is true; one on disk stays open for its document, anything else is taken
/// into memory. Throws io; malformed; unsupported for what is too large.
SignedFile read_signed_file(InputFile input);

}  // namespace eidtool::formats::cms
