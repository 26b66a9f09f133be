// SPDX-License-Identifier: Apache-2.0
#include "trust/revocation_status.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "trust/extensions.hpp"

namespace eidtool::trust {

namespace {

using crypto::Certificate;
using Status = RevocationAnswer::Status;

constexpr std::string_view ocsp_signing = "1.3.6.1.5.5.7.3.9";
constexpr std::size_t deepest = 3;  // signers of lists about signers of lists

Bytes key_for(const Path& path, std::size_t index) {
  Bytes key;
  for (; index < path.size(); ++index) {
    const auto& fingerprint = path[index].fingerprint_sha256();
    key.insert(key.end(), fingerprint.begin(), fingerprint.end());
  }
  return key;
}

bool is_self_issued(const Certificate& certificate) {
  return certificate.comparable_subject() == certificate.comparable_issuer();
}

/// A key can be written in several ways, with a point that is compressed or not.
bool is_same_key(const Certificate& left, const Certificate& right) {
  if (left.key_fingerprint() == right.key_fingerprint()) return true;
  const auto* left_key = left.public_key_if_any();
  const auto* right_key = right.public_key_if_any();
  return left_key != nullptr && right_key != nullptr && left_key->description() == right_key->description() &&
         left_key->modulus() == right_key->modulus() && left_key->point() == right_key->point();
}

/// What one list or response said.
template <typename Source>
struct Told {
  const Source* source;
  RevocationAnswer answer;
};

template <typename Source>
std::vector<Told<Source>> ask(const std::vector<std::shared_ptr<const Source>>& sources,
                              const RevocationQuestion& question, std::vector<std::string>& whys) {
  std::vector<Told<Source>> told;
  for (const auto& source : sources) {
    if (!question.checks.may_look(source->looks(question.certificate))) break;
    auto answer = source->answer(question);
    if (answer.status == Status::irrelevant) continue;
    if (answer.status == Status::unusable) {
      if (std::ranges::find(whys, answer.why) == whys.end()) whys.push_back(answer.why);
    } else {
      told.push_back({source.get(), answer});
      if (!answer.also_held_at) continue;
      answer.revoked_at = *answer.also_held_at;
      answer.reason = reason_hold;
      told.push_back({source.get(), std::move(answer)});
    }
  }
  return told;
}

bool is_hold(const RevocationAnswer& answer) {
  return answer.status == Status::revoked && answer.reason == reason_hold;
}

using ToldByList = Told<RevocationList>;
using ToldByResponse = Told<OcspResponse>;

/// A later list of the same scope by the same key, that either is complete and names the certificate no more, or takes
/// the hold back (RFC 5280 §5.2.4, §5.3.1). Before it was made, the hold was there.
bool is_released_by(const ToldByList& hold, const ToldByList& later, Time at) {
  const bool releases =
      later.answer.status == Status::released || (later.answer.status == Status::good && !later.source->is_delta());
  return releases && later.answer.is_sound && later.answer.why_stale.empty() && later.answer.this_update <= at &&
         later.answer.signer_key == hold.answer.signer_key && later.source->follows(*hold.source);
}

bool is_released_by(const ToldByResponse& hold, const ToldByResponse& later, Time at) {
  return later.answer.status == Status::good && later.answer.this_update > hold.answer.this_update &&
         later.answer.this_update <= at && later.answer.signer_key == hold.answer.signer_key;
}

/// Takes from what was told all that speaks against the certificate.
template <typename Source>
void take_revocations(const std::vector<Told<Source>>& told, Time at, RevocationStatus& status) {
  const auto take = [](std::optional<RevocationAnswer>& place, const RevocationAnswer& answer) {
    if (!place || answer.weighs_more_than(*place)) place = answer;
  };
  for (const auto& one : told) {
    if (one.answer.status != Status::revoked) continue;
    if (!is_hold(one.answer)) {
      take(status.revoked, one.answer);
    } else if (std::ranges::none_of(told, [&](const auto& later) { return is_released_by(one, later, at); })) {
      take(status.held, one.answer);
    }
  }
}

/// Whether it says of a certificate that it is or will be revoked, and so that it was not at the time in question.
bool is_later(const RevocationAnswer& answer, Time at) {
  return answer.status == Status::revoked && answer.revoked_at > at;
}

/// The reasons for which lists know that the certificate is not revoked. One that is out of date counts with a delta
/// list that makes it a newer one (§5.2.4).
void take_good_lists(const std::vector<ToldByList>& told, Time at, RevocationStatus& status) {
  for (const auto& one : told) {
    const bool names_later = is_later(one.answer, at);
    const bool tells = one.answer.status == Status::good || is_hold(one.answer) || names_later;
    if (!tells || !one.answer.is_sound || one.source->is_delta()) continue;
    const bool is_completed = std::ranges::any_of(told, [&](const auto& delta) {
      return delta.answer.is_sound && delta.answer.why_stale.empty() && delta.source->completes(*one.source) &&
             delta.answer.signer_key == one.answer.signer_key;
    });
    if (one.answer.why_stale.empty() || is_completed || (names_later && one.answer.this_update >= at)) {
      status.reasons |= one.answer.reasons_mask;
    } else {
      status.whys.push_back(one.answer.why_stale);
    }
  }
}

}  // namespace

RevocationInquiry::RevocationInquiry(const Evidence& evidence, const Demand& demand,
                                     const std::vector<Certificate>& pool, SignatureChecks& checks)
    : evidence_(evidence), demand_(demand), pool_(pool), checks_(checks) {}

RevocationStatus RevocationInquiry::status_of(const Path& path, std::size_t index) {
  // In the middle of another question an answer can lack what that one is about.
  if (!asked_about_.empty()) return asked(path, index);
  const auto key = key_for(path, index);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  return known_.emplace(key, asked(path, index)).first->second;
}

RevocationStatus RevocationInquiry::asked(const Path& path, std::size_t index) {
  if (++count_ > most_questions) {
    RevocationStatus status;
    status.whys = {"there are so many certificates and lists that looking was given up"};
    return status;
  }
  return put_together({path[index], path[index + 1], demand_.at, demand_.now, demand_.allow_sha1, pool_,
                       [&](const Certificate& signer, auto kind, auto word, Time at) {
                         return why_not_trusted(signer, kind, word, at, path, index + 1);
                       },
                       checks_});
}

RevocationStatus RevocationInquiry::put_together(const RevocationQuestion& question) const {
  RevocationStatus status;
  const auto lists = ask(evidence_.revocation_lists, question, status.whys);
  const auto responses = ask(evidence_.ocsp_responses, question, status.whys);
  take_revocations(lists, question.at, status);
  take_revocations(responses, question.at, status);
  take_good_lists(lists, question.at, status);
  for (const auto& one : responses) {
    const bool names_later = is_later(one.answer, question.at) && one.answer.is_sound;
    if (one.answer.status == Status::good || names_later) status.reasons |= one.answer.reasons_mask;
  }
  if (status.reasons != 0 && status.reasons != RevocationAnswer::all_reasons) {
    status.whys.emplace_back("what was given tells of some reasons alone");
  }
  if (status.reasons == 0 && std::ranges::any_of(lists, [](const auto& one) { return one.source->is_delta(); })) {
    status.whys.emplace_back("a delta list tells only what changed since another list, which is missing");
  }
  return status;
}

/// RFC 5280 §6.3.3 (f), RFC 6960 §4.2.2.2: the key that issued the certificate certified the signer, or, for another
/// key of the same authority, the authority above did. Any one below the anchor could else take back what another has
/// revoked. For a signer that the certificate itself names it can be any authority above it. Where
/// several certify the key that issued the certificate, each with a way over itself, one of them that is no anchor
/// convinces of revocations alone.
std::optional<std::string> RevocationInquiry::why_not_trusted(const Certificate& signer,
                                                              RevocationQuestion::SignerKind kind,
                                                              RevocationQuestion::Word word, Time at, const Path& path,
                                                              std::size_t first_issuer) {
  using Kind = RevocationQuestion::SignerKind;
  std::optional<std::string> why =
      kind == Kind::responder ? "it is no responder of the issuer" : "no authority of the certificate vouches for it";
  auto last = path.size() - 1;
  if (kind == Kind::responder) last = first_issuer;
  auto last_own = first_issuer;  // of the same authority, which certified its new key with its old one or the other way
  while (last_own < last && is_self_issued(path[last_own])) ++last_own;
  if (kind == Kind::own_name) last = std::min(last, last_own + 1);
  for (auto issuer = first_issuer; issuer <= last; ++issuer) {
    const bool may_be_it = kind == Kind::named || (kind == Kind::own_name && issuer <= last_own);
    const bool is_it = may_be_it && signer.der() == path[issuer].der();
    if (!is_it && (signer.comparable_issuer() != path[issuer].comparable_subject() ||
                   checks_.made_by(signer, path[issuer]) != SignatureChecks::Answer::made)) {
      continue;
    }
    const auto vouched_by = kind == Kind::own_name ? last_own + 1 : issuer + (is_it ? 1 : 0);
    const bool is_certain = issuer == first_issuer || vouched_by + 1 >= path.size() ||
                            !is_certified_across(path[first_issuer], path[std::min(last_own + 1, path.size() - 1)]);
    if (!is_certain && word == RevocationQuestion::Word::anything) {
      why = "of several authorities that certify the issuer only one vouches for it";
      continue;
    }
    if (is_it) return std::nullopt;
    Path signers_path = {signer};
    signers_path.insert(signers_path.end(), path.begin() + static_cast<std::ptrdiff_t>(issuer), path.end());
    why = why_not_trusted(signers_path, kind, word, at);
    if (!why) return std::nullopt;
  }
  return why;
}

bool RevocationInquiry::is_certified_across(const Certificate& authority, const Certificate& issuer) const {
  return std::ranges::any_of(pool_, [&](const auto& other) {
    if (!checks_.may_look() || !checks_.may_load(other)) return true;
    return other.comparable_subject() == authority.comparable_subject() && !is_self_issued(other) &&
           is_same_key(other, authority) && checks_.made_by(other, issuer) != SignatureChecks::Answer::made;
  });
}

/// Its certificate is held to what any other is.
std::optional<std::string> RevocationInquiry::why_not_trusted(const Path& path, RevocationQuestion::SignerKind kind,
                                                              RevocationQuestion::Word word, Time at) {
  const auto& signer = path.front();
  const auto findings = check_path(path, {at, demand_.allow_sha1, {}}, checks_);
  const auto failure =
      std::ranges::find_if(findings, [](const auto& finding) { return finding.sub_indication.has_value(); });
  if (failure != findings.end()) return failure->message;
  if (kind == RevocationQuestion::SignerKind::responder) {
    const auto extensions = extensions_of(signer);
    const auto& usages = extensions.extended_key_usage;
    if (!usages || std::ranges::find(*usages, ocsp_signing) == usages->end()) return "it is no responder";
    if (!extensions.allows(KeyUsage::digital_signature)) return "its key is not for signatures";
    if (signer.extension(ocsp_no_check) != nullptr) return std::nullopt;
  }
  const auto& fingerprint = signer.fingerprint_sha256();
  if (asked_about_.size() >= deepest || !asked_about_.insert(fingerprint).second) {
    return "nothing but itself tells whether its own certificate was revoked";
  }
  const auto status = asked(path, 0);
  asked_about_.erase(fingerprint);
  if (status.revoked && status.revoked->revoked_at <= at) return "its own certificate was revoked";
  if (status.held && status.held->revoked_at <= at) return "its own certificate is suspended";
  const bool has_to_be_known = demand_.require_revocation && word == RevocationQuestion::Word::anything;
  if (has_to_be_known && !status.is_known_good()) {
    return "whether its own certificate was revoked is not known";
  }
  return std::nullopt;
}

}  // namespace eidtool::trust
