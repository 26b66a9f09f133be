// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "crypto/work.hpp"
#include "formats/cms/signed_data.hpp"
#include "formats/format.hpp"

namespace eidtool::formats::cms {

/// What can take a pass over the document, found once however many signatures ask: a file can hold a thousand of them,
/// and its document in millions of pieces.
struct FoundInContent {
  std::optional<bool> are_signed_attributes;
  std::optional<Bytes> whole;
};

/// What the checks of all signatures of one file share.
struct CheckContext {
  const SignedData& data;
  Content& content;
  Packaging packaging;
  const std::vector<crypto::Certificate>& certificates;  // candidates for the signers'
  crypto::Work& work;
  FoundInContent& found;
};

/// One signature of a CMS file, as RFC 5652 §5.4 and §5.6 have it checked, and what its attributes say. Whatever a
/// stranger wrote is a report.
SignatureReport check_signer(const SignerInfo& signer, const CheckContext& context);

/// The digests that the signatures need, so that one pass over the document computes them all.
std::vector<HashAlgorithm> digests_of(const SignedData& data);

}  // namespace eidtool::formats::cms
