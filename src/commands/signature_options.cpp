// SPDX-License-Identifier: Apache-2.0
#include "commands/signature_options.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "crypto/asn1.hpp"
#include "crypto/digest.hpp"
#include "crypto/directory_string.hpp"

namespace eidtool::commands {

namespace {

/// Options that only a format with room for more than the bare signature takes.
constexpr std::array container_options = {"attached",        "pem",        "add",      "policy",
                                          "policy-document", "commitment", "location", "intermediates"};
constexpr std::size_t most_policy_size = 64U << 20U;  // bytes
constexpr std::size_t most_location_size = 128;       // characters; RFC 5126 §5.11.2 by X.520's ub-locality-name

std::string commitment_oid(const std::string& name) {
  const auto commitments = formats::commitments();
  return std::string(std::ranges::find(commitments, name, &formats::Commitment::name)->oid);
}

}  // namespace

void declare_signature_options(cli::OptionSet& options) {
  std::vector<std::string> formats;
  for (const auto* format : formats::all()) formats.emplace_back(format->name());
  options.value("format", "NAME", "of the signature: raw (default) or cades").choices = formats;
  options.flag("attached", "put the document into the signature file; with --format cades");
  options.flag("add", "add the signature to those in the file that is there; with --format cades");
  options.flag("pem", "text instead of DER, RFC 7468; with --format cades");
  auto& intermediates =
      options.value("intermediates", "FILE", "certificates of authorities to put in, PEM or DER; with --format cades");
  intermediates.kind = cli::ValueKind::file;
  intermediates.repeatable = true;
  options.value("policy", "OID", "sign under this signature policy; with --format cades");
  options.value("policy-document", "FILE", "the document of that policy, of which the digest is signed").kind =
      cli::ValueKind::file;
  std::vector<std::string> commitments;
  for (const auto& commitment : formats::commitments()) commitments.emplace_back(commitment.name);
  options.value("commitment", "NAME", "what the signature stands for; with --format cades").choices = commitments;
  options.value("location", "PLACE", "where it is made; with --format cades");
}

SignatureOptions signature_options_from(const cli::Arguments& arguments) {
  SignatureOptions wanted{*formats::find(arguments.value("format").value_or("raw"))};
  if (!wanted.format.is_container()) {
    for (const auto* name : container_options) {
      if (!arguments.has(name)) continue;
      throw Error(ErrorKind::usage,
                  "--" + std::string(name) + " is not for " + std::string(wanted.format.name()) +
                      " signatures, which hold nothing beside the bytes",
                  "--format cades makes one that does");
    }
    return wanted;
  }
  if (arguments.has("attached")) wanted.packaging = formats::Packaging::attached;
  if (arguments.has("pem")) wanted.encoding = formats::Encoding::pem;
  wanted.adds = arguments.has("add");
  if (wanted.adds && arguments.has("force")) {
    throw Error(ErrorKind::usage, "--add keeps what is in the file, --force replaces it: give one of them");
  }
  if (wanted.adds && arguments.has("attached")) {
    throw Error(ErrorKind::usage, "--add leaves the document where it is: --attached is for a new file");
  }
  for (const auto& file : arguments.values("intermediates")) {
    for (auto& certificate : crypto::Certificate::read_bundle(file))
      wanted.intermediates.push_back(std::move(certificate));
  }

  auto& properties = wanted.properties;
  properties.policy = arguments.value("policy");
  if (properties.policy && !crypto::asn1::is_object_identifier(*properties.policy)) {
    throw Error(ErrorKind::usage, in_quotes(*properties.policy) + " is no object identifier",
                "a policy is named by numbers with dots between them: 1.2.3.4");
  }
  if (const auto file = arguments.value("policy-document")) {
    if (!properties.policy) {
      throw Error(ErrorKind::usage, "--policy-document belongs to a policy", "--policy OID names it");
    }
    properties.policy_digest =
        crypto::digest(HashAlgorithm::sha256, read_small_file(*file, most_policy_size, "policy document"));
  }
  if (const auto name = arguments.value("commitment")) properties.commitment = commitment_oid(*name);
  properties.location = arguments.value("location");
  if (properties.location && (properties.location->empty() || properties.location->size() > most_location_size)) {
    throw Error(ErrorKind::usage, "a place has 1 to 128 bytes");
  }
  if (properties.location && !crypto::is_utf8(*properties.location)) {
    throw Error(ErrorKind::usage, "the place " + in_quotes(*properties.location) + " is not UTF-8",
                "a terminal with another character set writes others");
  }
  return wanted;
}

}  // namespace eidtool::commands
