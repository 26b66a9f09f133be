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

/// Bytes of a document that is embedded in PEM, so that what is written can be read: PEM is held in memory.
constexpr std::uint64_t most_pem_document_size = cms::most_in_memory / 2;

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

Error not_added(ErrorKind kind, const std::string& name, const std::string& why) {
  return Error(kind, why + "; none is added", "'eidtool verify' shows more").with_file(name);
}

/// A document goes beside signatures only where it is the one that they are of: else a person would put a name to what
/// another signed. Throws where one of them is of another document, and where none of them tells.
void check_same_document(const std::string& name, const cms::SignedFile& file, Document& document) {
  const auto packaging = file.content ? Packaging::attached : Packaging::detached;
  auto& content = file.content ? static_cast<Content&>(*file.content) : document;
  if (file.content && content.digest(HashAlgorithm::sha256) != document.digest(HashAlgorithm::sha256)) {
    throw not_added(ErrorKind::malformed, name,
                    in_quotes(document.name()) + " is not the document inside " + in_quotes(name));
  }
  bool is_known = file.content != nullptr;
  std::string why;
  for (const auto& report : check_all(file.data, content, packaging, certificates_in(file.data))) {
    is_known = is_known || report.document_hash.has_value();
    for (const auto& finding : report.findings) {
      if (!finding.sub_indication) continue;
      why = finding.message;
      if (finding.sub_indication != SubIndication::hash_failure &&
          finding.sub_indication != SubIndication::sig_crypto_failure) {
        continue;
      }
      throw not_added(ErrorKind::malformed, name,
                      "a signature in " + in_quotes(name) + " does not fit " + in_quotes(document.name()) + ": " + why);
    }
  }
  if (is_known) return;
  throw not_added(
      ErrorKind::unsupported, name,
      "no signature in " + in_quotes(name) + " tells whether it is of " + in_quotes(document.name()) + ": " + why);
}

/// The file that gets a further signature. `digest` is the one that is needed of a document that can be read only once.
cms::SignedFile open_for_addition(const std::string& name, Document& document, HashAlgorithm digest) {
  InputFile input(name);
  if (&format_of(input) != &cades()) {
    throw Error(ErrorKind::unsupported, in_quotes(name) + " is no CMS signature",
                "only signatures made with --format cades, or by other tools as CMS, take further ones")
        .with_file(name);
  }
  auto file = about(name, [&] {
    auto read = cms::read_signed_file(std::move(input));
    if (read.data.signers.empty())
      throw Error(ErrorKind::malformed, "it holds no signature, only certificates or lists");
    if (read.encoding == Encoding::base64) {
      throw Error(ErrorKind::unsupported, "it is base64 without BEGIN and END lines, which takes no further signature",
                  "'openssl base64 -d -in FILE -out FILE.p7s' makes DER of it");
    }
    return read;
  });
  auto hashes = cms::digests_of(file.data);
  hashes.insert(hashes.end(), {digest, HashAlgorithm::sha256});
  document.compute_digests(hashes);
  check_same_document(name, file, document);
  return file;
}

class Cades : public Format {
 public:
  std::string_view name() const override { return "cades"; }
  std::string_view suffix() const override { return ".p7s"; }
  bool is_container() const override { return true; }
  bool recognises(BytesView head) const override { return cms::is_signed_data(head); }

  void check_attachable(const std::string& document, std::optional<std::uint64_t> size,
                        Encoding encoding) const override {
    if (!size) {
      throw Error(ErrorKind::io, in_quotes(document) + " is no file on disk and cannot be read twice",
                  "write it to a file first, or sign without --attached");
    }
    if (encoding == Encoding::der || *size <= most_pem_document_size) return;
    throw Error(ErrorKind::unsupported, in_quotes(document) + " is too large for PEM: more than 32 MiB",
                "without --pem a document of any size is attached")
        .with_file(document);
  }

  void check_addition(const std::string& file, Document& document) const override {
    (void)open_for_addition(file, document, HashAlgorithm::sha256);
  }

  void sign(const SignRequest& request, Signer& signer, const Sink& sink) const override {
    const auto digest = digest_of(request.algorithm);
    auto& document = request.document;
    cms::SignedFile file;
    file.data.content_type = cms::oid::data;
    file.encoding = request.encoding;
    file.pem.label = "CMS";
    if (request.add_to) {
      file = open_for_addition(*request.add_to, document, digest);
    } else if (request.packaging == Packaging::attached) {
      check_attachable(document.name(), document.size(), request.encoding);
    }
    auto& data = file.data;

    const auto certificate = crypto::Certificate::from_der(signer.certificate(), "the token's certificate");
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

    std::optional<cms::EmbeddedDocument> embedded;
    if (file.content) {
      embedded = embed(*file.content, file.content->size(), digest, document_digest);
    } else if (!request.add_to && request.packaging == Packaging::attached) {
      embedded = embed(document, document.size().value(), digest, document_digest);
    }
    write(file, embedded, sink);
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
  static cms::EmbeddedDocument embed(Content& content, std::uint64_t size, HashAlgorithm digest,
                                     const Bytes& signed_digest) {
    return {size, [&content, digest, signed_digest](const Sink& target) {
              content.give(digest, target);
              if (content.digest(digest) == signed_digest) return;
              throw Error(ErrorKind::io, in_quotes(content.name()) + " changed while it was signed")
                  .with_file(content.name());
            }};
  }

  static void write(const cms::SignedFile& file, const std::optional<cms::EmbeddedDocument>& embedded,
                    const Sink& sink) {
    if (file.encoding == Encoding::der) return cms::write_signed_data(file.data, embedded, sink);
    std::uint64_t size = 0;
    const auto limited = [&](BytesView bytes) {
      size += bytes.size();
      if (size > cms::most_in_memory) throw Error(ErrorKind::unsupported, "the PEM would be larger than 64 MiB");
      sink(bytes);
    };
    limited(file.pem.before);
    crypto::PemWriter pem(file.pem.label, limited);
    cms::write_signed_data(file.data, embedded, [&](BytesView bytes) { pem.write(bytes); });
    pem.finish();
    limited(file.pem.behind);
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
