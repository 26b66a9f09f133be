// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "trust/revocation.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;
using der::copy;

constexpr std::uint8_t enumerated = 0x0a;

/// How long a response without nextUpdate holds. Newer ones can be had at any time (§4.2.2.1), and somebody has to
/// fetch this one before it is looked at.
constexpr auto without_end = std::chrono::minutes(15);

std::string status_name(std::uint8_t status) {
  switch (status) {
    case 1: return "malformedRequest";
    case 2: return "internalError";
    case 3: return "tryLater";
    case 5: return "sigRequired";
    case 6: return "unauthorized";
    default: return std::to_string(status);
  }
}

bool is_true(const std::optional<der::Element>& boolean) {
  return boolean && boolean->content.size() == 1 && boolean->content[0] != 0;
}

}  // namespace

/// RFC 6960 §4.2.1.
OcspResponse::OcspResponse(const Bytes& bytes, std::string name) : name_(std::move(name)) {
  der::Reader outer(bytes);
  auto fields = outer.enter(der::tag::sequence);
  outer.end();
  const auto status = fields.next(enumerated).content;
  if (status.size() != 1) throw malformed("its status is none");
  if (status[0] != 0) {
    throw Error(ErrorKind::unsupported, "the responder answered with an error, " + status_name(status[0]),
                "ask it again");
  }
  der::Reader wrapped(fields.next(der::tag::context_constructed(0)).content);
  fields.end();
  auto response = wrapped.enter(der::tag::sequence);
  if (response.next_object_identifier() != "1.3.6.1.5.5.7.48.1.1") {
    throw Error(ErrorKind::unsupported, "it is a response of a type that eidtool does not know");
  }
  read_basic(response.next(der::tag::octet_string).content);
  response.end();
}

void OcspResponse::read_basic(BytesView bytes) {
  der::Reader outer(bytes);
  BytesView rest;
  signed_object_ = crypto::SignedObject::read(outer.next(der::tag::sequence).content, &rest);
  outer.end();
  der::Reader behind(rest);
  if (const auto certificates = behind.next_if(der::tag::context_constructed(0))) {
    der::Reader list(certificates->content);
    for (auto certificate = list.enter(der::tag::sequence); !certificate.at_end();) {
      certificates_.push_back(
          crypto::Certificate::from_der(certificate.next(der::tag::sequence).whole, "a certificate in it"));
    }
  }
  behind.end();

  der::Reader whole(signed_object_.content);
  auto data = whole.enter(der::tag::sequence);
  data.next_if(der::tag::context_constructed(0));  // version
  if (const auto by_name = data.next_if(der::tag::context_constructed(1))) {
    responder_name_ = crypto::comparable_name(by_name->content);
  } else {
    der::Reader by_key(data.next(der::tag::context_constructed(2)).content);
    responder_key_hash_ = copy(by_key.next(der::tag::octet_string).content);
  }
  produced_at_ = data.next_time();
  for (auto list = data.enter(der::tag::sequence); !list.at_end();) {
    singles_.push_back(read_single(list.next(der::tag::sequence).content));
  }
  if (const auto extensions = data.next_if(der::tag::context_constructed(1))) {
    der::Reader list_wrapped(extensions->content);
    for (auto list = list_wrapped.enter(der::tag::sequence); !list.at_end();) {
      auto extension = list.enter(der::tag::sequence);
      const auto oid = extension.next_object_identifier();
      // A nonce (§4.4.1) answers a request, and there is none to compare it with.
      const bool is_nonce = oid == "1.3.6.1.5.5.7.48.1.2";
      if (is_true(extension.next_if(der::tag::boolean)) && !is_nonce) {
        throw Error(ErrorKind::unsupported, "it has the critical extension " + oid + ", which is unknown");
      }
    }
  }
  data.end();
}

OcspResponse::Single OcspResponse::read_single(BytesView content) {
  der::Reader fields(content);
  Single single;
  auto identifier = fields.enter(der::tag::sequence);
  single.hash = crypto::AlgorithmIdentifier::read(identifier);
  single.issuer_name_hash = copy(identifier.next(der::tag::octet_string).content);
  single.issuer_key_hash = copy(identifier.next(der::tag::octet_string).content);
  single.serial_number = copy(identifier.next(der::tag::integer).content);
  identifier.end();
  const auto status = fields.next();
  if (status.tag == der::tag::context(0)) {
    single.status = Single::Status::good;
  } else if (status.tag == der::tag::context_constructed(1)) {
    single.status = Single::Status::revoked;
    der::Reader info(status.content);
    single.revoked_at = info.next_time();
    if (const auto reason = info.next_if(der::tag::context_constructed(0))) {
      der::Reader number(reason->content);
      const auto value = number.next(enumerated).content;
      if (value.size() == 1) single.reason = value[0];
    }
  } else if (status.tag != der::tag::context(2)) {
    throw malformed("it holds a status that is none");
  }
  single.this_update = fields.next_time();
  if (const auto next = fields.next_if(der::tag::context_constructed(0))) {
    der::Reader time(next->content);
    single.next_update = time.next_time();
  }
  if (const auto extensions = fields.next_if(der::tag::context_constructed(1))) {
    der::Reader wrapped(extensions->content);
    for (auto list = wrapped.enter(der::tag::sequence); !list.at_end();) {
      auto extension = list.enter(der::tag::sequence);
      const auto oid = extension.next_object_identifier();
      const bool is_cutoff = oid == "1.3.6.1.5.5.7.48.1.6";
      if (is_true(extension.next_if(der::tag::boolean)) && !is_cutoff) single.has_unknown_critical = true;
      if (is_cutoff) single.archive_cutoff = der::Reader(extension.next(der::tag::octet_string).content).next_time();
    }
  }
  fields.end();
  return single;
}

std::uint64_t OcspResponse::looks(const crypto::Certificate& /*certificate*/) const { return 1 + singles_.size() / 16; }

/// RFC 6960 §4.1.1: the issuer by the digests of its name and of its key.
std::vector<const OcspResponse::Single*> OcspResponse::singles_about(const RevocationQuestion& question) const {
  const auto& issuer_name = question.certificate.issuer_der();
  std::map<HashAlgorithm, Bytes> name_hashes;
  std::vector<const Single*> singles;
  for (const auto& single : singles_) {
    if (!question.certificate.has_serial_number(single.serial_number)) continue;
    const auto hash = crypto::hash_by_oid(single.hash.oid);
    if (!hash || !question.checks.may_look()) continue;
    auto& name_hash = name_hashes[*hash];
    if (name_hash.empty()) name_hash = crypto::digest(*hash, issuer_name);
    if (single.issuer_name_hash == name_hash && single.issuer_key_hash == question.issuer.key_digest(*hash)) {
      singles.push_back(&single);
    }
  }
  return singles;
}

bool OcspResponse::is_responder(const crypto::Certificate& certificate) const {
  if (responder_name_) return certificate.comparable_subject() == *responder_name_;
  return certificate.key_digest(HashAlgorithm::sha1) == responder_key_hash_;
}

/// RFC 6960 §4.2.2.2: the issuer itself, or one whom the issuer itself made a responder.
OcspResponse::Signer OcspResponse::find_signer(const RevocationQuestion& question, Time made_at) const {
  Signer found;
  const auto scheme = crypto::signature_scheme(signed_object_.algorithm, std::nullopt);
  const bool is_sha1 = scheme.algorithm->hash == HashAlgorithm::sha1 && !question.allow_sha1;
  const auto signed_by = [&](const crypto::Certificate& signer) {
    return is_responder(signer) && question.checks.made_by(signed_object_, signer) == SignatureChecks::Answer::made;
  };
  const auto take = [&](const crypto::Certificate& signer, bool is_sound) {
    found.key = signer.key_fingerprint();
    found.is_sound = is_sound && !is_sha1;
    if (is_sha1) found.why = "was signed over SHA-1";
    return found;
  };
  found.why = "was not signed by the issuer or by a responder of its own";
  if (signed_by(question.issuer)) return take(question.issuer, true);
  for (const auto* certificates : {&certificates_, &question.pool}) {
    for (const auto& candidate : *certificates) {
      if (!question.checks.may_look()) return found;
      if (!signed_by(candidate)) continue;
      // What it called revoked when it could stays so.
      const auto why_not = [&](RevocationQuestion::Word word, Time at) {
        return question.why_not_trusted(candidate, RevocationQuestion::SignerKind::responder, word, at);
      };
      auto why = why_not(RevocationQuestion::Word::anything, question.at);
      // Not only at that time: who has the key of a responder that has retired could claim any. Nor had one that came
      // later anything to say before.
      const auto latest = std::max(question.at, made_at);
      if (!why && (std::min(question.at, produced_at_) < candidate.not_before() || latest > candidate.not_after())) {
        why = "its certificate is not valid";
      }
      if (!why) return take(candidate, true);
      if (!found.key.empty()) continue;
      found.why = "was signed by a responder that is not believed: " + *why;
      if (!why_not(RevocationQuestion::Word::revocations, produced_at_)) take(candidate, false);
    }
  }
  return found;
}

OcspResponse OcspResponse::unshared() const {
  auto copy = *this;
  crypto::unshare(copy.certificates_);
  return copy;
}

/// What weighs most of all that it says about the certificate; what is not believed or not known of it more than
/// `good`.
RevocationAnswer OcspResponse::answer(const RevocationQuestion& question) const {
  using Status = RevocationAnswer::Status;
  RevocationAnswer worst;
  const auto singles = singles_about(question);
  if (singles.empty()) return worst;
  auto made_at = produced_at_;
  for (const auto* single : singles) made_at = std::max(made_at, single->this_update);
  Signer signer;
  try {
    signer = find_signer(question, made_at);
  } catch (const Error& error) {  // what a stranger wrote
    signer.why = std::string("cannot be checked: ") + error.what();
  }
  std::optional<Time> held_at;
  for (const auto* single : singles) {
    auto one = answer_by(*single, signer, question);
    if (one.status == Status::revoked && one.reason == reason_hold) {
      held_at = std::min(held_at.value_or(one.revoked_at), one.revoked_at);
    }
    const bool is_worse =
        one.status == Status::unusable ? worst.status != Status::revoked : one.weighs_more_than(worst);
    if (worst.status == Status::irrelevant || is_worse) worst = std::move(one);
  }
  if (worst.status == Status::revoked && worst.reason != reason_hold) worst.also_held_at = held_at;
  return worst;
}

RevocationAnswer OcspResponse::answer_by(const Single& single, const Signer& signer,
                                         const RevocationQuestion& question) const {
  using Status = RevocationAnswer::Status;
  RevocationAnswer answer;
  answer.this_update = single.this_update;
  answer.signer_key = signer.key;
  answer.is_sound = signer.is_sound;
  const auto unusable = [&](const std::string& why) {
    answer.status = Status::unusable;
    answer.why = "the OCSP response " + name_ + " " + why;
    return answer;
  };
  if (signer.key.empty()) return unusable(signer.why);
  const auto why = signer.is_sound ? why_unusable(single, question) : signer.why;
  // What was revoked stays so, however old the response is.
  if (single.status == Single::Status::revoked) {
    answer.status = Status::revoked;
    answer.revoked_at = single.revoked_at;
    answer.reason = single.reason;
    answer.is_sound = why.empty();
    return answer;
  }
  if (!why.empty()) return unusable(why);
  if (single.status != Single::Status::good) return unusable("says that its responder does not know the certificate");
  answer.status = Status::good;
  return answer;
}

std::string OcspResponse::why_unusable(const Single& single, const RevocationQuestion& question) const {
  if (single.has_unknown_critical) return "has a critical extension that is unknown";
  const auto made_at = std::max(single.this_update, produced_at_);
  if (made_at > question.now + clock_difference) return "is from the future: " + to_rfc3339(made_at);
  // Responders may forget who has expired (§4.4.4).
  const auto expired_at = question.certificate.not_after();
  const bool keeps_expired = single.archive_cutoff && *single.archive_cutoff <= expired_at;
  const bool is_named = single.status == Single::Status::revoked;
  if (!is_named && single.this_update > expired_at && !keeps_expired) {
    return "was made after the certificate had expired, and need not know it any more";
  }
  const auto until = single.next_update.value_or(single.this_update + without_end);
  return until < question.at ? "is out of date since " + to_rfc3339(until) : "";
}

}  // namespace eidtool::trust
