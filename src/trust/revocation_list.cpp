// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "trust/distribution_points.hpp"
#include "trust/extensions.hpp"
#include "trust/revocation.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

/// Whether GeneralNames (DER), as certificateIssuer has them, hold that Name, as comparable_name() has it.
bool names_issuer(BytesView general_names, const std::string& comparable_issuer) {
  der::Reader outer(general_names);
  for (auto names = outer.enter(der::tag::sequence); !names.at_end();) {
    const auto name = names.next();
    if (name.tag == directory_name && crypto::comparable_name(name.content) == comparable_issuer) return true;
  }
  return false;
}

std::size_t hash_of(BytesView number) {
  const auto shortest = der::shortest_integer(number);
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(shortest.data()), shortest.size()});
}

/// Gives the crlEntryExtensions at the end of an entry, each with its value.
template <typename Visit>
void for_each_extension(der::Reader entry, const Visit& visit) {
  const auto extensions = entry.next_if(der::tag::sequence);
  if (!extensions) return;
  for (der::Reader list(extensions->content); !list.at_end();) {
    auto fields = list.enter(der::tag::sequence);
    const auto oid = fields.next_object_identifier();
    fields.next_if(der::tag::boolean);
    visit(oid, fields.next(der::tag::octet_string).content);
  }
}

/// Whether an entry that was read up to its number has a critical extension (§5.3) other than the reason, the date of
/// invalidity, or the issuer.
bool has_unknown_critical(der::Reader entry) {
  try {
    entry.next_time();
    const auto extensions = entry.next_if(der::tag::sequence);
    if (!extensions) return false;
    for (der::Reader list(extensions->content); !list.at_end();) {
      auto fields = list.enter(der::tag::sequence);
      const auto oid = fields.next(der::tag::object_identifier).content;
      const auto critical = fields.next_if(der::tag::boolean);
      const bool is_known = oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d &&  // 2.5.29
                            (oid[2] == 21 || oid[2] == 24 || oid[2] == 29);
      if (!is_known && critical && critical->content.size() == 1 && critical->content[0] != 0) return true;
    }
    return false;
  } catch (const Error&) {  // absent: what cannot be read could be any
    return true;
  }
}

/// The certificateIssuer (§5.3.3) of an entry that was read up to its time.
std::optional<BytesView> certificate_issuer_in(der::Reader entry) {
  entry.next_time();
  std::optional<BytesView> issuer;
  for_each_extension(entry, [&](const std::string& oid, BytesView value) {
    if (oid == "2.5.29.29") issuer = value;
  });
  return issuer;
}

/// Of the contents of two INTEGERs that are not negative.
bool is_less(BytesView left, BytesView right) {
  left = der::without_leading_zeros(left);
  right = der::without_leading_zeros(right);
  if (left.size() != right.size()) return left.size() < right.size();
  return std::ranges::lexicographical_compare(left, right);
}

}  // namespace

RevocationList::RevocationList(Bytes bytes, std::string name) : name_(std::move(name)) {
  der::Reader outer(bytes);
  signed_object_ = crypto::SignedObject::read(outer.next(der::tag::sequence).content);
  outer.end();
  der::Reader whole(signed_object_.content);
  auto fields = whole.enter(der::tag::sequence);
  fields.next_if(der::tag::integer);  // version
  if (!crypto::AlgorithmIdentifier::read(fields).means(signed_object_.algorithm)) {
    throw malformed("it names two signature algorithms");
  }
  const auto issuer = fields.next(der::tag::sequence).whole;
  issuer_.assign(issuer.begin(), issuer.end());
  comparable_issuer_ = crypto::comparable_name(issuer_);
  this_update_ = fields.next_time();
  if (fields.next_tag() == der::tag::utc_time || fields.next_tag() == der::tag::generalized_time) {
    next_update_ = fields.next_time();
  }
  if (const auto entries = fields.next_if(der::tag::sequence)) {
    entries_offset_ = static_cast<std::size_t>(entries->content.data() - signed_object_.content.data());
    entries_size_ = entries->content.size();
  }
  if (const auto extensions = fields.next_if(der::tag::context_constructed(0))) read_extensions(extensions->content);
  fields.end();
  read_entries();
}

void RevocationList::read_extensions(BytesView content) {
  der::Reader wrapped(content);
  auto list = wrapped.enter(der::tag::sequence);
  wrapped.end();
  while (!list.at_end()) {
    auto fields = list.enter(der::tag::sequence);
    const auto oid = fields.next_object_identifier();
    const auto critical = fields.next_if(der::tag::boolean);
    der::Reader value(fields.next(der::tag::octet_string).content);
    fields.end();
    if (oid == "2.5.29.28") {
      distribution_point_.encoded.assign(value.rest().begin(), value.rest().end());
      auto point = value.enter(der::tag::sequence);
      const auto flag = [&](unsigned number) {
        const auto found = point.next_if(der::tag::context(number));
        return found && found->content.size() == 1 && found->content[0] != 0;
      };
      if (const auto name = point.next_if(der::tag::context_constructed(0))) {
        distribution_point_.name.emplace(name->content.begin(), name->content.end());
      }
      distribution_point_.only_users = flag(1);
      distribution_point_.only_authorities = flag(2);
      if (const auto reasons = point.next_if(der::tag::context(3))) {
        distribution_point_.reasons = read_reasons(reasons->content);
      }
      distribution_point_.is_indirect = flag(4);
      distribution_point_.only_attributes = flag(5);
      point.end();
    } else if (oid == "2.5.29.27") {
      const auto number = value.next(der::tag::integer).content;
      base_number_.emplace(number.begin(), number.end());
    } else if (oid == "2.5.29.20") {
      const auto number = value.next(der::tag::integer).content;
      number_.assign(number.begin(), number.end());
    } else if (oid == "2.5.29.60") {
      expired_since_ = value.next_time();
    } else if (critical && critical->content.size() == 1 && critical->content[0] != 0 && oid != "2.5.29.35") {
      unknown_critical_ = oid;
    }
  }
}

BytesView RevocationList::entries() const {
  return BytesView(signed_object_.content).subspan(entries_offset_, entries_size_);
}

void RevocationList::read_entries() {
  std::uint32_t issuer_at = 0;
  const auto all = entries();
  for (der::Reader reader(all); !reader.at_end();) {
    const auto at = static_cast<std::uint32_t>(all.size() - reader.rest().size());
    auto entry = reader.enter(der::tag::sequence);
    const auto number = hash_of(entry.next(der::tag::integer).content);
    if (has_unknown_critical(entry)) has_unknown_critical_entry_ = true;
    // In an indirect list an entry says whose certificate it is of, and so do those that follow (§5.3.3).
    if (distribution_point_.is_indirect && certificate_issuer_in(entry)) issuer_at = at + 1;
    entries_by_number_.push_back({number, at, issuer_at});
  }
  std::ranges::sort(entries_by_number_, {}, &Entry::number);
}

RevocationAnswer RevocationList::answer(const RevocationQuestion& question) const {
  using Status = RevocationAnswer::Status;
  RevocationAnswer answer;
  const auto unusable = [&](const std::string& why) {
    answer.status = Status::unusable;
    answer.why = "the revocation list " + name_ + " " + why;
    return answer;
  };
  try {
    const auto covered = coverage(question);
    if (!covered.is_about || covered.reasons == 0) {
      if (is_revoked_by_issuer(question, answer) || !covered.is_about) return answer;
      return unusable(covered.why);
    }
    answer.reasons_mask = covered.reasons;
    answer.this_update = this_update_;
    find_signer(question, answer);
    if (answer.signer_key.empty()) return unusable(answer.why);
    look_up(question, answer);
    const bool is_named = answer.status == Status::revoked;
    const auto why = answer.is_sound ? why_unusable(question, is_named) : answer.why;
    if (why) answer.is_sound = false;
    // What its issuer revoked stays so, however old the list is and whatever else stands in it.
    if (!is_named && why) return unusable(*why);
    if (const auto stale = why_stale(question.at); !stale.empty()) {
      answer.why_stale = "the revocation list " + name_ + " " + stale;
    }
    return answer;
  } catch (const Error& error) {  // what a stranger wrote
    return unusable(std::string("cannot be read: ") + error.what());
  }
}

std::uint64_t RevocationList::looks(const crypto::Certificate& certificate) const {
  if (distribution_point_.encoded.empty()) return 1;
  const auto* points = certificate.extension("2.5.29.31");
  return looks_for(distribution_point_.encoded.size() + (points == nullptr ? 0 : points->value.size()));
}

/// Whatever the list is for: nobody but the issuer's own key can have said so.
bool RevocationList::is_revoked_by_issuer(const RevocationQuestion& question, RevocationAnswer& answer) const {
  const bool is_own = comparable_issuer_ == question.certificate.comparable_issuer();
  if (!is_own || question.checks.made_by(signed_object_, question.issuer) != SignatureChecks::Answer::made)
    return false;
  RevocationAnswer found;
  look_up(question, found);
  if (found.status != RevocationAnswer::Status::revoked) return false;
  answer = found;
  answer.this_update = this_update_;
  answer.signer_key = question.issuer.key_fingerprint();
  answer.is_sound = false;
  return true;
}

bool RevocationList::has_scope_of(const RevocationList& other) const {
  return comparable_issuer_ == other.comparable_issuer_ &&
         distribution_point_.encoded == other.distribution_point_.encoded;
}

bool RevocationList::completes(const RevocationList& base) const {
  return base_number_ && !base.number_.empty() && !number_.empty() && !base.is_delta() && has_scope_of(base) &&
         !is_less(base.number_, *base_number_) && !is_less(number_, base.number_) && this_update_ >= base.this_update_;
}

bool RevocationList::follows(const RevocationList& earlier) const {
  if (!has_scope_of(earlier)) return false;
  if (number_.empty() || earlier.number_.empty()) return !is_delta() && this_update_ > earlier.this_update_;
  if (base_number_ && is_less(earlier.number_, *base_number_)) return false;
  return is_less(earlier.number_, number_) && this_update_ >= earlier.this_update_;
}

/// RFC 5280 §6.3.3 (b) and (d).
RevocationList::Coverage RevocationList::coverage(const RevocationQuestion& question) const {
  const auto& certificate = question.certificate;
  const bool is_own = comparable_issuer_ == certificate.comparable_issuer();
  const auto& scope = distribution_point_;
  if (scope.encoded.empty()) return {is_own, RevocationAnswer::all_reasons, ""};
  const bool is_authority = certificate.is_ca();
  if (scope.only_attributes) return {is_own, 0, "is for attribute certificates alone"};
  if (scope.only_users && is_authority) return {is_own, 0, "is not for those of authorities"};
  if (scope.only_authorities && !is_authority) return {is_own, 0, "is for those of authorities alone"};
  Coverage covered{is_own, 0, "is for other distribution points than the certificate names"};
  std::optional<std::vector<Bytes>> names;  // of the list's point, read once for all of the certificate's
  for (const auto& point : points_of(certificate)) {
    if (crypto::comparable_name(point.list_issuer) != comparable_issuer_) continue;
    covered.is_about = true;
    if (!is_own && !scope.is_indirect) continue;
    bool matches = !scope.name;
    if (scope.name) {
      if (!names) names = names_of(*scope.name, issuer_);
      // A point without names costs something as well.
      if (!question.checks.may_look(names->size() * std::max<std::size_t>(1, point.names.size()))) break;
      for (const auto& name : *names) {
        matches = matches ||
                  std::ranges::any_of(point.names, [&](const auto& other) { return same_general_name(name, other); });
      }
    }
    if (matches) covered.reasons |= point.reasons & scope.reasons;
  }
  return covered;
}

/// RFC 5280 §6.3.3 (f) and (g): the issuer's own key, or one that it has only for lists. Its own key is believed in
/// what it revokes even where the rest of the list is not sound, since no other could have said so.
void RevocationList::find_signer(const RevocationQuestion& question, RevocationAnswer& answer) const {
  using Kind = RevocationQuestion::SignerKind;
  using Word = RevocationQuestion::Word;
  const auto scheme = crypto::signature_scheme(signed_object_.algorithm, std::nullopt);
  const bool is_sha1 = scheme.algorithm->hash == HashAlgorithm::sha1 && !question.allow_sha1;
  const auto signed_by = [&](const crypto::Certificate& signer) {
    return question.checks.made_by(signed_object_, signer) == SignatureChecks::Answer::made;
  };
  const auto take = [&](const crypto::Certificate& signer, bool is_sound) {
    answer.signer_key = signer.key_fingerprint();
    answer.is_sound = is_sound && !is_sha1;
    if (is_sha1) answer.why = "was signed over SHA-1";
  };
  const bool is_own = comparable_issuer_ == question.certificate.comparable_issuer();
  answer.why = "was not signed by its issuer, or by one whom that made its signer";
  if (is_own && signed_by(question.issuer)) {
    const bool may_sign = extensions_of(question.issuer).allows(KeyUsage::crl_signing);
    if (!may_sign) answer.why = "was signed with a key that must not sign lists";
    take(question.issuer, may_sign);
    if (may_sign) return;
  }
  const auto kind = is_own ? Kind::own_name : Kind::named;
  for (const auto& candidate : question.pool) {
    if (!question.checks.may_look()) return;
    if (candidate.comparable_subject() != comparable_issuer_ || candidate.der() == question.certificate.der()) continue;
    if (is_own && candidate.der() == question.issuer.der()) continue;
    if (!signed_by(candidate) || !extensions_of(candidate).allows(KeyUsage::crl_signing)) continue;
    const auto why_not = [&](Word word, Time at) { return question.why_not_trusted(candidate, kind, word, at); };
    const auto why = why_not(Word::anything, question.at);
    if (!why) return take(candidate, true);
    if (!answer.signer_key.empty()) continue;
    answer.why = "was signed by one who is not believed: " + *why;
    // It may have retired since; what it revoked stays so.
    if (!why_not(Word::revocations, question.at) || !why_not(Word::revocations, this_update_)) take(candidate, false);
  }
}

std::optional<std::string> RevocationList::why_unusable(const RevocationQuestion& question, bool is_named) const {
  if (!unknown_critical_.empty()) return "has the critical extension " + unknown_critical_ + ", which is unknown";
  if (has_unknown_critical_entry_) return "has an entry with a critical extension that is unknown";
  if (this_update_ > question.now) return "is from the future: " + to_rfc3339(this_update_);
  // Entries may be dropped once a certificate has expired (RFC 5280 §3.3, X.509 §9.5.2.13).
  const auto& certificate = question.certificate;
  const bool keeps_expired = expired_since_ && *expired_since_ <= certificate.not_after();
  if (!is_named && this_update_ > certificate.not_after() && !keeps_expired) {
    return "was made after the certificate had expired, and need not name it any more";
  }
  return std::nullopt;
}

std::string RevocationList::why_stale(Time at) const {
  if (!next_update_) return "does not say until when it holds";
  return *next_update_ < at ? "is out of date since " + to_rfc3339(*next_update_) : "";
}

bool RevocationList::is_entry_of(const Entry& entry, const RevocationQuestion& question) const {
  const auto issuer_from = [&](std::size_t at) {
    der::Reader reader(entries().subspan(at));
    auto fields = reader.enter(der::tag::sequence);
    fields.next(der::tag::integer);
    return certificate_issuer_in(fields);
  };
  const auto issuer = issuer_from(entry.issuer_at > 0 ? entry.issuer_at - 1 : entry.at);
  const auto& own = question.certificate.comparable_issuer();
  if (!issuer) return comparable_issuer_ == own;
  return question.checks.may_look(looks_for(issuer->size())) && names_issuer(*issuer, own);
}

/// Of several entries the one that weighs most, and of equals the earliest.
void RevocationList::look_up(const RevocationQuestion& question, RevocationAnswer& answer) const {
  const auto& certificate = question.certificate;
  using Status = RevocationAnswer::Status;
  answer.status = Status::good;
  der::Reader number(certificate.serial_number_der());
  const auto hash = hash_of(number.next(der::tag::integer).content);
  std::optional<Time> held_at;
  auto next = std::ranges::lower_bound(entries_by_number_, hash, {}, &Entry::number);
  for (; next != entries_by_number_.end() && next->number == hash; ++next) {
    der::Reader reader(entries().subspan(next->at));
    auto fields = reader.enter(der::tag::sequence);
    if (!question.checks.may_look(looks_for(fields.rest().size()))) break;
    if (!certificate.has_serial_number(fields.next(der::tag::integer).content) || !is_entry_of(*next, question)) {
      continue;
    }
    RevocationAnswer one;
    one.status = Status::revoked;
    one.revoked_at = fields.next_time();
    for_each_extension(fields, [&](const std::string& oid, BytesView value) {
      if (oid == "2.5.29.21" && value.size() == 3) one.reason = value[2];
    });
    if (is_delta() && one.reason == reason_remove) one.status = Status::released;
    if (one.status == Status::revoked && one.reason == reason_hold) {
      held_at = std::min(held_at.value_or(one.revoked_at), one.revoked_at);
    }
    if (answer.status != Status::good && !one.weighs_more_than(answer)) continue;
    answer.status = one.status;
    answer.revoked_at = one.revoked_at;
    answer.reason = one.reason;
  }
  if (answer.status == Status::revoked && answer.reason != reason_hold) answer.also_held_at = held_at;
}

}  // namespace eidtool::trust
