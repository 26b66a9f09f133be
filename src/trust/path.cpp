// SPDX-License-Identifier: Apache-2.0
#include "trust/path.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "trust/name_constraints.hpp"

namespace eidtool::trust {

namespace {

using crypto::Certificate;

/// RFC 5280 §6.1 over one path: the state that goes down from the anchor, and what was found.
class Check {
 public:
  Check(const Path& path, const PathRequest& request, SignatureChecks& checks)
      : path_(path),
        request_(request),
        checks_(checks),
        policies_(request.policies, path.size() - 1),
        path_length_(path.size()) {}

  std::vector<Finding> findings() {
    if (!may_look()) {
      fail_chain("gave_up", "there is so much in the certificates that not all of it was looked at");
      return std::move(findings_);
    }
    look_at(path_.back());
    if (path_.size() > 1) begin_with_anchor();
    for (auto index = path_.size() - 1; index-- > 0;) process(path_[index], path_[index + 1], index == 0);
    return std::move(findings_);
  }

 private:
  void fail(SubIndication sub_indication, std::string_view code, const std::string& message) {
    findings_.push_back(failure(sub_indication, code, message));
  }
  void fail_chain(std::string_view code, const std::string& message) {
    findings_.push_back(failure(SubIndication::certificate_chain_general_failure, code, message));
  }

  /// Counts what the certificates have for a stranger to fill.
  bool may_look() {
    std::uint64_t size = 0;
    for (const auto& certificate : path_) {
      if (!checks_.may_load(certificate)) return false;
      for (const auto& extension : certificate.extensions()) size += extension.value.size();
    }
    return checks_.may_look(looks_for(size));
  }

  /// What every certificate of the path has to fulfil, the anchor too: its time and its key.
  void look_at(const Certificate& certificate) {
    if (request_.at > certificate.not_after()) {
      fail(SubIndication::out_of_bounds_no_poe, "certificate_expired",
           "the certificate of " + who(certificate) + " expired on " + to_rfc3339(certificate.not_after()));
    }
    if (request_.at < certificate.not_before()) {
      fail(SubIndication::out_of_bounds_no_poe, "certificate_not_yet_valid",
           "the certificate of " + who(certificate) + " is valid only from " + to_rfc3339(certificate.not_before()));
    }
    try {
      const auto& key = certificate.public_key();
      if (key.is_weak()) {
        fail(SubIndication::crypto_constraints_failure, "weak_key",
             "the key of " + who(certificate) + " is weak: " + key.description());
      }
    } catch (const Error& error) {  // absent: a kind of key that is not checked
      fail(SubIndication::crypto_constraints_failure, "unsupported",
           "the key of " + who(certificate) + " cannot be used: " + error.what());
    }
  }

  Extensions extensions_or_failure(const Certificate& certificate) {
    try {
      auto extensions = extensions_of(certificate);
      for (const auto& oid : extensions.unknown_critical) {
        fail_chain("critical_extension", "the certificate of " + who(certificate) + " has the critical extension " +
                                             oid + ", which eidtool does not know");
      }
      return extensions;
    } catch (const Error& error) {  // what a stranger wrote is a finding
      fail_chain("chain_malformed", "the certificate of " + who(certificate) + " is broken: " + error.what());
      return {};
    }
  }

  /// RFC 5937 §3.2: what the anchor's certificate says of the chains below it.
  void begin_with_anchor() {
    const auto& anchor = path_.back();
    const auto extensions = extensions_or_failure(anchor);
    // Certificates of old have no extensions, or say with the key usage alone that they are of an authority.
    const bool signs_certificates = extensions.key_usage && extensions.allows(KeyUsage::certificate_signing);
    if (!anchor.extensions().empty()) {
      check_authority(anchor, extensions, extensions.has_basic_constraints || !signs_certificates);
    }
    if (extensions.path_length) path_length_ = std::min<std::uint64_t>(path_length_, *extensions.path_length);
    add_constraints(extensions);
  }

  void check_authority(const Certificate& certificate, const Extensions& extensions, bool wants_basic_constraints) {
    if (wants_basic_constraints && !extensions.is_ca) {
      fail_chain("not_an_authority",
                 who(certificate) + " is no certification authority and must not issue certificates");
    }
    if (!extensions.allows(KeyUsage::certificate_signing)) {
      fail_chain("not_an_authority", "the key of " + who(certificate) + " must not sign certificates");
    }
  }

  void add_constraints(const Extensions& extensions) {
    if (extensions.name_constraints) subtrees_.add(*extensions.name_constraints);
  }

  void check_signature(const Certificate& certificate, const Certificate& issuer) {
    try {
      // First: it says of algorithms that are not checked which they are.
      const auto scheme = crypto::signature_scheme(certificate.signed_object().algorithm, std::nullopt);
      (void)issuer.public_key();
      const auto made = checks_.made_by(certificate, issuer);
      if (issuer.comparable_subject() != certificate.comparable_issuer() || made == SignatureChecks::Answer::not_made) {
        fail_chain("chain_signature", "the certificate of " + who(certificate) + " was not issued by " + who(issuer));
      } else if (made == SignatureChecks::Answer::unknown) {
        fail(SubIndication::crypto_constraints_failure, "unsupported",
             "the signature on the certificate of " + who(certificate) + " cannot be checked");
      } else if (scheme.algorithm->hash == HashAlgorithm::sha1 && !request_.allow_sha1) {
        fail(SubIndication::crypto_constraints_failure, "chain_sha1",
             "the certificate of " + who(certificate) + " was signed over SHA-1, which proves little");
      }
    } catch (const Error& error) {  // an algorithm that is not checked
      fail(SubIndication::crypto_constraints_failure, "unsupported",
           "the certificate of " + who(certificate) + " cannot be checked: " + error.what());
    }
  }

  /// §6.1.3, and §6.1.4 unless it is the last.
  void process(const Certificate& certificate, const Certificate& issuer, bool is_last) {
    check_signature(certificate, issuer);
    look_at(certificate);
    const auto extensions = extensions_or_failure(certificate);
    const bool is_self_issued = certificate.comparable_subject() == certificate.comparable_issuer();
    if (is_last || !is_self_issued) {
      if (const auto name = offending_name(certificate, extensions)) {
        fail_chain("name_constraint",
                   "an authority above " + who(certificate) + " may not vouch for the name " + in_quotes(*name));
      }
    }
    // Where there is too much to look at, nothing is trusted in the end.
    const auto policy_count = extensions.policies ? extensions.policies->size() : 0;
    const bool may_process = checks_.may_look(policies_.size() * policy_count / 8);
    if (may_process && !policies_fail_ && !policies_.process(extensions, is_self_issued, is_last))
      policies_fail_ = true;
    if (is_last) {
      if (policies_fail_ || !policies_.wrap_up(extensions)) {
        fail(SubIndication::chain_constraints_failure, "policy",
             "the certificates were not issued under a policy that the authorities demand");
      }
      return;
    }
    check_authority(certificate, extensions, true);
    if (!is_self_issued) {
      if (path_length_ == 0) {
        fail_chain("path_length", who(certificate) + " is one authority more than one above it allows");
      } else {
        --path_length_;
      }
    }
    if (extensions.path_length) path_length_ = std::min<std::uint64_t>(path_length_, *extensions.path_length);
    add_constraints(extensions);
  }

  std::optional<std::string> offending_name(const Certificate& certificate, const Extensions& extensions) {
    try {
      if (!checks_.may_look(subtrees_.looks(certificate, extensions))) return std::nullopt;
      return subtrees_.offending_name(certificate, extensions);
    } catch (const Error&) {  // a name that cannot be read cannot be told to lie right
      return certificate.subject();
    }
  }

  const Path& path_;
  const PathRequest& request_;
  SignatureChecks& checks_;
  PolicyGraph policies_;
  bool policies_fail_ = false;
  NameSubtrees subtrees_;
  std::uint64_t path_length_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string who(const Certificate& certificate) { return in_quotes(certificate.known_as()); }

std::vector<Finding> check_path(const Path& path, const PathRequest& request, SignatureChecks& checks) {
  return Check(path, request, checks).findings();
}

}  // namespace eidtool::trust
