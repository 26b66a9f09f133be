// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/in_order.hpp"
#include "base/status_line.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/file_list.hpp"
#include "commands/inputs.hpp"
#include "commands/jobs.hpp"
#include "commands/manifest.hpp"
#include "commands/signer_choice.hpp"
#include "commands/streams.hpp"
#include "commands/trust_options.hpp"
#include "commands/verdict.hpp"
#include "commands/verification_record.hpp"
#include "crypto/memory.hpp"
#include "formats/format.hpp"

namespace eidtool::commands {

namespace {

class Verify : public cli::Command {
 public:
  std::string_view name() const override { return "verify"; }
  std::string_view summary() const override { return "Check signatures, without card or reader, and show who signed."; }
  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool verify doc.pdf.sig --cert cert.der", "checks the signature of doc.pdf"},
        {"eidtool verify doc.pdf.p7s --trust authorities/ --crl list.crl",
         "a CMS signature, and whether to believe who signed"},
        {"eidtool verify --manifest list.sha256.sig --cert cert.der", "a signed list of files, and each file"},
        {"eidtool verify s.bin --document doc.pdf --cert cert.pem", "where the names are others"},
        {"eidtool verify -q doc.pdf.sig --cert cert.der && echo yes", "in a script: the exit status is the answer"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.positional("SIGNATURE…", 0, static_cast<std::size_t>(-1));
    declare_file_list(options);
    options.value("manifest", "SIGNATURE", "of a list of files: check it, and the FILEs named, or all listed").kind =
        cli::ValueKind::file;
    options.value("document", "FILE", "the document; default: the signature's name without its suffix; - is stdin")
        .kind = cli::ValueKind::file;
    auto& certificate = options.value("cert", "FILE", "the signer's certificate, DER or PEM");
    certificate.kind = cli::ValueKind::file;
    certificate.repeatable = true;
    auto& intermediates = options.value("intermediates", "FILE", "certificates of authorities in between, PEM or DER");
    intermediates.kind = cli::ValueKind::file;
    intermediates.repeatable = true;
    options.value("output", "FILE", "write the document that is inside; - is the standard output", 'o').kind =
        cli::ValueKind::file;
    options.flag("force", "replace the file of --output");
    declare_jobs(options, "files to check at a time; default: one for each core");
    options.value("digest", "NAME", "the digest that was signed; default: found out").choices = {"sha256", "sha384",
                                                                                                 "sha512", "sha1"};
    options.value("padding", "NAME", "the RSA padding: pkcs1 or pss; default: found out").choices = {"pkcs1", "pss"};
    declare_trust_options(options);
    options.flag("allow-sha1", "accept a signature over a SHA-1 digest");
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

/// The document that a signature's name speaks of: the name without the suffix of a format. Nothing where it has none.
std::optional<std::string> document_named_by(const std::string& signature) {
  for (const auto* format : formats::all()) {
    const auto suffix = format->suffix();
    const bool has_suffix = signature.ends_with(suffix) && signature.size() > suffix.size() &&
                            signature[signature.size() - suffix.size() - 1] != '/';
    if (has_suffix) return signature.substr(0, signature.size() - suffix.size());
  }
  return std::nullopt;
}

std::string document_name(const std::string& signature, const formats::Format& format,
                          const cli::Arguments& arguments) {
  if (const auto given = arguments.value("document")) return *given;
  if (const auto named = document_named_by(signature)) return *named;
  const auto suffix = std::string(format.suffix());
  const auto why = std::filesystem::path(signature).filename() == suffix
                       ? "nothing stands before " + suffix + " in its name"
                       : "its name does not end in " + suffix;
  throw Error(ErrorKind::usage, "cannot tell which document " + in_quotes(signature) + " signs: " + why,
              "--document FILE names it");
}

/// For who names the document instead of its signature.
void check_is_no_document(const std::string& name, const formats::Format& format) {
  if (format.is_container() || name == "-" || document_named_by(name)) return;
  for (const auto* other : formats::all()) {
    const auto signature = name + std::string(other->suffix());
    if (!identity_of(signature)) continue;
    throw Error(ErrorKind::usage, in_quotes(name) + " looks like a document, and no signature",
                "name the signature that is beside it, " + in_quotes(signature) + ", or with --document what " +
                    in_quotes(name) + " signs");
  }
}

/// What all signatures that one thread checks share.
struct Job {
  const cli::Arguments& arguments;
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::Certificate> intermediates;
  std::optional<TrustOptions> trust = std::nullopt;  // nothing: not asked for
  /// What was found out with earlier files.
  std::shared_ptr<crypto::CertificateCache> known_certificates = std::make_shared<crypto::CertificateCache>();
  std::shared_ptr<trust::KnownReports> known_reports = std::make_shared<trust::KnownReports>();
};

/// The same for another thread: certificates find out about themselves when they are asked.
Job copy_for_another_thread(const Job& job) {
  auto copy = job;
  crypto::unshare(copy.certificates);
  crypto::unshare(copy.intermediates);
  if (copy.trust) trust::unshare(copy.trust->evidence);
  copy.known_certificates = std::make_shared<crypto::CertificateCache>();
  copy.known_reports = std::make_shared<trust::KnownReports>();
  return copy;
}

/// What came of one signature file.
struct Checked {
  int status = cli::exit_status::done;  // the highest of its signatures
  std::vector<cli::Record> records;
  std::optional<Error> error;  // instead of records
  /// The document, and the file that one inside is read from, where it is wanted.
  std::unique_ptr<InputFile> file;
  std::shared_ptr<formats::Content> content;
  HashAlgorithm content_hash = HashAlgorithm::none;  // of which the first signature was checked
};

/// Writes the document that an attached signature holds. Its digest with `hash` is the one by which the signature was
/// found valid, and what is written has to have it.
void extract(formats::Content& content, HashAlgorithm hash, const std::string& output, IfExists if_exists,
             cli::Context& context) {
  const auto digest = content.digest(hash);
  const auto check = [&] {
    if (content.digest(hash) == digest) return;
    throw Error(ErrorKind::io, in_quotes(content.name()) + " changed while it was read").with_file(output);
  };
  if (output == "-") {
    content.give(hash, [&](BytesView piece) { context.output.write(piece); });
    return check();
  }
  OutputFile file(output, if_exists);
  content.give(hash, [&](BytesView piece) { file.write(piece); });
  check();
  file.publish();
}

/// Whether a signer is one whom the user named: of several signatures in a file others may be anybody's.
bool was_given(const std::optional<crypto::Certificate>& signer, const Job& job) {
  return signer && std::ranges::any_of(job.certificates, [&](const auto& one) { return one.der() == signer->der(); });
}

Checked check_file(const std::string& name, const Job& job) {
  const auto& arguments = job.arguments;
  auto file = std::make_unique<InputFile>(open_document(name));
  const auto& format = formats::format_of(*file);
  const auto named = arguments.value("document");
  if (!named) check_is_no_document(name, format);
  std::shared_ptr<formats::Content> document;
  std::string document_text = named.value_or("");
  const auto open = [&]() -> formats::Content& {
    if (!document) {
      document_text = document_name(name, format, arguments);
      auto opened = open_document(document_text);
      if (arguments.has("manifest")) {
        // Held in memory: what is checked is what is read as a list.
        auto bytes = read_small_file(opened, largest_manifest_size, "list of files");
        opened.check_unchanged();
        document = std::make_shared<formats::BytesContent>(std::move(bytes), opened.name());
      } else {
        document = std::make_shared<formats::Document>(std::move(opened));
      }
    }
    return *document;
  };
  formats::VerifyRequest request{*file, open, named.has_value(), job.certificates, job.intermediates};
  if (const auto digest = arguments.value("digest")) request.hash = hash_by_name(*digest);
  request.known_certificates = job.known_certificates.get();
  if (arguments.has("manifest")) request.most_held = largest_manifest_size;
  if (const auto padding = arguments.value("padding")) {
    request.padding = *padding == "pss" ? Padding::pss : Padding::pkcs1;
  }
  auto report = format.verify(request);
  const auto output = arguments.value("output");
  if (output && !report.content) {
    throw Error(ErrorKind::usage,
                in_quotes(name) + " holds no document: there is nothing to write to " + in_quotes(*output),
                "--output is for attached signatures")
        .with_file(name);
  }

  Checked outcome;
  std::unique_ptr<trust::Judge> judge_of_file;  // one for all signers: they share issuers and lists
  if (job.trust) {
    judge_of_file = judge_for(*job.trust, report, job.certificates, job.intermediates, *job.known_reports);
  }
  for (auto& signature : report.signatures) {
    const auto trust = choose_signer(signature, job.certificates, judge_of_file.get());
    const auto verdict = judge(signature, trust, {arguments.has("allow-sha1"), time_of(arguments)});
    if (verdict.answer != Answer::valid) outcome.status = cli::exit_status::no;
    const SignaturePlace place{document_text,
                               name,
                               format,
                               report.packaging,
                               outcome.records.size() + 1,
                               report.signatures.size(),
                               was_given(signature.signer, job)};
    outcome.records.push_back(verification_record(place, signature, trust, verdict));
  }
  if (output || arguments.has("manifest")) {
    outcome.file = std::move(file);
    outcome.content = report.content ? report.content : document;
    outcome.content_hash = report.signatures.front().checked_hash();
  }
  return outcome;
}

void show(const Checked& outcome, const cli::Arguments& arguments, cli::Context& context) {
  const auto output = arguments.value("output");
  if (output && outcome.status == cli::exit_status::done) {
    extract(*outcome.content, outcome.content_hash, *output,
            arguments.has("force") ? IfExists::replace : IfExists::refuse, context);
  } else if (output) {
    context.console.warning(in_quotes(*output) + " was not written: not every signature is valid");
    // Where the document would have gone nobody looks for the reason.
    if (output == "-") {
      for (const auto& record : outcome.records) context.console.warning(record.heading_text());
    }
  }
  if (output == "-") return;
  for (const auto& record : outcome.records) context.output.confirm(record);
}

/// --manifest: the signature of a list, and the files that it lists.
int check_manifest(const std::string& signature, const std::vector<std::string>& wanted, std::size_t jobs,
                   const Job& job, cli::Context& context) {
  const auto outcome = check_file(signature, job);
  show(outcome, job.arguments, context);
  if (outcome.status != cli::exit_status::done) {
    context.console.warning("no file was checked: not every signature of the list is valid");
    return outcome.status;
  }
  auto& list = *outcome.content;  // in memory, as it was checked
  const auto bytes = list.whole(largest_manifest_size);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return check_files(formats::parse_manifest(text, list.name()), list.name(), wanted, jobs, context);
}

/// Options that contradict each other, before a file is opened.
void check_options(const Verify& command, const cli::Arguments& arguments, const std::vector<std::string>& signatures,
                   cli::Context& context) {
  const auto document = arguments.value("document");
  if (arguments.has("manifest") && arguments.has("output"))
    throw Error(ErrorKind::usage, "--manifest and --output exclude each other",
                "without --manifest the list inside of an attached signature is written");
  for (const auto* name : {"document", "output"}) {
    if (!arguments.has(name) || signatures.size() == 1) continue;
    throw Error(
        ErrorKind::usage,
        "--" + std::string(name) + " is for one signature, and " + std::to_string(signatures.size()) + " were given",
        document ? "without it each is checked against the file of its own name" : "");
  }
  if (document == "-" && signatures.front() == "-") {
    throw Error(ErrorKind::usage, "the standard input cannot be both signature and document");
  }
  for (const auto* name : {"cert", "intermediates"}) {
    for (const auto& file : arguments.values(name)) {
      if (file != "-") continue;
      throw Error(ErrorKind::usage,
                  "--" + std::string(name) + " reads a file: the standard input is for a document or a signature",
                  "'eidtool export-cert -o FILE' writes one");
    }
  }
  const auto output = arguments.value("output");
  if (!output) return;
  if (*output == "-") return check_standard_output(context, Content::binary, Asked::by_name);
  Inputs inputs(command, arguments, context);
  inputs.add(signatures.front());
  for (const auto& source : arguments.values("trust")) {
    for (const auto& file : trusted_files(source)) inputs.add(file);
  }
  inputs.check_output(*output);
  check_writable(*output, arguments.has("force") ? IfExists::replace : IfExists::refuse);
}

Job job_from(const cli::Arguments& arguments) {
  Job job{arguments, {}, {}};
  for (const auto& file : arguments.values("cert")) {
    job.certificates.push_back(crypto::Certificate::read_file(file));
    try {
      (void)job.certificates.back().public_key();
    } catch (Error& error) {  // the file at hand is known here alone
      throw error.with_file(file);
    }
  }
  for (const auto& file : arguments.values("intermediates")) {
    const auto bundle = crypto::Certificate::read_bundle(file);
    job.intermediates.insert(job.intermediates.end(), bundle.begin(), bundle.end());
  }
  if (arguments.has("trust")) job.trust = trust_options_from(arguments);
  return job;
}

/// How many files are checked at a time. What can be read once is read in the order of the command line.
std::size_t worker_count(std::size_t jobs, const std::vector<std::string>& signatures) {
  const auto workers = std::min(jobs, signatures.size());
  if (workers < 2) return workers;
  const auto is_stream = [](const std::string& name) {
    std::error_code unknown;
    return is_standard_input(name) || std::filesystem::is_other(name, unknown);
  };
  std::set<std::string> streams;
  for (const auto& signature : signatures) {
    const auto document = document_named_by(signature);
    const bool is_again = document && is_stream(*document) && !streams.insert(*document).second;
    if (is_again || is_stream(signature)) return 1;
  }
  return workers;
}

int Verify::run(const cli::Arguments& arguments, cli::Context& context) const {
  check_trust_options(arguments);
  const auto jobs = jobs_from(arguments);
  crypto::leave_memory_unlocked();
  const auto manifest = arguments.value("manifest");
  const bool names_files = !arguments.positional().empty() || arguments.has("files-from");
  const auto named = manifest && !names_files ? std::vector<std::string>() : named_files(arguments, "SIGNATURE…");
  const auto& signatures = manifest ? std::vector{*manifest} : named;
  check_options(*this, arguments, signatures, context);
  const auto job = job_from(arguments);
  if (manifest) return check_manifest(*manifest, named, jobs, job, context);
  const auto workers = worker_count(jobs, signatures);
  std::vector<std::optional<Job>> copies(workers);  // each made by the thread that it is for

  InOrder<Checked> checks(signatures.size(), workers, [&](std::size_t index, std::size_t worker) {
    auto& copy = copies[worker];
    if (workers > 1 && !copy) copy.emplace(copy_for_another_thread(job));
    try {
      return check_file(signatures[index], copy ? *copy : job);
    } catch (const Error& error) {  // per file of a batch
      Checked outcome;
      outcome.error = error;
      return outcome;
    }
  });
  status_line::Task progress("checking", signatures.size());
  int status = cli::exit_status::done;
  auto rest = signatures.size();
  checks.run([&](Checked&& outcome) {
    --rest;
    progress.advance();
    status = std::max(status, outcome.status);
    try {
      if (!outcome.error) show(outcome, arguments, context);
    } catch (const Error& error) {  // per file of a batch
      outcome.error = error;
    }
    if (outcome.error) status = std::max(status, report_failure(*outcome.error, context));
    return goes_on(context, rest, "signature", workers > 1, status);
  });
  return status;
}

}  // namespace

const cli::Command& verify() {
  static const Verify command;
  return command;
}

}  // namespace eidtool::commands
