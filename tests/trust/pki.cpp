// SPDX-License-Identifier: Apache-2.0
#include "trust/pki.hpp"

#include "base/text.hpp"
#include "crypto/der.hpp"
#include "support/process.hpp"

namespace eidtool::trust {

namespace der = crypto::der;

using tests::authority;
using tests::in_days;

namespace {

const Bytes ecdsa_with_sha256 = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

}  // namespace

Pki::Pki() : Authorities(TemporaryFolder::path()) {
  make("root", {"root", authority()});
  make("sub", {"root", authority()});
  make("leaf", {"sub"});
}

crypto::Certificate Pki::certificate(const std::string& name) const {
  return crypto::Certificate::read_file(path(name + ".pem"));
}

Evidence Pki::evidence(const Names& lists, const Names& responses, const Names& intermediates) const {
  Evidence evidence;
  evidence.anchors = {certificate("root")};
  for (const auto& name : intermediates) evidence.intermediates.push_back(certificate(name));
  for (const auto& list : lists) evidence.revocation_lists.push_back(read_revocation_list(path(list).string()));
  for (const auto& one : responses) evidence.ocsp_responses.push_back(read_ocsp_response(path(one).string()));
  return evidence;
}

void Pki::write_numbered_list(const std::string& issuer, const std::string& file, unsigned number, int day,
                              unsigned base, const std::string& extensions) {
  const auto integer = [](unsigned value) {
    return "DER:0201" + to_hex(Bytes{static_cast<std::uint8_t>(value)}) + "\n";
  };
  // OpenSSL has no word for the numbers of lists.
  auto lines = "2.5.29.20=" + integer(number) + extensions;
  if (base != 0) lines = "2.5.29.27=critical," + integer(base) + lines;
  write_list(issuer, file, lines, in_days(day));
}

void Pki::write_list_by(const std::string& signer, const std::string& issuer, const std::string& file,
                        const std::string& extensions) {
  write_list(issuer, file, extensions);
  openssl({"ca", "-gencrl", "-config", "list", "-crlexts", "list", "-cert", signer + ".pem", "-keyfile",
           signer + ".key", "-crldays", "10", "-out", file});
}

Bytes Pki::signed_by(const std::string& signer, const Bytes& content) const {
  tests::write_file(path("data"), std::string(content.begin(), content.end()));
  openssl({"dgst", "-sha256", "-sign", signer + ".key", "-out", "signature", "data"});
  const auto text = tests::read_file(path("signature"));
  Bytes signature = {0};
  signature.insert(signature.end(), text.begin(), text.end());
  return der::encoded(der::tag::sequence,
                      joined({content, ecdsa_with_sha256, der::encoded(der::tag::bit_string, signature)}));
}

void Pki::write_made_list(const std::string& issuer, const std::string& file, const std::vector<Bytes>& entries) const {
  const auto content = der::encoded(der::tag::sequence, joined({{der::tag::integer, 1, 1},
                                                                ecdsa_with_sha256,
                                                                certificate(issuer).subject_der(),
                                                                generalized_time(in_days(-1)),
                                                                generalized_time(in_days(10)),
                                                                der::encoded(der::tag::sequence, joined(entries))}));
  const auto list = signed_by(issuer, content);
  tests::write_file(path(file), std::string(list.begin(), list.end()));
}

Bytes Pki::entry(const std::string& name, Time revoked_at, const Bytes& extensions) const {
  return der::encoded(der::tag::sequence,
                      joined({certificate(name).serial_number_der(), generalized_time(revoked_at), extensions}));
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes generalized_time(Time time) {
  std::string text;
  for (const char c : to_rfc3339(time)) {
    if (c != '-' && c != ':' && c != 'T') text += c;
  }
  return der::encoded(0x18, as_bytes(text));
}

TrustReport judged(const Pki& pki, const Evidence& evidence, Time at, bool required, const std::string& name) {
  Demand demand;
  demand.at = at;
  demand.now = in_days(0) + std::chrono::hours(1);
  demand.require_revocation = required;
  return judge(pki.certificate(name), evidence, demand);
}

Names failures(const TrustReport& report) {
  Names codes;
  for (const auto& finding : report.findings) {
    if (finding.sub_indication) codes.push_back(finding.code);
  }
  return codes;
}

std::string text(const TrustReport& report) {
  std::string all;
  for (const auto& finding : report.findings) all += finding.message + "\n";
  return all;
}

}  // namespace eidtool::trust
