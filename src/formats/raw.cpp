// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "formats/cms/attributes.hpp"
#include "formats/format.hpp"
#include "formats/token_signature.hpp"

namespace eidtool::formats {

namespace {

constexpr std::size_t most_signature_size = head_size - 1;  // bytes; RSA 16384 makes 2 KiB
constexpr std::uint8_t pss_trailer = 0xbc;                  // RFC 8017 §9.1.1, step 12
constexpr std::string_view another_key =
    "the signature was not made with the key of this certificate, or it is damaged";
constexpr std::string_view another_document_or_key =
    "the signature does not fit: the document was changed, or it is another document, or the key is another one";

std::string title(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::sha1: return "SHA-1";
    case HashAlgorithm::sha256: return "SHA-256";
    case HashAlgorithm::sha384: return "SHA-384";
    case HashAlgorithm::sha512: return "SHA-512";
    case HashAlgorithm::none: return "no digest";
  }
  return {};
}

std::string title(Padding padding) {
  switch (padding) {
    case Padding::pkcs1: return "PKCS#1 v1.5 padding";
    case Padding::pss: return "PSS padding";
    case Padding::none: return "no padding";
  }
  return {};
}

Error unsupported_hash(const std::string& oid) {
  return Error(ErrorKind::unsupported,
               "the signature was made with " + crypto::foreign_hash_name(oid) + ", which eidtool does not check");
}

/// The check of one signature: what was asked for, and the report in the making.
class Check {
 public:
  Check(const VerifyRequest& request, BytesView signature, const crypto::Certificate& certificate)
      : document_(request.document()), signature_(signature), key_(certificate.public_key()) {
    report_.signer = certificate;
    if (request.hash != HashAlgorithm::none) hash_ = request.hash;
    if (request.padding != Padding::none) padding_ = request.padding;
    if (padding_ && key_.type() != KeyType::rsa) {
      throw Error(ErrorKind::usage,
                  "only RSA signatures have a padding; the key of the certificate is " + key_.description());
    }
    if (hash_ && key_.type() == KeyType::ed25519) {
      throw Error(ErrorKind::usage, "Ed25519 signatures have no digest to choose");
    }
  }

  SignatureReport report() {
    switch (key_.type()) {
      case KeyType::rsa: check_rsa(); break;
      case KeyType::ec: check_ecdsa(); break;
      case KeyType::ed25519: check_ed25519(); break;
    }
    check_is_no_attributes();
    return std::move(report_);
  }

 private:
  void check_is_no_attributes() {
    if (!report_.matches || !cms::are_signed_attributes(document_.beginning(), document_.size())) return;
    report_.matches = false;
    report_.findings.push_back(failure(SubIndication::format_failure, "malformed", cms::form_of_signed_attributes));
  }
  void fail(std::string_view code, std::string_view message) {
    report_.findings.push_back(failure(SubIndication::sig_crypto_failure, code, message));
  }
  void inform(std::string_view code, std::string_view message) {
    report_.findings.push_back(information(code, message));
  }
  void does_not_fit(std::string_view message) { fail("signature_mismatch", message); }

  /// RFC 8017 §8.1.2 and §8.2.2, step 1.
  bool has_right_size() {
    if (signature_.size() == key_.signature_size()) return true;
    fail("signature_length", "the signature is " + counted(signature_.size(), "byte", "bytes") +
                                 " long, one made with this " + key_.description() + " key has " +
                                 std::to_string(key_.signature_size()) +
                                 ": it is cut off, no raw signature, or of another key");
    return false;
  }

  void check_rsa() {
    if (!has_right_size() || is_usual_rsa()) return;
    const auto block = key_.recover(signature_);
    if (!block) return does_not_fit(another_key);
    if (const auto info = crypto::parse_pkcs1_block(*block)) return check_pkcs1(*info);
    if (block->size() > 2 && (*block)[0] == 0 && (*block)[1] == 1 && (*block)[2] == 0xff) {
      return does_not_fit(
          "the signature has PKCS#1 v1.5 padding around something that is no digest with its algorithm "
          "(RFC 8017 §9.2)");
    }
    if (padding_ == Padding::pkcs1 || block->back() != pss_trailer) return does_not_fit(another_key);
    try_hashes(Padding::pss, HashAlgorithm::sha256, signature_);
  }

  /// Nearly all are by PKCS#1 v1.5 and SHA-256, and to recover a block takes three times as long as to check one. Not
  /// of a large document, which would be read for nothing.
  bool is_usual_rsa() {
    constexpr auto usual = HashAlgorithm::sha256;
    if (!document_.is_small() || padding_ == Padding::pss || hash_.value_or(usual) != usual) return false;
    const auto& algorithm = *find_signature_algorithm(KeyType::rsa, Padding::pkcs1, usual);
    if (!key_.verify_digest(algorithm, document_.digest(usual), signature_)) return false;
    tell_pkcs1(algorithm);
    report_.matches = true;
    return true;
  }

  void tell_pkcs1(const SignatureAlgorithm& algorithm) {
    report_.algorithm = &algorithm;
    inform("algorithm_found",
           title(algorithm.hash) + " and " + title(Padding::pkcs1) + ", as the signature itself says");
  }

  /// The signature tells by itself what it was made with, and that the key is the right one.
  void check_pkcs1(const crypto::DigestInfo& info) {
    if (!info.hash) throw unsupported_hash(info.oid);
    const auto& algorithm = *find_signature_algorithm(KeyType::rsa, Padding::pkcs1, *info.hash);
    report_.algorithm = &algorithm;
    if (padding_ == Padding::pss) {
      return fail("padding_mismatch", "the signature has PKCS#1 v1.5 padding, not PSS as asked for");
    }
    if (hash_ && hash_ != info.hash) {
      return fail("digest_mismatch",
                  "the signature was made with " + title(*info.hash) + ", not " + title(*hash_) + " as asked for");
    }
    tell_pkcs1(algorithm);
    if (!info.has_null_parameters) {
      return does_not_fit("the digest in the signature lacks the NULL parameters that RFC 8017 §9.2 demands");
    }
    report_.matches = key_.verify_digest(algorithm, document_.digest(*info.hash), signature_);
    if (!report_.matches) {
      does_not_fit(
          "the document was changed after it was signed, or it is not the one that was signed; the key is right");
    }
  }

  void check_ecdsa() {
    auto r_and_s = crypto::ecdsa_from_der(signature_, key_.order_size());
    if (!r_and_s && signature_.size() == key_.signature_size()) {
      r_and_s.emplace(signature_.begin(), signature_.end());
      inform("ecdsa_r_s", "the signature is in the short form of tokens (r and s) instead of DER");
    }
    if (!r_and_s) {
      return fail("signature_length", "the signature is " + counted(signature_.size(), "byte", "bytes") +
                                          " long and none for " + key_.description() + ": neither in DER nor of " +
                                          std::to_string(key_.signature_size()) +
                                          " bytes: it is cut off, no raw signature, or of another key");
    }
    const auto usual = key_.size() >= 512   ? HashAlgorithm::sha512
                       : key_.size() >= 384 ? HashAlgorithm::sha384
                                            : HashAlgorithm::sha256;
    try_hashes(Padding::none, usual, *r_and_s);
  }

  /// The signature does not say with what it was made. One pass over the document digests it with
  /// every hash in question.
  void try_hashes(Padding padding, HashAlgorithm first, BytesView signature) {
    std::vector<HashAlgorithm> hashes = {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512,
                                         HashAlgorithm::sha1};
    std::stable_partition(hashes.begin(), hashes.end(), [&](HashAlgorithm hash) { return hash == first; });
    if (hash_) hashes = {*hash_};
    document_.compute_digests(hashes);
    for (const auto hash : hashes) {
      const auto* algorithm = find_signature_algorithm(key_.type(), padding, hash);
      if (!key_.verify_digest(*algorithm, document_.digest(hash), signature)) continue;
      report_.matches = true;
      report_.algorithm = algorithm;
      const auto what = title(hash) + (padding == Padding::none ? "" : " and " + title(padding));
      if (!hash_) inform("algorithm_assumed", what + ", found out by trying: the signature does not say");
      return;
    }
    does_not_fit(another_document_or_key);
    if (hash_) report_.algorithm = find_signature_algorithm(key_.type(), padding, *hash_);
  }

  void check_ed25519() {
    report_.algorithm = find_signature_algorithm(KeyType::ed25519, Padding::none, HashAlgorithm::none);
    if (!has_right_size()) return;
    report_.matches = key_.verify_message(document_.whole(most_one_piece_size), signature_);
    if (!report_.matches) does_not_fit(another_document_or_key);
  }

  Content& document_;
  BytesView signature_;
  const crypto::PublicKey& key_;
  std::optional<HashAlgorithm> hash_;  // asked for
  std::optional<Padding> padding_;
  SignatureReport report_;
};

class Raw : public Format {
 public:
  std::string_view name() const override { return "raw"; }
  std::string_view suffix() const override { return ".sig"; }
  bool is_container() const override { return false; }
  bool recognises(BytesView) const override { return true; }

  void check_document(const std::string& document, BytesView beginning,
                      std::optional<std::uint64_t> size) const override {
    if (!cms::are_signed_attributes(beginning, size)) return;
    throw Error(ErrorKind::unsupported,
                in_quotes(document) +
                    " has the form of the signed attributes of a CMS signature: a raw signature of it could be passed "
                    "off as one of another document",
                "--format cades signs any file: what it signs says that it is that file")
        .with_file(document);
  }

  void check_attachable(const std::string&, std::optional<std::uint64_t>, Encoding) const override {
    throw Error(ErrorKind::usage, "a raw signature has no room for the document");
  }

  void check_room(const PlannedFile&) const override {}  // nothing but the signature
  void check_addition(const std::string&, Content&, Encoding, const std::vector<HashAlgorithm>&) const override {
    throw Error(ErrorKind::usage, "a raw signature has room for one signer");
  }

  void sign(const SignRequest& request, Signer& signer, const Sink& sink) const override {
    check_document(request.document.name(), request.document.beginning(), request.document.size());
    const auto certificate = certificate_of(signer, request.signer_certificate);
    sink(token_signature(signer, certificate, request.algorithm, request.document, request.document.name()));
  }

  FileReport verify(const VerifyRequest& request) const override {
    const auto name = in_quotes(request.signature.name());
    Bytes signature(most_signature_size + 1);
    signature.resize(request.signature.read(signature));
    request.signature.check_unchanged();
    if (signature.empty()) throw malformed(name + " is empty: it holds no signature");
    if (signature.size() > most_signature_size) {
      throw malformed(name + " is larger than 64 KiB, far more than any raw signature",
                      "name the signature first, the document with --document");
    }
    if (request.certificates.empty()) {
      throw Error(ErrorKind::usage,
                  name + " is a raw signature, which carries no certificate: it does not say who signed",
                  "--cert FILE names the signer's certificate");
    }
    if (request.certificates.size() > 1) {
      throw Error(ErrorKind::usage, name + " is a raw signature and has one signer",
                  "give one certificate with --cert");
    }
    FileReport report;
    report.signatures.push_back(Check(request, signature, request.certificates.front()).report());
    return report;
  }
};

}  // namespace

const Format& raw() {
  static const Raw format;
  return format;
}

}  // namespace eidtool::formats
