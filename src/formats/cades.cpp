// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/der.hpp"
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

/// Unreadable certificates in a file are left out: a signature by one of them lacks its certificate.
std::vector<crypto::Certificate> certificates_in(const cms::SignedData& data,
                                                 crypto::CertificateCache* known_certificates = nullptr) {
  crypto::CertificateCache of_this_file;
  auto& cache = known_certificates != nullptr ? *known_certificates : of_this_file;
  std::vector<crypto::Certificate> certificates;
  for (const auto& bytes : data.certificates) {
    try {
      certificates.push_back(cache.from_der(bytes, "a certificate in the file"));
    } catch (const Error&) {  // absent
    }
  }
  return certificates;
}

/// Each once: one that stands in a file twice is no second one.
void append_new(std::vector<crypto::Certificate>& all, std::set<Bytes>& known,
                const std::vector<crypto::Certificate>& some) {
  for (const auto& one : some) {
    if (known.insert(one.fingerprint_sha256()).second) all.push_back(one);
  }
}

std::vector<SignatureReport> check_all(const cms::SignedData& data, Content& content, Packaging packaging,
                                       const std::vector<crypto::Certificate>& certificates) {
  content.compute_digests(cms::digests_of(data));
  std::vector<SignatureReport> reports;
  crypto::Work work;
  cms::FoundInContent found;
  for (const auto& signer : data.signers) {
    reports.push_back(cms::check_signer(signer, {data, content, packaging, certificates, work, found}));
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
void check_same_document(const std::string& name, const cms::SignedFile& file, Content& document) {
  const auto packaging = file.content ? Packaging::attached : Packaging::detached;
  auto& content = file.content ? *file.content : document;
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

/// The file that gets a further signature.
cms::SignedFile open_to_add(const std::string& name) {
  InputFile input(name);
  if (&format_of(input) != &cades()) {
    throw Error(ErrorKind::unsupported, in_quotes(name) + " is no CMS signature",
                "only signatures made with --format cades, or by other tools as CMS, take further ones")
        .with_file(name);
  }
  auto file = about(name, [&] {
    auto read = cms::read_signed_file(std::move(input));
    if (read.data.signers.empty()) throw malformed("it holds no signature, only certificates or lists");
    return read;
  });
  if (file.encoding == Encoding::base64) {
    throw Error(ErrorKind::unsupported,
                in_quotes(name) + " is base64 without BEGIN and END lines, which takes no further signature",
                "'openssl base64 -d -in FILE -out FILE.p7s' makes DER of it")
        .with_file(name);
  }
  return file;
}

/// As that, once its signatures were found to be of the document. `digests` are those that are needed beside of a
/// document that can be read only once.
cms::SignedFile open_for_addition(const std::string& name, Content& document, std::vector<HashAlgorithm> digests) {
  auto file = open_to_add(name);
  const auto others = cms::digests_of(file.data);
  digests.insert(digests.end(), others.begin(), others.end());
  digests.push_back(HashAlgorithm::sha256);
  document.compute_digests(digests);
  check_same_document(name, file, document);
  return file;
}

cms::SignedFile new_file(Encoding encoding) {
  cms::SignedFile file;
  file.data.content_type = cms::oid::data;
  file.encoding = encoding;
  file.pem.label = "CMS";
  return file;
}

bool is_listed(const crypto::AlgorithmIdentifier& algorithm, const std::vector<Bytes>& algorithms) {
  return std::ranges::any_of(algorithms, [&](const Bytes& bytes) {
    try {
      crypto::der::Reader reader(bytes);
      return crypto::AlgorithmIdentifier::read(reader).means(algorithm);
    } catch (const Error&) {  // absent: whatever another wrote there
      return false;
    }
  });
}

/// Puts in what goes with a signature by the first of the certificates. The SignerInfo at the end is empty, and as
/// large as it can get.
void prepare(cms::SignedData& data, HashAlgorithm digest, const std::vector<crypto::Certificate>& certificates) {
  constexpr std::size_t most_beside_names = 8192;  // bytes: the signature, and what a person can say in it
  const auto identifier = crypto::identifier_of(digest);
  if (!is_listed(identifier, data.digest_algorithms)) data.digest_algorithms.push_back(identifier.der());
  for (const auto& one : certificates) add_unless_there(data.certificates, one.der());
  data.signers.emplace_back().der.resize(most_beside_names + certificates.front().der().size());
}

/// Whether what is prepared can be read again. `document_size`: bytes that are embedded.
void check_limits(const cms::SignedFile& file, std::uint64_t document_size, const std::string& name) {
  cms::check_counts(file.data, name);
  const auto check = [&](std::uint64_t size, const std::string& what) {
    if (size <= cms::most_in_memory) return;
    throw Error(ErrorKind::unsupported, in_quotes(name) + " would hold more than 64 MiB " + what).with_file(name);
  };
  std::uint64_t size = 0;
  cms::write_signed_data(file.data, std::nullopt, [&](BytesView bytes) { size += bytes.size(); });
  check(size, "beside the document");
  // Three bytes are four characters, 64 make a line; in front of the document stand lengths of some bytes more.
  const auto text_size = (size + document_size) / 48 * (64 + file.pem.line_end.size()) + 1024;
  if (file.encoding == Encoding::pem) check(text_size + file.pem.before.size() + file.pem.behind.size(), "of PEM");
}

class Cades : public Format {
 public:
  std::string_view name() const override { return "cades"; }
  std::string_view suffix() const override { return ".p7s"; }
  bool is_container() const override { return true; }
  bool recognises(BytesView head) const override { return cms::is_signed_data(head); }

  void check_document(const std::string&, BytesView, std::optional<std::uint64_t>) const override {}  // any

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

  void check_addition(const std::string& file, Content& document, Encoding encoding,
                      const std::vector<HashAlgorithm>& digests) const override {
    const auto there = open_for_addition(file, document, digests);
    if (encoding == Encoding::der || there.encoding == encoding) return;
    throw Error(ErrorKind::unsupported,
                in_quotes(file) + " is no PEM, and --add leaves it as it is: --pem is for a new file",
                "'openssl cms -cmsout -inform DER -outform PEM' makes PEM of it")
        .with_file(file);
  }

  void check_room(const PlannedFile& planned) const override {
    auto file = planned.is_there ? open_to_add(planned.name) : new_file(planned.encoding);
    prepare(file.data, digest_of(planned.algorithm), planned.certificates);
    check_limits(file, file.content ? file.content->size().value() : planned.document_size, planned.name);
  }

  void sign(const SignRequest& request, Signer& signer, const Sink& sink) const override {
    const auto digest = digest_of(request.algorithm);
    auto& document = request.document;
    auto file = request.add_to ? open_for_addition(*request.add_to, document, {digest}) : new_file(request.encoding);
    const bool is_embedded = !request.add_to && request.packaging == Packaging::attached;
    if (is_embedded) check_attachable(document.name(), document.size(), request.encoding);
    auto& data = file.data;

    const auto certificate = certificate_of(signer, request.signer_certificate);
    std::vector certificates = {certificate};
    certificates.insert(certificates.end(), request.certificates.begin(), request.certificates.end());
    prepare(data, digest, certificates);
    // Once more: what is there may be another file than the one that was looked at.
    std::uint64_t embedded_size = is_embedded ? document.size().value() : 0;
    if (file.content) embedded_size = file.content->size().value();
    check_limits(file, embedded_size, request.add_to.value_or("the signature of " + document.name()));

    const auto document_digest = document.digest(digest);
    BytesContent attributes(
        cms::signed_attributes_der(data.content_type, document_digest, certificate, request.properties),
        "the signed attributes");
    const auto attributes_der = attributes.whole(most_one_piece_size);
    const auto signature = token_signature(signer, certificate, request.algorithm, attributes, document.name());
    data.signers.back().der = cms::signer_info_der(certificate, digest, attributes_der, request.algorithm, signature);

    std::optional<cms::EmbeddedDocument> embedded;
    if (file.content) {
      embedded = embed(*file.content, embedded_size, digest, document_digest);
    } else if (is_embedded) {
      embedded = embed(document, embedded_size, digest, document_digest);
    }
    write(file, embedded, sink);
  }

  FileReport verify(const VerifyRequest& request) const override {
    const auto name = request.signature.name();
    auto file = about(name, [&] { return cms::read_signed_file(std::move(request.signature)); });
    if (file.data.signers.empty()) {
      throw malformed(in_quotes(name) + " holds no signature, only certificates or lists",
                      "'openssl pkcs7 -print_certs' shows the certificates")
          .with_file(name);
    }
    FileReport report;
    report.packaging = file.content ? Packaging::attached : Packaging::detached;
    report.content = file.content;
    if (file.content && request.most_held > 0) {
      report.content = std::make_shared<BytesContent>(file.content->whole(request.most_held), file.content->name());
    }
    report.certificates = certificates_in(file.data, request.known_certificates);
    report.revocation_values = file.data.crls;
    std::vector<crypto::Certificate> candidates;
    std::set<Bytes> known;
    append_new(candidates, known, request.certificates);
    append_new(candidates, known, report.certificates);
    append_new(candidates, known, request.intermediates);
    auto& content = report.content ? *report.content : request.document();
    report.signatures = check_all(file.data, content, report.packaging, candidates);
    const bool is_compared = report.content && request.document_is_named;
    if (is_compared) {
      std::vector<HashAlgorithm> hashes;  // at once: it may be a pipe
      for (const auto& signature : report.signatures) hashes.push_back(signature.checked_hash());
      request.document().compute_digests(hashes);
    }
    for (auto& signature : report.signatures) {
      if (is_compared) compare(*report.content, request.document(), signature);
      check_wishes(request, signature);
    }
    if (const auto unreadable = file.data.certificates.size() - report.certificates.size(); unreadable > 0) {
      for (auto& signature : report.signatures) {
        signature.findings.push_back(
            information("certificate_unreadable", counted(unreadable, "certificate", "certificates") +
                                                      " in the file cannot be read, and nothing rests on it"));
      }
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
    sink(file.pem.before);
    crypto::PemWriter pem(file.pem.label, sink, file.pem.line_end);
    cms::write_signed_data(file.data, embedded, [&](BytesView bytes) { pem.write(bytes); });
    pem.finish();
    sink(file.pem.behind);
  }

  static void compare(Content& embedded, Content& named, SignatureReport& report) {
    if (embedded.digest(report.checked_hash()) == named.digest(report.checked_hash())) return;
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
    const auto is_given = [&](const crypto::Certificate& one) {
      return std::ranges::any_of(signers, [&](const auto& signer) { return signer.der() == one.der(); });
    };
    const auto is_expected = [&](const SignatureReport& one) {
      return one.signer && (is_given(*one.signer) || std::ranges::any_of(one.further_signers, is_given));
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
