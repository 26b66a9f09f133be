// SPDX-License-Identifier: Apache-2.0
#include "commands/verification_record.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "commands/records.hpp"

namespace eidtool::commands {

namespace {

using Tone = cli::Record::Tone;

cli::Record finding_record(const Finding& finding) {
  cli::Record record;
  record.heading(std::string(name(finding.severity)) + ": " + printable(finding.message)).heading_alone();
  record.add("code", finding.code).add("severity", std::string(name(finding.severity))).add("message", finding.message);
  if (finding.sub_indication) record.add("sub_indication", std::string(name(*finding.sub_indication)));
  return record;
}

cli::Record attribute_record(const formats::AttributeName& attribute) {
  cli::Record record;
  record.heading(attribute.name).heading_alone();
  record.add("name", attribute.name).add("oid", attribute.oid);
  return record;
}

std::vector<cli::Record> attribute_records(const std::vector<formats::AttributeName>& attributes) {
  std::vector<cli::Record> records;
  for (const auto& attribute : attributes) records.push_back(attribute_record(attribute));
  return records;
}

std::vector<std::string> subjects_of(const trust::Path& path) {
  std::vector<std::string> subjects;
  for (const auto& certificate : path) subjects.push_back(certificate.subject());
  return subjects;
}

std::string who(const std::optional<crypto::Certificate>& certificate) {
  if (!certificate) return "an unknown signer";
  return brief(certificate->known_as());
}

/// What a person asks first, on the line that is read first.
std::string reason_of(const Verdict& verdict) {
  for (const auto& finding : verdict.findings) {
    if (finding.sub_indication == verdict.sub_indication && finding.severity == Severity::error) {
      return ": " + printable(finding.message);
    }
  }
  return {};
}

/// Where it is not, EN 319 102-1 §5.2.6 says TRY_LATER, and the user asked for less.
bool revocation_is_known(const Verdict& verdict) {
  return std::ranges::none_of(verdict.findings,
                              [](const auto& finding) { return finding.code == "revocation_unknown"; });
}

std::string document_of(const SignaturePlace& place) {
  return place.document.empty() ? "the document inside " + in_quotes(place.signature) : in_quotes(place.document);
}

std::string signature_of(const SignaturePlace& place) {
  if (place.count == 1) return in_quotes(place.signature);
  return "signature " + std::to_string(place.number) + " of " + std::to_string(place.count) + " in " +
         in_quotes(place.signature);
}

void set_heading(cli::Record& record, const SignaturePlace& place, const formats::SignatureReport& report,
                 const std::optional<trust::TrustReport>& trust, const Verdict& verdict) {
  const auto which = place.count == 1 ? "" : " (" + signature_of(place) + ")";
  switch (verdict.answer) {
    case Answer::valid:
      if (trust) {
        record.heading("VALID: " + document_of(place) + " is as it was when " + who(report.signer) +
                           " signed it, whose certificate leads to " + who(trust->path.back()) + which,
                       Tone::good);
      } else if (place.certificate_was_given) {
        record.heading("VALID: " + document_of(place) + " is as it was when it was signed with the key of " +
                           who(report.signer) + which,
                       Tone::good);
      } else {
        record.heading("MATCHES: " + document_of(place) +
                           " is as it was when it was signed with a certificate that says " + who(report.signer) +
                           "; whether to trust that certificate was not checked" + which,
                       Tone::doubtful);
      }
      return;
    case Answer::invalid:
      record.heading("INVALID: " + signature_of(place) + " is no signature of " + document_of(place) + " by " +
                         (report.signer ? who(report.signer) : "the certificate's key") + reason_of(verdict),
                     Tone::bad);
      return;
    case Answer::indeterminate:
      record.heading("NOT ACCEPTED: " + signature_of(place) + ", by " + who(report.signer) + ", cannot be relied on" +
                         reason_of(verdict),
                     Tone::doubtful);
      return;
  }
}

}  // namespace

cli::Record verification_record(const SignaturePlace& place, const formats::SignatureReport& report,
                                const std::optional<trust::TrustReport>& trust, const Verdict& verdict) {
  cli::Record record("verification");
  set_heading(record, place, report, trust, verdict);
  if (!place.document.empty()) record.add("document", place.document);
  record.add("signature", place.signature).add("format", std::string(place.format.name()));
  if (place.format.is_container()) {
    record.add("number", static_cast<std::int64_t>(place.number))
        .add("count", static_cast<std::int64_t>(place.count))
        .add("packaging", std::string(place.packaging == formats::Packaging::attached ? "attached" : "detached"));
  }
  record.add("verdict", std::string(name(verdict.answer)));
  if (verdict.sub_indication) {
    record.add("indication", std::string(name(indication_of(*verdict.sub_indication))))
        .add("sub_indication", std::string(name(*verdict.sub_indication)))
        .add("advice", advice_for(*verdict.sub_indication));
  } else if (trust && revocation_is_known(verdict)) {
    record.add("indication", std::string(name(Indication::total_passed)));
  }
  if (report.algorithm != nullptr) {
    record.add("algorithm", std::string(report.algorithm->name));
    if (report.algorithm->hash != HashAlgorithm::none) record.add("digest", std::string(name(report.algorithm->hash)));
  }
  if (report.signer) record.add_record("signer", signer_record(*report.signer));
  record.add_if("signing_time", report.signing_time)
      .add_if("policy", report.policy)
      .add_if("location", report.location);
  if (!report.commitments.empty()) record.add("commitments", report.commitments);
  if (place.format.is_container()) {
    record.add("signed_attributes", attribute_records(report.signed_attributes))
        .add("unsigned_attributes", attribute_records(report.unsigned_attributes));
  }
  record.add("trust", std::string(name(trust ? trust->trust : trust::Trust::not_checked)));
  if (trust) record.add("chain", subjects_of(trust->path));
  std::vector<cli::Record> findings;
  for (const auto& finding : verdict.findings) findings.push_back(finding_record(finding));
  record.add("findings", std::move(findings));
  return record;
}

}  // namespace eidtool::commands
