// SPDX-License-Identifier: Apache-2.0
#include "commands/sign_plan.hpp"

#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/streams.hpp"

namespace eidtool::commands {

namespace {

std::string output_for(const std::string& document, const cli::Arguments& arguments, const formats::Format& format) {
  if (const auto output = arguments.value("output")) return *output;
  const auto folder = arguments.value("output-dir");
  if (document == "-") {
    if (folder)
      throw Error(ErrorKind::usage, "the standard input has no name to be used in --output-dir",
                  "-o FILE names the signature");
    return "-";
  }
  const auto name = document + std::string(format.suffix());
  return folder ? (std::filesystem::path(*folder) / std::filesystem::path(name).filename()).string() : name;
}

/// Two names for one place, whether or not a file is there yet.
std::string place_of(const std::string& path) {
  std::error_code unknown;
  const auto place = std::filesystem::weakly_canonical(path, unknown);
  return unknown ? path : place.string();
}

class OutputCheck {
 public:
  OutputCheck(const SignPlan& plan, const std::vector<std::string>& other_inputs) {
    for (const auto& task : plan.tasks) {
      // Opened and not merely looked at, so that what cannot be read is told before a PIN is asked for.
      // A FIFO is opened when its turn comes: opening it twice would lose its writer.
      std::error_code unknown;
      if (task.document != "-" && std::filesystem::is_fifo(task.document, unknown)) continue;
      const auto document = open_document(task.document);
      if (document.is_regular()) inputs_.emplace_back(document.name(), document.identity());
    }
    for (const auto& file : other_inputs) inputs_.emplace_back(file, identity_of(file));
  }

  void check(const std::string& output, IfExists if_exists) {
    const auto identity = identity_of(output);
    for (const auto& [document, input] : inputs_) {
      if (identity && input == identity) {
        throw Error(ErrorKind::io,
                    in_quotes(output) + " is an input, " + in_quotes(document) + ": it is not overwritten",
                    "-o FILE or --output-dir DIR writes elsewhere")
            .with_file(output);
      }
    }
    const auto [other, is_new] = outputs_.emplace(place_of(output), output);
    if (!is_new) {
      throw Error(ErrorKind::usage, in_quotes(output) + " would be written twice",
                  "documents of one name need different folders");
    }
    check_writable(output, if_exists);
  }

 private:
  std::vector<std::pair<std::string, std::optional<FileIdentity>>> inputs_;
  std::map<std::string, std::string> outputs_;
};

/// Before a PIN is asked for: the file is there, and its signatures are of this document.
void check_addition(const SignTask& task, const formats::Format& format) {
  if (!identity_of(task.output)) {
    throw Error(ErrorKind::io, "there is no " + in_quotes(task.output) + " to which a signature could be added",
                "without --add a new one is made")
        .with_file(task.output);
  }
  // What can be read only once is looked at when it is signed.
  auto file = open_document(task.document);
  if (!file.is_regular()) return;
  formats::Document document(std::move(file));
  format.check_addition(task.output, document);
}

}  // namespace

void declare_output_options(cli::OptionSet& options) {
  options.value("output", "FILE", "write the signature to this file; - is the standard output", 'o').kind =
      cli::ValueKind::file;
  options.value("output-dir", "DIR", "write the signatures into this folder").kind = cli::ValueKind::folder;
  options.value("cert-out", "FILE", "also write the signer's certificate, DER").kind = cli::ValueKind::file;
  options.flag("force", "replace files that exist");
}

SignPlan plan_signing(const cli::Arguments& arguments, const SignatureOptions& wanted, const cli::Context& context,
                      const std::vector<std::string>& other_inputs) {
  SignPlan plan;
  plan.if_exists = arguments.has("force") ? IfExists::replace : IfExists::refuse;
  plan.certificate_file = arguments.value("cert-out");
  const auto& documents = arguments.positional();
  if (arguments.has("output") && arguments.has("output-dir"))
    throw Error(ErrorKind::usage, "--output and --output-dir exclude each other");
  if (arguments.has("output") && documents.size() > 1) {
    throw Error(ErrorKind::usage,
                "--output is for one document, and " + std::to_string(documents.size()) + " were given",
                "--output-dir DIR takes the signatures of several");
  }
  if (plan.certificate_file == "-")
    throw Error(ErrorKind::usage, "--cert-out writes to a file", "'eidtool export-cert' writes to the standard output");
  std::size_t from_stdin = 0;
  for (const auto& document : documents) {
    from_stdin += document == "-" ? 1 : 0;
    plan.tasks.push_back({document, output_for(document, arguments, wanted.format)});
  }
  if (from_stdin > 1) throw Error(ErrorKind::usage, "the standard input can be signed only once");
  if (from_stdin == 1 && documents.size() > 1 && plan.tasks.size() > 1) {
    throw Error(ErrorKind::usage, "the standard input is signed alone, not beside other documents");
  }
  OutputCheck outputs(plan, other_inputs);
  for (const auto& task : plan.tasks) {
    if (!task.to_stdout() && context.output.confirms() && standard_streams::output() < 0) {
      throw Error(ErrorKind::io, "the standard output is closed: nobody would learn what was signed",
                  "--quiet without --json signs in silence");
    }
    if (task.to_stdout()) {
      if (wanted.adds) {
        throw Error(ErrorKind::usage, "--add takes the signatures of a file: the standard output has none",
                    "-o FILE names the signature file");
      }
      check_standard_output(context, wanted.encoding == formats::Encoding::pem ? Content::text : Content::binary,
                            arguments.has("output") ? Asked::by_name : Asked::by_default);
    } else {
      if (wanted.adds) check_addition(task, wanted.format);
      outputs.check(task.output, wanted.adds ? IfExists::replace : plan.if_exists);
    }
  }
  if (plan.certificate_file) outputs.check(*plan.certificate_file, plan.if_exists);
  return plan;
}

}  // namespace eidtool::commands
