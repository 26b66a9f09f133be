// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/asn1.hpp"
#include "trust/extensions.hpp"
#include "trust/revocation.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

constexpr std::uint8_t directory_name = der::tag::context_constructed(4);

Error malformed(const std::string& message) { return Error(ErrorKind::malformed, message); }

/// ReasonFlags (RFC 5280 §4.2.1.13): bit n as there; bit 0 is unused and stands for no reason at all.
unsigned read_reasons(BytesView bits) { return (der::named_bits(bits) & RevocationAnswer::all_reasons) | 1U; }

/// The names of a DistributionPointName, each as a GeneralName's tag and content; one that is relative to the issuer is
/// made whole.
std::vector<Bytes> names_of(BytesView point_name, const Bytes& issuer) {
  std::vector<Bytes> names;
  der::Reader reader(point_name);
  if (const auto full = reader.next_if(der::tag::context_constructed(0))) {
    for (der::Reader list(full->content); !list.at_end();) {
      const auto name = list.next().whole;
      names.emplace_back(name.begin(), name.end());
    }
  } else if (const auto relative = reader.next_if(der::tag::context_constructed(1))) {
    der::Reader outer(issuer);
    const auto rdns = outer.next(der::tag::sequence).content;
    Bytes name(rdns.begin(), rdns.end());
    const auto rdn = der::encoded(der::tag::set, relative->content);
    name.insert(name.end(), rdn.begin(), rdn.end());
    names.push_back(der::encoded(der::tag::context_constructed(4), der::encoded(der::tag::sequence, name)));
  }
  return names;
}

bool same_general_name(const Bytes& left, const Bytes& right) {
  if (left == right) return true;
  if (left.front() != directory_name || right.front() != directory_name) return false;
  der::Reader left_reader(left);
  der::Reader right_reader(right);
  return crypto::names_match(left_reader.next().content, right_reader.next().content);
}

/// Whether GeneralNames (DER), as certificateIssuer has them, hold that Name.
bool names_issuer(BytesView general_names, const Bytes& issuer) {
  der::Reader outer(general_names);
  for (auto names = outer.enter(der::tag::sequence); !names.at_end();) {
    const auto name = names.next();
    if (name.tag == directory_name && crypto::names_match(name.content, issuer)) return true;
  }
  return false;
}

/// The directoryName of a Name, as GeneralName has it.
Bytes general_name_of(const Bytes& name) { return der::encoded(directory_name, name); }

/// A DistributionPoint of a certificate (RFC 5280 §4.2.1.13).
struct Point {
  std::vector<Bytes> names;  // GeneralNames; none: those of the issuer of the list
  Bytes list_issuer;         // Name; another than the certificate's issuer where cRLIssuer says so
  unsigned reasons = RevocationAnswer::all_reasons;
};

std::vector<Point> points_of(const crypto::Certificate& certificate) {
  const auto* extension = certificate.extension("2.5.29.31");
  // Without the extension a list of the issuer's own for everything is meant.
  if (extension == nullptr) return {{{general_name_of(certificate.issuer_der())}, certificate.issuer_der()}};
  std::vector<Point> points;
  der::Reader outer(extension->value);
  for (auto list = outer.enter(der::tag::sequence); !list.at_end();) {
    auto fields = list.enter(der::tag::sequence);
    const auto name = fields.next_if(der::tag::context_constructed(0));
    const auto reasons = fields.next_if(der::tag::context(1));
    Point point{{}, certificate.issuer_der()};
    if (reasons) point.reasons = read_reasons(reasons->content);
    if (const auto issuers = fields.next_if(der::tag::context_constructed(2))) {
      for (der::Reader names(issuers->content); !names.at_end();) {
        const auto issuer = names.next();
        if (issuer.tag == directory_name) point.list_issuer.assign(issuer.content.begin(), issuer.content.end());
      }
    }
    point.names =
        name ? names_of(name->content, point.list_issuer) : std::vector<Bytes>{general_name_of(point.list_issuer)};
    points.push_back(std::move(point));
  }
  return points;
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
      distribution_point_.is_there = true;
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

RevocationAnswer RevocationList::answer(const RevocationQuestion& question) const {
  using Status = RevocationAnswer::Status;
  const auto unusable = [&](const std::string& why) {
    RevocationAnswer answer;
    answer.status = Status::unusable;
    answer.why = "the revocation list " + name_ + " " + why;
    return answer;
  };
  try {
    unsigned reasons = RevocationAnswer::all_reasons;
    if (!covers(question, reasons)) return {};
    if (const auto why = why_not_signed(question)) return unusable(*why);
    auto answer = look_up(question);
    answer.reasons_mask = reasons;
    // What its issuer revoked stays so, however old the list is and whatever else stands in it.
    if (answer.status == Status::revoked) return answer;
    if (!unknown_critical_.empty()) {
      return unusable("has the critical extension " + unknown_critical_ + ", which is unknown");
    }
    if (const auto why = why_out_of_time(question)) return unusable(*why);
    // A delta list tells what changed, and nothing of whom it does not name.
    if (is_delta()) answer.status = Status::irrelevant;
    return answer;
  } catch (const Error& error) {  // what a stranger wrote
    return unusable(std::string("is broken: ") + error.what());
  }
}

bool RevocationList::completes(const RevocationList& base) const {
  if (!base_number_ || base.number_.empty() || base.is_delta()) return false;
  const auto at_most = [](BytesView left, BytesView right) {
    left = der::without_leading_zeros(left);
    right = der::without_leading_zeros(right);
    if (left.size() != right.size()) return left.size() < right.size();
    return !std::ranges::lexicographical_compare(right, left);
  };
  return crypto::names_match(issuer_, base.issuer_) && at_most(*base_number_, base.number_) &&
         at_most(base.number_, number_);
}

/// RFC 5280 §6.3.3 (b) and (d).
bool RevocationList::covers(const RevocationQuestion& question, unsigned& reasons) const {
  const auto& certificate = question.certificate;
  const bool is_own = crypto::names_match(issuer_, certificate.issuer_der());
  if (!distribution_point_.is_there) return is_own;
  const bool is_authority = certificate.is_ca();
  if (distribution_point_.only_attributes || (distribution_point_.only_users && is_authority) ||
      (distribution_point_.only_authorities && !is_authority)) {
    return false;
  }
  reasons = 0;
  for (const auto& point : points_of(certificate)) {
    if (!crypto::names_match(point.list_issuer, issuer_) || (!is_own && !distribution_point_.is_indirect)) continue;
    bool matches = !distribution_point_.name;
    if (distribution_point_.name) {
      for (const auto& name : names_of(*distribution_point_.name, issuer_)) {
        matches = matches ||
                  std::ranges::any_of(point.names, [&](const auto& other) { return same_general_name(name, other); });
      }
    }
    if (matches) reasons |= point.reasons & distribution_point_.reasons;
  }
  return reasons != 0;
}

/// RFC 5280 §6.3.3 (f) and (g): the issuer's own key, or one that it has only for lists, under the same name.
std::optional<std::string> RevocationList::why_not_signed(const RevocationQuestion& question) const {
  const auto scheme = crypto::signature_scheme(signed_object_.algorithm, std::nullopt);
  if (scheme.algorithm->hash == HashAlgorithm::sha1 && !question.allow_sha1) return "was signed over SHA-1";
  const auto signed_by = [&](const crypto::Certificate& signer) {
    try {
      return signed_object_.is_signed_by(signer.public_key());
    } catch (const Error&) {  // absent: a key of a kind that is not checked
      return false;
    }
  };
  const bool is_own = crypto::names_match(issuer_, question.certificate.issuer_der());
  if (is_own && signed_by(question.issuer)) {
    if (extensions_of(question.issuer).allows(KeyUsage::crl_signing)) return std::nullopt;
    return "was signed with a key that must not sign lists";
  }
  for (const auto& candidate : question.pool) {
    if (candidate.der() == question.issuer.der() || candidate.der() == question.certificate.der()) continue;
    if (!crypto::names_match(candidate.subject_der(), issuer_) || !signed_by(candidate)) continue;
    const auto extensions = extensions_of(candidate);
    const auto named_by = is_own ? RevocationQuestion::NamedBy::own_name : RevocationQuestion::NamedBy::certificate;
    if (extensions.allows(KeyUsage::crl_signing) && question.is_trusted(candidate, named_by)) return std::nullopt;
  }
  return "was not signed by its issuer, or by one whom that made its signer";
}

std::optional<std::string> RevocationList::why_out_of_time(const RevocationQuestion& question) const {
  if (this_update_ > question.now) return "is from the future: " + to_rfc3339(this_update_);
  if (!next_update_) return "does not say until when it holds";
  if (*next_update_ < question.at) return "is out of date since " + to_rfc3339(*next_update_);
  // Entries may be dropped once a certificate has expired (RFC 5280 §3.3, X.509 §9.5.2.13).
  const auto& certificate = question.certificate;
  const bool keeps_expired = expired_since_ && *expired_since_ <= certificate.not_after();
  if (this_update_ > certificate.not_after() && !keeps_expired) {
    return "was made after the certificate had expired, and need not name it any more";
  }
  return std::nullopt;
}

RevocationAnswer RevocationList::look_up(const RevocationQuestion& question) const {
  RevocationAnswer answer;
  answer.status = RevocationAnswer::Status::good;
  const auto& certificate = question.certificate;
  // In an indirect list an entry says whose certificate it is of, and so do those that follow (§5.3.3).
  bool is_of_issuer = crypto::names_match(issuer_, certificate.issuer_der());
  const auto content = BytesView(signed_object_.content).subspan(entries_offset_, entries_size_);
  for (der::Reader entries(content); !entries.at_end();) {
    auto entry = entries.enter(der::tag::sequence);
    const bool has_serial_number = certificate.has_serial_number(entry.next(der::tag::integer).content);
    if (!has_serial_number && !distribution_point_.is_indirect) continue;
    const auto revoked_at = entry.next_time();
    unsigned reason = reason_unspecified;
    if (const auto extensions = entry.next_if(der::tag::sequence)) {
      for (der::Reader list(extensions->content); !list.at_end();) {
        auto fields = list.enter(der::tag::sequence);
        const auto oid = fields.next_object_identifier();
        fields.next_if(der::tag::boolean);
        const auto value = fields.next(der::tag::octet_string).content;
        if (oid == "2.5.29.21" && value.size() == 3) reason = value[2];
        if (oid == "2.5.29.29") is_of_issuer = names_issuer(value, certificate.issuer_der());
      }
    }
    if (!has_serial_number || !is_of_issuer) continue;
    answer.status = RevocationAnswer::Status::revoked;
    answer.revoked_at = revoked_at;
    answer.reason = reason;
    return answer;
  }
  return answer;
}

}  // namespace eidtool::trust
