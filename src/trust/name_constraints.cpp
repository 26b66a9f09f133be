// SPDX-License-Identifier: Apache-2.0
#include "trust/name_constraints.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/der.hpp"
#include "trust/signature_checks.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

/// The CHOICE of GeneralName (RFC 5280 §4.2.1.6), those kinds that can be compared and otherName.
constexpr std::uint8_t other_name = der::tag::context_constructed(0);
constexpr std::uint8_t mail_address = der::tag::context(1);
constexpr std::uint8_t host_name = der::tag::context(2);
constexpr std::uint8_t uniform_resource_identifier = der::tag::context(6);
constexpr std::uint8_t address = der::tag::context(7);

std::string text_of(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Names of hosts, as they are compared: small, and without the dot that ends a complete one.
std::string host_text_of(std::string_view text) {
  auto host = to_lower(text);
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();
  return host;
}

/// `host` is `base` or, at whole labels, below it; with a dot before it what is below alone, as OpenSSL takes it.
bool is_host_within(const std::string& host, const std::string& base) {
  if (base.empty() || host == base) return true;
  if (!host.ends_with(base)) return false;
  return base.front() == '.' || host[host.size() - base.size() - 1] == '.';
}

/// As in constraints of mail and URI: `.example.pt` is what is below and not the host itself, `example.pt` that alone.
bool is_host_as(const std::string& host, const std::string& base) {
  if (base.starts_with('.')) return host.size() > base.size() && host.ends_with(base);
  return host == base;
}

/// The part before the `@` is the mail server's and can differ by case (RFC 5280 §7.5).
bool is_mail_within(const std::string& mail, const std::string& base) {
  const auto at = mail.rfind('@');
  if (at == std::string::npos) return false;
  const auto host = host_text_of(mail.substr(at + 1));
  const auto base_at = base.rfind('@');
  if (base_at == std::string::npos) return is_host_as(host, host_text_of(base));
  const bool is_same_box = base_at == 0 || mail.substr(0, at) == base.substr(0, base_at);
  return is_same_box && host == host_text_of(base.substr(base_at + 1));
}

/// The host of a URI; nothing where it has none that is a name (§4.2.1.10 wants such URIs refused).
std::optional<std::string> host_of(const std::string& uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  auto authority = uri.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const auto user = authority.rfind('@');
  if (user != std::string::npos) authority = authority.substr(user + 1);
  authority = authority.substr(0, authority.find(':'));
  const bool is_number = authority.find_first_not_of("0123456789.") == std::string::npos;
  if (authority.empty() || authority.front() == '[' || is_number) return std::nullopt;
  return host_text_of(authority);
}

/// `base` is an address and a mask of the same size.
bool is_address_within(const Bytes& bytes, const Bytes& base) {
  if (base.size() != 2 * bytes.size()) return false;
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    const auto mask = base[bytes.size() + index];
    if ((bytes[index] & mask) != (base[index] & mask)) return false;
  }
  return true;
}

bool is_within(const GeneralName& name, const GeneralName& base) {
  switch (name.tag) {
    case mail_address: return is_mail_within(text_of(name.content), text_of(base.content));
    case host_name: return is_host_within(host_text_of(text_of(name.content)), host_text_of(text_of(base.content)));
    case directory_name: return crypto::is_name_within(name.content, base.content);
    case uniform_resource_identifier: {
      const auto host = host_of(text_of(name.content));
      return host && is_host_as(*host, host_text_of(text_of(base.content)));
    }
    case address: return is_address_within(name.content, base.content);
    default: return false;
  }
}

bool is_comparable(std::uint8_t tag) {
  return tag == mail_address || tag == host_name || tag == directory_name || tag == uniform_resource_identifier ||
         tag == address;
}

/// Whether a constraint is about such names. Of otherName each type is a kind of its own.
bool is_of_kind(const GeneralName& name, const GeneralName& base) {
  if (name.tag != base.tag) return false;
  if (name.tag != other_name) return true;
  try {
    return der::Reader(name.content).next_object_identifier() == der::Reader(base.content).next_object_identifier();
  } catch (const Error&) {  // broken: it could be any
    return true;
  }
}

std::string description(const GeneralName& name) {
  try {
    if (name.tag == directory_name) return crypto::distinguished_name_text(name.content);
  } catch (const Error&) {  // absent: it is no Name
  }
  if (!is_comparable(name.tag)) return "of a kind that eidtool cannot compare";
  return text_of(name.content);
}

/// A mail address in the subject counts where there is no other (§4.2.1.10): the value of emailAddress attributes.
std::vector<GeneralName> mail_addresses_in(const Bytes& subject) {
  std::vector<GeneralName> names;
  der::Reader outer(subject);
  for (auto rdns = outer.enter(der::tag::sequence); !rdns.at_end();) {
    for (auto rdn = rdns.enter(der::tag::set); !rdn.at_end();) {
      auto pair = rdn.enter(der::tag::sequence);
      const auto type = pair.next_object_identifier();
      const auto value = pair.next().content;
      if (type == "1.2.840.113549.1.9.1") names.push_back({mail_address, Bytes(value.begin(), value.end())});
    }
  }
  return names;
}

}  // namespace

void NameSubtrees::add(const NameConstraints& constraints) {
  for (const auto* bases : {&constraints.permitted, &constraints.excluded}) {
    count_ += bases->size();
    for (const auto& base : *bases) size_ += base.content.size();
  }
  if (!constraints.permitted.empty()) permitted_.push_back(constraints.permitted);
  excluded_.insert(excluded_.end(), constraints.excluded.begin(), constraints.excluded.end());
}

std::uint64_t NameSubtrees::looks(const crypto::Certificate& certificate, const Extensions& extensions) const {
  std::uint64_t count = 1;
  auto size = std::uint64_t{certificate.subject_der().size()};
  for (const auto& name : extensions.alternative_names) {
    ++count;
    size += name.content.size();
  }
  return count_ * looks_for(size) + count * looks_for(size_);
}

bool NameSubtrees::is_allowed(const GeneralName& name) const {
  // Names of a kind that cannot be compared: letting them pass unchecked would be wrong (§4.2.1.10). A URI without a
  // host name, mail without one, or an address that is none, cannot be told to lie outside, either.
  const bool has_no_host = name.tag == uniform_resource_identifier && !host_of(text_of(name.content));
  const bool is_no_mail = name.tag == mail_address && text_of(name.content).find('@') == std::string::npos;
  const bool is_no_address = name.tag == address && name.content.size() != 4 && name.content.size() != 16;
  const bool is_unknown = has_no_host || is_no_mail || is_no_address || !is_comparable(name.tag);
  for (const auto& bases : permitted_) {
    const auto same_kind = [&](const GeneralName& base) { return is_of_kind(name, base); };
    if (std::ranges::none_of(bases, same_kind)) continue;
    if (std::ranges::none_of(bases, [&](const auto& base) { return same_kind(base) && is_within(name, base); })) {
      return false;
    }
  }
  return std::ranges::none_of(excluded_, [&](const auto& base) {
    const bool is_no_range = base.tag == address && base.content.size() != 8 && base.content.size() != 32;
    return is_of_kind(name, base) && (is_unknown || is_no_range || is_within(name, base));
  });
}

std::optional<std::string> NameSubtrees::offending_name(const crypto::Certificate& certificate,
                                                        const Extensions& extensions) const {
  if (permitted_.empty() && excluded_.empty()) return std::nullopt;
  std::vector<GeneralName> names = extensions.alternative_names;
  const Bytes empty_name = {der::tag::sequence, 0};
  if (certificate.subject_der() != empty_name) names.push_back({directory_name, certificate.subject_der()});
  if (std::ranges::none_of(names, [](const auto& name) { return name.tag == mail_address; })) {
    for (auto& name : mail_addresses_in(certificate.subject_der())) names.push_back(std::move(name));
  }
  for (const auto& name : names) {
    if (!is_allowed(name)) return description(name);
  }
  return std::nullopt;
}

}  // namespace eidtool::trust
