// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/pem.hpp"
#include "formats/cms/attributes.hpp"
#include "formats/cms/build.hpp"
#include "formats/cms/check.hpp"
#include "formats/cms/file.hpp"
#include "formats/format.hpp"
#include "formats/token_signature.hpp"

namespace eidtool::formats {

namespace {

constexpr std::size_t head_size = 4096;  // bytes that tell what a file is

/// Everything of a message stays; it begins with the file that it is about.
template <typename Read>
auto about(const std::string& file, const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::malformed && error.kind() != ErrorKind::unsupported) throw;
    throw Error(error.kind(), in_quotes(file) + " is no CMS signature that can be read: " + error.what(), error.hint())
        .with_file(file);
  }
}

/// Unreadable certificates in a file are left out: a signature by one of them then lacks its certificate.
std::vector<crypto::Certificate> certificates_in(const cms::SignedData& data) {
  std::vector<crypto::Certificate> certificates;
  for (const auto& bytes : data.certificates) {
    try {
      certificates.push_back(crypto::Certificate::from_der(bytes, "a certificate in the file"));
    } catch (const Error&) {  // absent
    }
  }
  return certificates;
}

std::vector<SignatureReport> check_all(const cms::SignedData& data, Content& content, Packaging packaging,
                                       const std::vector<crypto::Certificate>& certificates) {
  content.compute_digests(cms::digests_of(data));
  std::vector<SignatureReport> reports;
  for (const auto& signer : data.signers) {
    reports.push_back(cms::check_signer(signer, {data, content, packaging, certificates}));
  }
  return reports;
}

void add_unless_there(std::vector<Bytes>& certificates, const Bytes& der) {
  if (std::ranges::find(certificates, der) == certificates.end()) certificates.push_back(der);
}

/// The digest that stands in the SignerInfo: Ed25519 hashes by itself, and SHA-512 goes with it (RFC 8419 §3).
HashAlgorithm digest_of(const SignatureAlgorithm& algorithm) {
  return algorithm.hash == HashAlgorithm::none ? HashAlgorithm::sha512 : algorithm.hash;
}

/// The file that gets a further signature. Those that are in it have to be of the same document, else a person would
/// put a name beside them that they do not belong to.
cms::SignedFile open_for_addition(const std::string& name, Document& document) {
  auto file = about(name, [&] {
    InputFile input(name);
    if (!cms::is_signed_data(input.head(head_size))) {
      throw Error(ErrorKind::unsupported, "it is a raw signature or something else",
                  "only signatures made with --format cades, or by other tools as CMS, take further ones");
    }
    return cms::read_signed_file(std::move(input));
  });
  const auto packaging = file.content ? Packaging::attached : Packaging::detached;
  for (const auto& report : check_all(file.data, document, packaging, certificates_in(file.data))) {
    for (const auto& finding : report.findings) {
      if (finding.sub_indication != SubIndication::hash_failure &&
          finding.sub_indication != SubIndication::sig_crypto_failure) {
        continue;
      }
      throw Error(ErrorKind::malformed,
                  "a signature in " + in_quotes(name) + " does not fit " + in_quotes(document.name()) + ": " +
                      finding.message + "; none is added",
                  "'eidtool verify' shows more")
          .with_file(name);
    }
  }
  return file;
}

class Cades : public Format {
 public:
  std::string_view name() const override { return "cades"; }
  std::string_view suffix() const override { return ".p7s"; }
  bool is_container() const override { return true; }
  bool recognises(BytesView head) const override { return cms::is_signed_data(head); }

  void check_addition(const std::string& file, Document& document) const override {
    (void)open_for_addition(file, document);
  }

  void sign(const SignRequest& request, Signer& signer, const Sink& sink) const override {
    auto packaging = request.packaging;
    auto encoding = request.encoding;
    cms::SignedData data;
    data.content_type = cms::oid::data;
    if (request.add_to) {
      auto file = open_for_addition(*request.add_to, request.document);
      data = std::move(file.data);
      if (file.content) packaging = Packaging::attached;
      if (file.is_pem) encoding = Encoding::pem;
    }
    auto& document = request.document;
    if (packaging == Packaging::attached && !document.size()) {
      throw Error(ErrorKind::io, in_quotes(document.name()) + " is no file on disk and cannot be read twice",
                  "write it to a file first, or sign without --attached");
    }

    const auto certificate = crypto::Certificate::from_der(signer.certificate(), "the token's certificate");
    const auto digest = digest_of(request.algorithm);
    const auto document_digest = document.digest(digest);
    BytesContent attributes(
        cms::signed_attributes_der(data.content_type, document_digest, certificate, request.properties),
        "the signed attributes");
    const auto attributes_der = attributes.whole(most_one_piece_size);
    const auto signature = token_signature(signer, certificate, request.algorithm, attributes, document.name());

    cms::SignerInfo info;
    info.der = cms::signer_info_der(certificate, digest, attributes_der, request.algorithm, signature);
    data.signers.push_back(std::move(info));
    const auto identifier = crypto::identifier_of(digest);
    if (std::ranges::none_of(data.digest_algorithms, [&](const auto& one) { return one.means(identifier); })) {
      data.digest_algorithms.push_back(identifier);
    }
    add_unless_there(data.certificates, certificate.der());
    for (const auto& one : request.certificates) add_unless_there(data.certificates, one.der());
    write(data, packaging, encoding, document, digest, sink);
  }

  FileReport verify(const VerifyRequest& request) const override {
    const auto name = request.signature.name();
    auto file = about(name, [&] { return cms::read_signed_file(std::move(request.signature)); });
    if (file.data.signers.empty()) {
      throw Error(ErrorKind::malformed, in_quotes(name) + " holds no signature, only certificates or lists",
                  "'openssl pkcs7 -print_certs' shows the certificates")
          .with_file(name);
    }
    FileReport report;
    report.packaging = file.content ? Packaging::attached : Packaging::detached;
    report.content = file.content;
    report.certificates = certificates_in(file.data);
    report.revocation_values = file.data.crls;
    auto candidates = request.certificates;
    candidates.insert(candidates.end(), report.certificates.begin(), report.certificates.end());
    candidates.insert(candidates.end(), request.intermediates.begin(), request.intermediates.end());
    auto& content = file.content ? static_cast<Content&>(*file.content) : request.document();
    report.signatures = check_all(file.data, content, report.packaging, candidates);
    for (auto& signature : report.signatures) {
      if (file.content && request.document_is_named) compare(*file.content, request.document(), signature);
      check_wishes(request, signature);
    }
    expect(request.certificates, report);
    return report;
  }

 private:
  static void write(const cms::SignedData& data, Packaging packaging, Encoding encoding, Document& document,
                    HashAlgorithm digest, const Sink& sink) {
    std::optional<cms::EmbeddedDocument> embedded;
    if (packaging == Packaging::attached) {
      const auto signed_digest = to_hex(document.digest(digest));
      embedded = {document.size().value(), [&document, digest, signed_digest](const Sink& target) {
                    document.give(digest, target);
                    if (to_hex(document.digest(digest)) == signed_digest) return;
                    throw Error(ErrorKind::io, in_quotes(document.name()) + " changed while it was signed")
                        .with_file(document.name());
                  }};
    }
    if (encoding == Encoding::der) return cms::write_signed_data(data, embedded, sink);
    crypto::PemWriter pem("CMS", sink);
    cms::write_signed_data(data, embedded, [&](BytesView bytes) { pem.write(bytes); });
    pem.finish();
  }

  static void compare(Content& embedded, Content& named, SignatureReport& report) {
    if (embedded.digest(HashAlgorithm::sha256) == named.digest(HashAlgorithm::sha256)) return;
    report.matches = false;
    report.findings.push_back(failure(SubIndication::hash_failure, "document_differs",
                                      in_quotes(named.name()) + " is not the document inside the file"));
  }

  static void check_wishes(const VerifyRequest& request, SignatureReport& report) {
    if (report.algorithm == nullptr) return;
    const auto fail = [&](std::string_view code, const std::string& message) {
      report.matches = false;
      report.findings.push_back(failure(SubIndication::sig_constraints_failure, code, message));
    };
    if (request.hash && report.algorithm->hash != *request.hash) {
      fail("digest_mismatch", "the signature was made with " + std::string(eidtool::name(report.algorithm->hash)) +
                                  ", not " + std::string(eidtool::name(*request.hash)) + " as asked for");
    }
    if (request.padding && report.algorithm->padding != *request.padding) {
      fail("padding_mismatch", "the signature has padding " + std::string(eidtool::name(report.algorithm->padding)) +
                                   ", not " + std::string(eidtool::name(*request.padding)) + " as asked for");
    }
  }

  /// The certificates that were given say who is expected to have signed: one of the signatures has to be theirs.
  static void expect(const std::vector<crypto::Certificate>& signers, FileReport& report) {
    const auto is_expected = [&](const SignatureReport& one) {
      return one.signer &&
             std::ranges::any_of(signers, [&](const auto& signer) { return signer.der() == one.signer->der(); });
    };
    if (signers.empty() || std::ranges::any_of(report.signatures, is_expected)) return;
    for (auto& one : report.signatures) {
      one.matches = false;
      one.findings.push_back(failure(SubIndication::sig_constraints_failure, "other_certificate",
                                     "it was made with another certificate than the one given"));
    }
  }
};

}  // namespace

const Format& cades() {
  static const Cades format;
  return format;
}

}  // namespace eidtool::formats
