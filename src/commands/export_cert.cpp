// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/choose_key.hpp"
#include "commands/modules.hpp"
#include "commands/records.hpp"
#include "commands/streams.hpp"
#include "commands/token_certificates.hpp"

namespace eidtool::commands {

namespace {

class ExportCert : public cli::Command {
 public:
  std::string_view name() const override { return "export-cert"; }
  std::string_view summary() const override { return "Write certificates of the card to files, for those who verify."; }
  std::vector<cli::Example> examples() const override {
    return {{"eidtool export-cert -o cert.der", "the certificate that 'sign' uses"},
            {"eidtool export-cert --as signature --pem --chain > chain.pem", "another one, with those of its issuers"},
            {"eidtool export-cert --all --output-dir certificates/", "every certificate on the card"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.value("output", "FILE", "write to this file; - is the standard output", 'o').kind = cli::ValueKind::file;
    options.value("output-dir", "DIR", "write into this folder, with --all").kind = cli::ValueKind::folder;
    options.flag("der", "binary, one certificate (default)");
    options.flag("pem", "text, RFC 7468");
    options.flag("chain", "also the issuers' certificates that the card holds, signer first; with --pem");
    options.flag("all", "every certificate of the tokens that fit; with --output-dir");
    options.flag("force", "replace files that exist");
    declare_token_options(options);
    declare_key_options(options);
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

/// The one certificate that --id, --label or the URI name: any, a CA's too.
TokenCertificate named_certificate(const Selection& selection, cli::Context& context) {
  std::vector<TokenCertificate> fitting;
  for (auto& found : certificates_of(find_tokens(selection, context).tokens, context)) {
    const auto labels = selection.labels();
    const bool has_labels =
        std::all_of(labels.begin(), labels.end(), [&](const auto& label) { return label == found.label; });
    if (!has_labels || !selection.matches_id(found.id)) continue;
    if (selection.purpose && purpose_of(found.token, found.label, found.certificate) != selection.purpose) continue;
    // The same certificate shows on several tokens of one card.
    const bool known = std::any_of(fitting.begin(), fitting.end(), [&](const TokenCertificate& other) {
      return other.certificate.der() == found.certificate.der();
    });
    if (!known) fitting.push_back(std::move(found));
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) {
    // It may be the key's label that was given.
    const auto pair = choose_pair(selection, context);
    if (pair.certificate) return {pair.token(), *pair.certificate, pair.label, pair.id};
    throw Error(ErrorKind::not_found,
                "key " + in_quotes(pair.label) + " has no certificate on " + pair.token().subject());
  }
  std::vector<std::string> uris;
  for (const auto& found : fitting)
    uris.push_back("--uri '" + pkcs11::object_uri(found.token.raw_info(), found.label, found.id, CKO_CERTIFICATE) +
                   "'");
  throw Error(ErrorKind::ambiguous,
              std::to_string(fitting.size()) + " certificates fit " + selection.description() + ": choose one",
              join(uris, "\n"));
}

TokenCertificate chosen_certificate(const Selection& selection, cli::Context& context) {
  const auto object_class = selection.uri ? selection.uri->object_class() : std::nullopt;
  if (selection.names_object() && object_class.value_or(CKO_CERTIFICATE) == CKO_CERTIFICATE) {
    return named_certificate(selection, context);
  }
  const auto pair = choose_pair(selection, context);
  if (pair.certificate) return {pair.token(), *pair.certificate, pair.label, pair.id};
  throw Error(ErrorKind::not_found, "key " + in_quotes(pair.label) + " has no certificate on " + pair.token().subject(),
              "'eidtool objects --class certificate' lists those there are");
}

/// The signer's certificate and above it what the card holds of its issuers.
std::vector<crypto::Certificate> chain_of(const TokenCertificate& leaf, cli::Context& context) {
  std::vector<crypto::Certificate> chain = {leaf.certificate};
  for (const auto& issuer : issuers_on_card(leaf.token, leaf.certificate, context)) chain.push_back(issuer);
  if (!chain.back().is_self_issued()) {
    context.console.notice("the card does not hold the certificate of " + in_quotes(chain.back().issuer()) +
                           ": the chain ends below it");
  }
  return chain;
}

Bytes encoded(const std::vector<crypto::Certificate>& certificates, bool pem) {
  if (!pem) return certificates.front().der();
  std::string text;
  for (const auto& certificate : certificates) text += certificate.pem();
  const auto bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

/// A file name made of a label that a stranger chose: letters, digits and a few marks.
std::string file_name(const TokenCertificate& found, bool pem) {
  std::string text;
  for (const char c : found.label.empty() ? "certificate " + to_hex(found.id) : found.label) {
    const bool safe =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    text += safe ? c : '_';
  }
  if (text.front() == '.') text.front() = '_';
  return text.substr(0, 200) + (pem ? ".pem" : ".der");
}

int export_all(const Selection& selection, const std::filesystem::path& folder, bool pem, IfExists if_exists,
               cli::Context& context) {
  const auto search = find_tokens(selection, context);
  struct Task {
    std::filesystem::path path;
    crypto::Certificate certificate;
  };
  std::vector<Task> tasks;
  std::set<Bytes> known;
  std::set<std::string> names;
  for (const auto& found : certificates_of(search.tokens, context)) {
    // The same certificate shows on several tokens of one card.
    if (!known.insert(found.certificate.der()).second) continue;
    auto base = file_name(found, pem);
    for (int number = 2; !names.insert(base).second; ++number)
      base = std::to_string(number) + "-" + file_name(found, pem);
    // All names first: nothing is written where one of them is taken.
    check_writable(folder / base, if_exists);
    tasks.push_back({folder / base, found.certificate});
  }
  for (const auto& [path, certificate] : tasks) {
    write_file(path, encoded({certificate}, pem), if_exists);
    context.output.confirm(certificate_record(certificate, path.string(), pem ? "pem" : "der"));
  }
  if (!tasks.empty()) return cli::exit_status::done;
  if (!search.tokens.empty()) search.say_left_out(context);
  throw Error(ErrorKind::not_found,
              "no certificate was found" + (selection.words.empty() ? "" : " by " + selection.description()),
              "'eidtool slots' shows what is in the readers");
}

int ExportCert::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto selection = selection_from(arguments);
  const bool pem = arguments.has("pem");
  const auto if_exists = arguments.has("force") ? IfExists::replace : IfExists::refuse;
  if (pem && arguments.has("der")) throw Error(ErrorKind::usage, "--pem and --der exclude each other");
  if (arguments.has("chain") && !pem) {
    throw Error(ErrorKind::usage, "--chain needs --pem: a DER file holds one certificate");
  }
  const auto folder = arguments.value("output-dir");
  const auto output = arguments.value("output");
  if (arguments.has("all") != folder.has_value()) throw Error(ErrorKind::usage, "--all and --output-dir go together");
  if (arguments.has("all")) {
    if (!selection.says_nothing_of_key()) {
      throw Error(ErrorKind::usage, "--all takes every certificate: nothing may choose one of them",
                  "leave out --id, --label, --as and the URI's object");
    }
    if (output || arguments.has("chain")) throw Error(ErrorKind::usage, "--all goes with neither --output nor --chain");
    check_writable(std::filesystem::path(*folder) / "certificate", IfExists::replace);
    return export_all(selection, *folder, pem, if_exists, context);
  }
  const bool to_stdout = !output || *output == "-";
  if (to_stdout) {
    check_standard_output(context, pem ? Content::text : Content::binary, output ? Asked::by_name : Asked::by_default);
  } else {
    check_writable(*output, if_exists);
  }
  const auto found = chosen_certificate(selection, context);
  const auto chain =
      arguments.has("chain") ? chain_of(found, context) : std::vector<crypto::Certificate>{found.certificate};
  const auto bytes = encoded(chain, pem);
  if (to_stdout) {
    context.output.write(bytes);
  } else {
    write_file(*output, bytes, if_exists);
    context.output.confirm(certificate_record(found.certificate, *output, pem ? "pem" : "der"));
  }
  return cli::exit_status::done;
}

}  // namespace

const cli::Command& export_cert() {
  static const ExportCert command;
  return command;
}

}  // namespace eidtool::commands
