// SPDX-License-Identifier: Apache-2.0
#include "trust/path_builder.hpp"

#include <algorithm>

namespace eidtool::trust {

namespace {

using crypto::Certificate;

constexpr std::size_t longest_path = 20;           // certificates
constexpr std::size_t most_steps_of_one = 2000;    // certificates looked at while paths from one are built
constexpr std::size_t most_steps_of_all = 100000;  // and from all those of a file

}  // namespace

PathBuilder::PathBuilder(const std::vector<Certificate>& anchors, std::vector<Certificate> pool,
                         SignatureChecks& checks)
    : checks_(checks) {
  // Of two certificates of one authority the one that is valid longest is likely to be it.
  std::ranges::stable_sort(pool, std::ranges::greater(), &Certificate::not_after);
  for (const auto& certificate : anchors) add(certificate, true);
  for (const auto& certificate : pool) add(certificate, false);
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto& certificate = nodes_[node].certificate;
    by_subject_[certificate.comparable_subject()].push_back(node);
    certificates_.push_back(certificate);
  }
}

std::size_t PathBuilder::add(const Certificate& certificate, bool is_anchor) {
  const auto [known, is_new] = by_fingerprint_.try_emplace(certificate.fingerprint_sha256(), nodes_.size());
  if (is_new) nodes_.push_back({certificate, is_anchor, std::nullopt});
  return known->second;
}

const std::vector<std::size_t>& PathBuilder::issuers_of(std::size_t node) {
  auto& [certificate, is_anchor, issuers] = nodes_[node];
  if (issuers) return *issuers;
  issuers.emplace();
  const auto candidates = by_subject_.find(certificate.comparable_issuer());
  if (candidates == by_subject_.end()) return *issuers;
  std::vector<std::size_t> possible;
  for (const auto candidate : candidates->second) {
    switch (checks_.made_by(certificate, nodes_[candidate].certificate)) {
      case SignatureChecks::Answer::made: issuers->push_back(candidate); break;
      // The check of the path says what cannot be checked.
      case SignatureChecks::Answer::unknown: possible.push_back(candidate); break;
      case SignatureChecks::Answer::not_made: break;
    }
  }
  issuers->insert(issuers->end(), possible.begin(), possible.end());
  return *issuers;
}

void PathBuilder::for_each_path(const Certificate& certificate, const std::function<bool(const Path&)>& visit) {
  std::size_t steps = 0;
  Way way = {add(certificate, false)};
  extend(way, visit, steps);
}

bool PathBuilder::extend(Way& way, const std::function<bool(const Path&)>& visit, std::size_t& steps) {
  if (nodes_[way.back()].is_anchor) return visit(path_of(way));
  for (const auto issuer : issuers_of(way.back())) {
    if (std::ranges::find(way, issuer) != way.end()) continue;
    if (way.size() == longest_path || ++steps > most_steps_of_one || ++steps_ > most_steps_of_all) {
      gave_up_ = true;
      return false;
    }
    way.push_back(issuer);
    const bool done = extend(way, visit, steps);
    way.pop_back();
    if (done) return true;
  }
  return false;
}

Path PathBuilder::path_without_anchor(const Certificate& certificate) {
  Way way = {add(certificate, false)};
  while (way.size() < longest_path && !nodes_[way.back()].certificate.is_self_issued()) {
    const auto& issuers = issuers_of(way.back());
    const auto next = std::ranges::find_if(issuers, [&](std::size_t issuer) {
      return nodes_[issuer].certificate.is_ca() && std::ranges::find(way, issuer) == way.end();
    });
    if (next == issuers.end()) break;
    way.push_back(*next);
  }
  return path_of(way);
}

Path PathBuilder::path_of(const Way& way) const {
  Path path;
  for (const auto node : way) path.push_back(nodes_[node].certificate);
  return path;
}

}  // namespace eidtool::trust
