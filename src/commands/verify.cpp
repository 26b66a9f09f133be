// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/records.hpp"
#include "commands/streams.hpp"
#include "commands/verdict.hpp"
#include "formats/format.hpp"

namespace eidtool::commands {

namespace {

constexpr std::size_t largest_signature_file = 64U << 10U;  // bytes; a raw signature has 2 KiB at most

class Verify : public cli::Command {
 public:
  std::string_view name() const override { return "verify"; }
  std::string_view summary() const override { return "Check signatures, without card or reader, and show who signed."; }
  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool verify doc.pdf.sig --cert cert.der", "checks the signature of doc.pdf"},
        {"eidtool verify s.bin --document doc.pdf --cert cert.pem", "where the names are others"},
        {"eidtool verify -q doc.pdf.sig --cert cert.der && echo yes", "in a script: the exit status is the answer"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.positional("SIGNATURE…", 1, static_cast<std::size_t>(-1));
    options.value("document", "FILE", "the document; default: the signature's name without .sig; - is stdin").kind =
        cli::ValueKind::file;
    options.value("cert", "FILE", "the signer's certificate, DER or PEM").kind = cli::ValueKind::file;
    options.value("digest", "NAME", "the digest that was signed; default: found out").choices = {"sha256", "sha384",
                                                                                                 "sha512", "sha1"};
    options.value("padding", "NAME", "the RSA padding: pkcs1 or pss; default: found out").choices = {"pkcs1", "pss"};
    options.flag("allow-sha1", "accept a signature over a SHA-1 digest");
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

std::string document_name(const std::string& signature, const cli::Arguments& arguments) {
  if (const auto given = arguments.value("document")) return *given;
  const auto suffix = formats::raw().suffix();
  const bool has_suffix = signature.size() > suffix.size() &&
                          signature.compare(signature.size() - suffix.size(), suffix.size(), suffix) == 0 &&
                          signature[signature.size() - suffix.size() - 1] != '/';
  if (has_suffix) return signature.substr(0, signature.size() - suffix.size());
  if (std::filesystem::path(signature).filename() == suffix) {
    throw Error(ErrorKind::usage,
                "cannot tell which document " + in_quotes(signature) + " signs: nothing stands before " +
                    std::string(suffix) + " in its name",
                "--document FILE names it");
  }
  throw Error(
      ErrorKind::usage,
      "cannot tell which document " + in_quotes(signature) + " signs: its name does not end in " + std::string(suffix),
      "--document FILE names it");
}

cli::Record finding_record(const formats::Finding& finding) {
  cli::Record record;
  record.heading(std::string(name(finding.severity)) + ": " + printable(finding.message)).heading_alone();
  record.add("code", finding.code).add("severity", std::string(name(finding.severity))).add("message", finding.message);
  return record;
}

std::string who(const crypto::Certificate& certificate) {
  return printable(certificate.common_name().empty() ? certificate.subject() : certificate.common_name());
}

/// What a person asks first, on the line that is read first.
std::string reason_of(const Verdict& verdict) {
  for (const auto& finding : verdict.findings) {
    if (finding.severity == formats::Severity::error) return ": " + printable(finding.message);
  }
  return {};
}

void set_heading(cli::Record& record, const Verdict& verdict, const std::string& document, const std::string& signature,
                 const std::optional<crypto::Certificate>& signer) {
  using Tone = cli::Record::Tone;
  switch (verdict.answer) {
    case Answer::valid:
      record.heading(
          "VALID: " + in_quotes(document) + " is as it was when it was signed with the key of " + who(*signer),
          Tone::good);
      return;
    case Answer::invalid:
      record.heading("INVALID: " + in_quotes(signature) + " is no signature of " + in_quotes(document) + " by " +
                         (signer ? who(*signer) : "this certificate's key") + reason_of(verdict),
                     Tone::bad);
      return;
    case Answer::indeterminate:
      record.heading("NOT ACCEPTED: " + in_quotes(signature) + " matches, but cannot be relied on", Tone::doubtful);
      return;
  }
}

Verdict verify_one(const std::string& signature_name, const crypto::Certificate& certificate,
                   const cli::Arguments& arguments, cli::Context& context) {
  const auto name_of_document = document_name(signature_name, arguments);
  auto file = open_document(signature_name);
  const auto signature = read_small_file(file, largest_signature_file, "signature");
  if (signature.empty()) {
    throw Error(ErrorKind::malformed, in_quotes(signature_name) + " is empty: it holds no signature")
        .with_file(signature_name);
  }
  formats::Document document(open_document(name_of_document));
  const auto& format = formats::raw();
  const auto digest = arguments.value("digest");
  const auto padding = arguments.value("padding");
  formats::VerifyRequest request{document, signature, certificate, digest ? hash_by_name(*digest) : std::nullopt,
                                 std::nullopt};
  if (padding) request.padding = *padding == "pss" ? Padding::pss : Padding::pkcs1;
  const auto report = format.verify(request);
  auto verdict = judge(report, {arguments.has("allow-sha1"), now()});

  cli::Record record("verification");
  set_heading(record, verdict, name_of_document, signature_name, report.signer);
  record.add("document", name_of_document)
      .add("signature", signature_name)
      .add("format", std::string(format.name()))
      .add("verdict", std::string(name(verdict.answer)));
  if (report.algorithm != nullptr) {
    record.add("algorithm", std::string(report.algorithm->name));
    if (report.algorithm->hash != HashAlgorithm::none) record.add("digest", std::string(name(report.algorithm->hash)));
  }
  if (report.signer) record.add_record("signer", signer_record(*report.signer));
  record.add("trust", "not_checked");
  std::vector<cli::Record> findings;
  for (const auto& finding : verdict.findings) findings.push_back(finding_record(finding));
  record.add("findings", std::move(findings));
  context.output.confirm(record);
  return verdict;
}

int Verify::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto& signatures = arguments.positional();
  const auto document = arguments.value("document");
  for (const auto& signature : signatures) (void)document_name(signature, arguments);
  if (document && signatures.size() > 1) {
    throw Error(ErrorKind::usage,
                "--document is for one signature, and " + std::to_string(signatures.size()) + " were given",
                "without it each is checked against the file of its own name");
  }
  if (document == "-" && signatures.front() == "-") {
    throw Error(ErrorKind::usage, "the standard input cannot be both signature and document");
  }
  const auto certificate_file = arguments.value("cert");
  if (!certificate_file) {
    throw Error(ErrorKind::usage, "a raw signature carries no certificate: whose is it to be checked against?",
                "--cert FILE names the signer's certificate");
  }
  if (certificate_file == "-") {
    throw Error(ErrorKind::usage, "--cert reads a file: the standard input is for a document or a signature",
                "'eidtool export-cert -o FILE' writes one");
  }
  const auto certificate = crypto::Certificate::read_file(*certificate_file);
  try {
    (void)certificate.public_key();
  } catch (Error& error) {  // the file at hand is known here alone
    throw error.with_file(*certificate_file);
  }
  int status = cli::exit_status::done;
  for (const auto& signature : signatures) {
    int own = cli::exit_status::done;
    try {
      own = verify_one(signature, certificate, arguments, context).answer == Answer::valid ? cli::exit_status::done
                                                                                           : cli::exit_status::no;
    } catch (const Error& error) {  // per file of a batch
      own = report_failure(error, context);
    }
    status = std::max(status, own);
    const auto rest = static_cast<std::size_t>(&signatures.back() - &signature);
    if (rest > 0 && context.output.has_failed()) {
      context.console.warning(counted(rest, "further signature was", "further signatures were") + " not checked");
      break;
    }
  }
  return status;
}

}  // namespace

const cli::Command& verify() {
  static const Verify command;
  return command;
}

}  // namespace eidtool::commands
