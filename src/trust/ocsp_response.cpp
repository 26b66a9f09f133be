// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "trust/extensions.hpp"
#include "trust/revocation.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

constexpr std::string_view ocsp_signing = "1.3.6.1.5.5.7.3.9";
constexpr std::uint8_t enumerated = 0x0a;

Error malformed(const std::string& message) { return Error(ErrorKind::malformed, message); }

Bytes copy(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

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
    responder_name_ = copy(by_name->content);
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
      extension.next_object_identifier();
      if (is_true(extension.next_if(der::tag::boolean))) single.has_unknown_critical = true;
    }
  }
  fields.end();
  return single;
}

/// RFC 6960 §4.1.1: the issuer by the digests of its name and of its key.
bool OcspResponse::is_about(const Single& single, const RevocationQuestion& question) const {
  const auto hash = crypto::hash_by_oid(single.hash.oid);
  return hash && question.certificate.has_serial_number(single.serial_number) &&
         single.issuer_name_hash == crypto::digest(*hash, question.certificate.issuer_der()) &&
         single.issuer_key_hash == crypto::digest(*hash, question.issuer.public_key_bits());
}

bool OcspResponse::is_responder(const crypto::Certificate& certificate) const {
  if (!responder_name_.empty()) return crypto::names_match(certificate.subject_der(), responder_name_);
  return crypto::digest(HashAlgorithm::sha1, certificate.public_key_bits()) == responder_key_hash_;
}

/// RFC 6960 §4.2.2.2: the issuer itself, or one whom the issuer itself made a responder.
std::optional<std::string> OcspResponse::why_not_signed(const RevocationQuestion& question, Time this_update) const {
  const auto scheme = crypto::signature_scheme(signed_object_.algorithm, std::nullopt);
  if (scheme.algorithm->hash == HashAlgorithm::sha1 && !question.allow_sha1) return "was signed over SHA-1";
  const auto signed_by = [&](const crypto::Certificate& signer) {
    try {
      return is_responder(signer) && signed_object_.is_signed_by(signer.public_key());
    } catch (const Error&) {  // absent: a key of a kind that is not checked
      return false;
    }
  };
  if (signed_by(question.issuer)) return std::nullopt;
  for (const auto* certificates : {&certificates_, &question.pool}) {
    for (const auto& candidate : *certificates) {
      if (!signed_by(candidate)) continue;
      const auto extensions = extensions_of(candidate);
      const bool is_delegated =
          extensions.extended_key_usage &&
          std::ranges::find(*extensions.extended_key_usage, ocsp_signing) != extensions.extended_key_usage->end();
      if (!is_delegated || !candidate.is_issued_by(question.issuer)) return "was signed by one who is no responder";
      if (!extensions.unknown_critical.empty()) return "was signed by one whose certificate cannot be understood";
      // Not only at the time that the response itself claims: who has the key of a responder that has retired could
      // claim any.
      const auto at = std::max(question.at, this_update);
      if (std::min(at, produced_at_) < candidate.not_before() || std::max(at, produced_at_) > candidate.not_after()) {
        return "was signed by a responder whose certificate is not valid";
      }
      return std::nullopt;
    }
  }
  return "was not signed by the issuer or by a responder of its own";
}

RevocationAnswer OcspResponse::answer(const RevocationQuestion& question) const {
  using Status = RevocationAnswer::Status;
  const auto single =
      std::ranges::find_if(singles_, [&](const auto& candidate) { return is_about(candidate, question); });
  if (single == singles_.end()) return {};
  RevocationAnswer answer;
  answer.status = Status::unusable;
  const auto unusable = [&](const std::string& why) {
    answer.why = "the OCSP response " + name_ + " " + why;
    return answer;
  };
  try {
    if (const auto why = why_not_signed(question, single->this_update)) return unusable(*why);
  } catch (const Error& error) {  // what a stranger wrote
    return unusable(std::string("cannot be checked: ") + error.what());
  }
  answer.revoked_at = single->revoked_at;
  answer.reason = single->reason;
  // What was revoked stays so, however old the response is.
  if (single->status == Single::Status::revoked) {
    answer.status = Status::revoked;
    return answer;
  }
  if (single->has_unknown_critical) return unusable("has a critical extension that is unknown");
  if (single->this_update > question.now) return unusable("is from the future: " + to_rfc3339(single->this_update));
  // Without an end it says what was true when it was made, and no more.
  const auto until = single->next_update.value_or(single->this_update);
  if (until < question.at) return unusable("is out of date since " + to_rfc3339(until));
  if (single->status == Single::Status::good) {
    answer.status = Status::good;
    return answer;
  }
  return unusable("says that its responder does not know the certificate");
}

}  // namespace eidtool::trust
