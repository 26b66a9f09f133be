// SPDX-License-Identifier: Apache-2.0
#include "formats/cms/check.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"
#include "crypto/ecdsa_signature.hpp"
#include "formats/cms/attributes.hpp"
#include "formats/token_signature.hpp"

namespace eidtool::formats::cms {

namespace {

namespace der = crypto::der;

/// The check of one signature: the report in the making.
class Check {
 public:
  Check(const SignerInfo& signer, const CheckContext& context) : signer_(signer), context_(context) {}

  SignatureReport report() {
    // Each step says what it finds, and only what it needs stops it.
    try {
      if (!signer_.defect.empty()) throw malformed(signer_.defect);
      list_attributes();
      choose_certificates();
      describe();
      check();
    } catch (const Error& error) {  // what this signer wrote; the other signatures are judged all the same
      if (error.kind() == ErrorKind::malformed) {
        fail(SubIndication::format_failure, "malformed", "the signature is broken: " + std::string(error.what()));
      } else if (error.kind() == ErrorKind::unsupported) {
        fail(SubIndication::crypto_constraints_failure, "unsupported", error.what());
      } else {
        throw;
      }
    }
    report_.matches =
        std::ranges::none_of(report_.findings, [](const auto& one) { return one.sub_indication.has_value(); });
    return std::move(report_);
  }

 private:
  void fail(SubIndication sub_indication, std::string_view code, std::string_view message) {
    report_.findings.push_back(failure(sub_indication, code, message));
  }

  void list_attributes() {
    const auto names = [](const std::vector<Attribute>& attributes) {
      std::vector<AttributeName> found;
      for (const auto& one : attributes) found.push_back({one.oid, attribute_name(one.oid)});
      return found;
    };
    report_.signed_attributes = names(signer_.signed_attributes);
    report_.unsigned_attributes = names(signer_.unsigned_attributes);
  }

  void describe() {
    report_.signing_time = signing_time(signer_);
    report_.policy = signature_policy(signer_);
    report_.commitments = commitment_types(signer_);
    report_.location = signer_location(signer_);
    if (!signer_.unsigned_attributes.empty()) {
      report_.findings.push_back(
          information("unsigned_attributes",
                      "the unsigned attributes were not checked: nobody vouches for them but what is in them"));
    }
  }

  void choose_certificates() {
    const SigningCertificateReferences references(signer_);
    const auto is_likelier = [](const crypto::Certificate& left, const crypto::Certificate& right) {
      if (left.not_after() != right.not_after()) return left.not_after() > right.not_after();
      return left.fingerprint_sha256() < right.fingerprint_sha256();
    };
    std::optional<crypto::Certificate> other;
    for (const auto& certificate : context_.certificates) {
      if (!signer_.names(certificate)) continue;
      // Of several with one name, those that the signature itself names by their hash.
      if (references.check(certificate) != Reference::contradicts) {
        candidates_.push_back(certificate);
      } else if (!other || is_likelier(certificate, *other)) {
        other = certificate;
      }
    }
    if (candidates_.empty() && other) candidates_.push_back(*other);
    // Whoever passes the file on can turn round the order in it.
    std::ranges::sort(candidates_, is_likelier);
    if (!candidates_.empty()) report_.signer = candidates_.front();
  }

  /// What the certificate that is missing is called in the signature.
  std::string missing_certificate() const {
    if (!signer_.key_identifier.empty()) return "the one with key identifier " + to_hex(signer_.key_identifier);
    return "certificate " + to_hex(der::without_leading_zeros(signer_.serial_number)) + " of " +
           in_quotes(crypto::distinguished_name_text(signer_.issuer));
  }

  void check() {
    const auto hash = crypto::hash_by_oid(signer_.digest_algorithm.oid);
    if (!hash) {
      throw Error(ErrorKind::unsupported, "it was made with " +
                                              crypto::foreign_hash_name(signer_.digest_algorithm.oid) +
                                              ", which eidtool does not check");
    }
    if (!signer_.digest_algorithm.has_no_parameters()) {
      throw malformed("its digest algorithm has parameters, which none has");
    }
    check_attributes();
    const bool same_document = check_digest(*hash);
    const auto scheme = crypto::signature_scheme(signer_.signature_algorithm, hash);
    report_.algorithm = scheme.algorithm;
    if (!report_.signer) {
      return fail(
          SubIndication::no_signing_certificate_found, "certificate_missing",
          "the file does not hold the signer's certificate, " + missing_certificate() + ": --cert FILE names it");
    }
    const bool fits = find_maker(scheme);
    check_reference();
    report_value(*scheme.algorithm, fits, same_document);
  }

  /// RFC 5652 §5.3 and §11, RFC 6211.
  void check_attributes() {
    if (!signer_.signed_attributes_der) {
      // Else nothing would bind the kind of content that was signed (RFC 5652 §5.3).
      if (context_.data.content_type != oid::data) {
        throw malformed("it has no signed attributes, and the content is not plain data");
      }
      return;
    }
    const auto* type = signer_.signed_attribute(oid::content_type);
    if (type == nullptr) throw malformed("its signed attributes lack the content type");
    der::Reader reader(type->values.front());
    if (reader.next_object_identifier() != context_.data.content_type) {
      throw malformed("its signed attributes speak of another type of content than the file");
    }
    if (const auto* protection = signer_.signed_attribute(oid::algorithm_protection)) {
      der::Reader outer(protection->values.front());
      auto fields = outer.enter(der::tag::sequence);
      const bool same_digest = crypto::AlgorithmIdentifier::read(fields).means(signer_.digest_algorithm);
      auto rest = fields.next_if(der::tag::context_constructed(1));
      if (!same_digest || !rest) {
        throw malformed("its algorithms are not those that its signed attributes name");
      }
      // [1] IMPLICIT: the fields of an AlgorithmIdentifier without their SEQUENCE.
      const auto whole = der::encoded(der::tag::sequence, rest->content);
      der::Reader algorithm(whole);
      if (!crypto::AlgorithmIdentifier::read(algorithm).means(signer_.signature_algorithm)) {
        throw malformed("its algorithms are not those that its signed attributes name");
      }
    }
  }

  /// False where the document is another one than was signed. Without signed attributes there is nothing to compare.
  bool check_digest(HashAlgorithm hash) {
    if (!signer_.signed_attributes_der) return true;
    const auto* attribute = signer_.signed_attribute(oid::message_digest);
    if (attribute == nullptr) throw malformed("its signed attributes lack the document's digest");
    der::Reader reader(attribute->values.front());
    const auto digest = reader.next(der::tag::octet_string).content;
    reader.end();
    if (std::ranges::equal(digest, context_.content.digest(hash))) {
      report_.document_hash = hash;
      return true;
    }
    fail(SubIndication::hash_failure, "document_changed",
         context_.packaging == Packaging::attached
             ? "the document inside the file was changed after it was signed"
             : "the document was changed after it was signed, or it is not the one that was signed");
    return false;
  }

  void check_reference() {
    switch (SigningCertificateReferences(signer_).check(*report_.signer)) {
      case Reference::matches: return;
      case Reference::absent:
        report_.findings.push_back(information(
            "certificate_not_named", "the signed attributes do not name the certificate: no CAdES baseline signature"));
        return;
      case Reference::contradicts:
        fail(SubIndication::no_signing_certificate_found, "certificate_contradicts",
             "the signed attributes name another certificate than this one");
        return;
    }
  }

  /// Whether the key of a candidate made the signature; it is the signer then. Several certificates can bear one name:
  /// a key identifier is what an authority makes it, and anybody can call an authority by another's name. They can also
  /// be for one key: the signature does not say then which of them was meant.
  bool find_maker(const crypto::SignatureScheme& scheme) {
    if (!signer_.signed_attributes_der) check_content_is_no_attributes();
    std::map<Bytes, bool> is_maker;  // by key
    for (const auto& candidate : candidates_) {
      const auto [known, is_new] = is_maker.try_emplace(candidate.key_fingerprint(), false);
      if (is_new) {
        if (!candidate.may_load(context_.work) || !context_.work.may_take(check_cost(candidate, scheme))) return false;
        const auto* key = candidate.public_key_if_any();
        known->second = key != nullptr && is_made_by(*key, scheme);
      }
      if (known->second) makers_.push_back(candidate);
    }
    if (makers_.empty()) return false;
    report_.signer = makers_.front();
    report_.further_signers.assign(makers_.begin() + 1, makers_.end());
    if (!signer_.signed_attributes_der) report_.document_hash = scheme.algorithm->hash;
    return true;
  }

  std::uint64_t check_cost(const crypto::Certificate& candidate, const crypto::SignatureScheme& scheme) const {
    const auto attributes_size = signer_.signed_attributes_der ? signer_.signed_attributes_der->size() : 0;
    return crypto::check_cost(candidate.key_cost(), scheme) + crypto::hashing_cost(attributes_size);
  }

  void report_value(const SignatureAlgorithm& algorithm, bool fits, bool same_document) {
    if (context_.work.is_exhausted()) {
      return fail(SubIndication::certificate_chain_general_failure, "gave_up",
                  "the signatures in the file would take so long to check that not all of them were");
    }
    const auto& key = report_.signer->public_key();
    if (key.type() != algorithm.key_type) {
      return fail(SubIndication::sig_crypto_failure, "signature_mismatch",
                  "the signature is one of " + std::string(algorithm.name) + ", and the key of the certificate is " +
                      key.description());
    }
    if (fits) {
      if (same_document) return;
      report_.findings.push_back(
          information("signature_intact", "the signature itself is one by this key, of another document"));
      return;
    }
    fail(SubIndication::sig_crypto_failure, "signature_mismatch",
         signer_.signed_attributes_der
             ? "the signature was not made with the key of this certificate, or it is damaged"
             : "the signature does not fit: the document was changed, or it is another document, or the key is another "
               "one");
  }

  bool is_made_by(const crypto::PublicKey& key, const crypto::SignatureScheme& scheme) {
    const auto& algorithm = *scheme.algorithm;
    if (key.type() != algorithm.key_type) return false;
    auto signature = std::optional<Bytes>(signer_.signature);
    if (algorithm.key_type == KeyType::ec) signature = crypto::ecdsa_from_der(signer_.signature, key.order_size());
    if (!signature) return false;
    if (!signer_.signed_attributes_der) {
      if (algorithm.hash == HashAlgorithm::none) return is_signed_whole(key, whole_document(), *signature);
      return is_signed(key, scheme, context_.content, *signature);
    }
    if (algorithm.hash == HashAlgorithm::none) return is_signed_whole(key, *signer_.signed_attributes_der, *signature);
    BytesContent attributes(*signer_.signed_attributes_der, "the signed attributes");
    return is_signed(key, scheme, attributes, *signature);
  }

  const Bytes& whole_document() {
    auto& whole = context_.found.whole;
    if (!whole) {
      whole = context_.content.whole(most_one_piece_size);
      context_.content.remember(*whole);
    }
    return *whole;
  }

  /// It is hashed anew for each key.
  bool is_signed_whole(const crypto::PublicKey& key, const Bytes& message, const Bytes& signature) const {
    return context_.work.may_take(crypto::hashing_cost(message.size())) && key.verify_message(message, signature);
  }

  bool is_signed(const crypto::PublicKey& key, const crypto::SignatureScheme& scheme, Content& content,
                 const Bytes& signature) const {
    if (!scheme.salt_size) return is_signature_of(key, *scheme.algorithm, content, signature);
    return key.verify_digest(scheme, content.digest(scheme.algorithm->hash), signature);
  }

  void check_content_is_no_attributes() {
    auto& are_attributes = context_.found.are_signed_attributes;
    if (!are_attributes) {
      are_attributes = are_signed_attributes(context_.content.beginning(), context_.content.size());
    }
    if (*are_attributes) throw malformed(std::string(form_of_signed_attributes));
  }

  const SignerInfo& signer_;
  const CheckContext& context_;
  std::vector<crypto::Certificate> candidates_;  // that bear the signer's name
  std::vector<crypto::Certificate> makers_;      // those whose key made the signature
  SignatureReport report_;
};

}  // namespace

SignatureReport check_signer(const SignerInfo& signer, const CheckContext& context) {
  return Check(signer, context).report();
}

std::vector<HashAlgorithm> digests_of(const SignedData& data) {
  std::vector<HashAlgorithm> hashes;
  for (const auto& signer : data.signers) {
    if (const auto hash = crypto::hash_by_oid(signer.digest_algorithm.oid)) hashes.push_back(*hash);
  }
  return hashes;
}

}  // namespace eidtool::formats::cms
