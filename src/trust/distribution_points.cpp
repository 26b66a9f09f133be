// SPDX-License-Identifier: Apache-2.0
#include "trust/distribution_points.hpp"

#include "crypto/der.hpp"
#include "trust/extensions.hpp"

namespace eidtool::trust {

namespace {

namespace der = crypto::der;

/// The directoryName of a Name, as GeneralName has it.
Bytes general_name_of(const Bytes& name) { return der::encoded(directory_name, name); }

}  // namespace

unsigned read_reasons(BytesView bits) { return (der::named_bits(bits) & RevocationAnswer::all_reasons) | 1U; }

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

}  // namespace eidtool::trust
