// SPDX-License-Identifier: Apache-2.0
#include "commands/trust_options.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/time_option.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"

namespace eidtool::commands {

namespace {

namespace fs = std::filesystem;

/// Where systems keep the authorities that browsers trust, in one file.
constexpr std::array system_bundles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                       "/etc/ssl/cert.pem"};
constexpr std::array certificate_suffixes = {".pem", ".crt", ".cer", ".der"};
constexpr std::array needing_trust = {"crl", "ocsp", "require-revocation", "purpose"};

void append(std::vector<crypto::Certificate>& all, const std::vector<crypto::Certificate>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

std::vector<std::string> files_in_folder(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const auto suffix = to_lower(entry->path().extension().string());
    if (std::ranges::find(certificate_suffixes, suffix) == certificate_suffixes.end()) continue;
    // A pipe that nobody writes to would be waited for.
    std::error_code unknown;
    if (!entry->is_regular_file(unknown)) {
      throw Error(ErrorKind::io, in_quotes(entry->path().string()) + " is no file").with_file(entry->path().string());
    }
    files.push_back(entry->path().string());
  }
  if (error) throw io_error("cannot read", folder, error.value());
  std::ranges::sort(files);
  if (!files.empty()) return files;
  throw Error(ErrorKind::io, in_quotes(folder) + " holds no certificate to trust",
              "their names end in .pem, .crt, .cer or .der")
      .with_file(folder);
}

/// RevocationInfoChoice (RFC 5652 §10.2.1, RFC 5940): a list, or an OCSP response. What cannot be read tells nothing.
void add_revocation_value(const Bytes& value, trust::Evidence& evidence) {
  namespace der = crypto::der;
  try {
    if (value.front() == der::tag::sequence) {
      evidence.revocation_lists.push_back(
          std::make_shared<const trust::RevocationList>(value, "inside the signature file"));
      return;
    }
    der::Reader outer(value);
    auto fields = outer.enter(der::tag::context_constructed(1));
    if (fields.next_object_identifier() != "1.3.6.1.5.5.7.16.2") return;
    const auto response = fields.next(der::tag::sequence).whole;
    evidence.ocsp_responses.push_back(std::make_shared<const trust::OcspResponse>(
        Bytes(response.begin(), response.end()), "inside the signature file"));
  } catch (const Error&) {  // absent
  }
}

}  // namespace

void declare_trust_options(cli::OptionSet& options) {
  const auto repeatable = [&](const char* name, const char* placeholder, const char* description) {
    auto& option = options.value(name, placeholder, description);
    option.kind = cli::ValueKind::file;
    option.repeatable = true;
  };
  repeatable("trust", "SOURCE", "whom to trust: certificates in a file or folder, or 'system'");
  repeatable("crl", "FILE", "a revocation list, DER or PEM; with --trust");
  repeatable("ocsp", "FILE", "an OCSP response, DER or PEM; with --trust");
  options.flag("require-revocation", "refuse what is not known not to be revoked; with --trust");
  options.value("purpose", "NAME", "what the certificate has to be for: signature, authentication or any; with --trust")
      .choices = {"signature", "authentication", "any"};
  options.value("at", "TIME", "judge the certificate as of this time (default: now), as in RFC 3339");
}

void check_trust_options(const cli::Arguments& arguments) {
  (void)time_of(arguments);
  if (arguments.has("trust")) return;
  for (const auto* name : needing_trust) {
    if (!arguments.has(name)) continue;
    throw Error(ErrorKind::usage, "--" + std::string(name) + " means nothing without anybody to trust",
                "--trust FILE names the authorities' certificates, --trust system those of this system");
  }
}

std::vector<std::string> trusted_files(const std::string& source) {
  std::error_code unknown;
  if (source != "system") return fs::is_directory(source, unknown) ? files_in_folder(source) : std::vector{source};
  for (const auto* bundle : system_bundles) {
    if (fs::exists(bundle, unknown)) return {bundle};
  }
  throw Error(ErrorKind::io, "this system has no file of authorities that it trusts",
              "the package is often called ca-certificates; --trust FILE names your own");
}

TrustOptions trust_options_from(const cli::Arguments& arguments) {
  TrustOptions options;
  for (const auto& source : arguments.values("trust")) {
    for (const auto& file : trusted_files(source)) {
      append(options.evidence.anchors, crypto::Certificate::read_bundle(file));
    }
  }
  for (const auto& file : arguments.values("crl")) {
    options.evidence.revocation_lists.push_back(trust::read_revocation_list(file));
  }
  for (const auto& file : arguments.values("ocsp")) {
    options.evidence.ocsp_responses.push_back(trust::read_ocsp_response(file));
  }
  options.demand.at = time_of(arguments);
  options.demand.now = now();
  options.demand.require_revocation = arguments.has("require-revocation");
  options.demand.allow_sha1 = arguments.has("allow-sha1");
  const auto purpose = arguments.value("purpose").value_or("any");
  if (purpose == "signature") options.demand.purpose = Purpose::signature;
  if (purpose == "authentication") options.demand.purpose = Purpose::authentication;
  return options;
}

Time time_of(const cli::Arguments& arguments) {
  const auto text = arguments.value("at");
  if (!text) return now();
  const auto at = cli::time_option("at", *text, cli::OfDay::end);
  // Today, as a date alone, ends in the future.
  if (at < now() + std::chrono::days(1)) return std::min(at, now());
  throw Error(ErrorKind::usage, "--at " + in_quotes(*text) + " lies in the future");
}

std::unique_ptr<trust::Judge> judge_for(const TrustOptions& options, const formats::FileReport& file,
                                        const std::vector<crypto::Certificate>& given,
                                        const std::vector<crypto::Certificate>& intermediates,
                                        trust::KnownReports& known) {
  const auto evidence = [&options, &file, &given, &intermediates] {
    auto all = options.evidence;
    append(all.intermediates, intermediates);
    append(all.intermediates, given);
    append(all.intermediates, file.certificates);
    for (const auto& value : file.revocation_values) add_revocation_value(value, all);
    return all;
  };
  // The two lists apart, so that one cannot pass for the end of the other.
  Bytes certificates;
  Bytes values;
  const auto append_digest = [](Bytes& list, const Bytes& digest) {
    list.insert(list.end(), digest.begin(), digest.end());
  };
  for (const auto& one : file.certificates) append_digest(certificates, one.fingerprint_sha256());
  for (const auto& one : file.revocation_values) append_digest(values, crypto::digest(HashAlgorithm::sha256, one));
  auto key = crypto::digest(HashAlgorithm::sha256, certificates);
  append_digest(key, crypto::digest(HashAlgorithm::sha256, values));
  return std::make_unique<trust::Judge>(evidence, options.demand, std::move(key), known);
}

}  // namespace eidtool::commands
