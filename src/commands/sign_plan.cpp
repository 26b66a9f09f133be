// SPDX-License-Identifier: Apache-2.0
#include "commands/sign_plan.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/file_list.hpp"
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

/// The same text for all names of one place, whether or not a file is there yet. Each folder is looked at once.
class Places {
 public:
  std::string of(const std::filesystem::path& path) {
    std::error_code unknown;
    const auto name = path.filename();
    const bool stands_in_folder =
        !name.empty() && name != "." && name != ".." && !std::filesystem::is_symlink(path, unknown);
    if (!stands_in_folder) return resolved(path);
    const auto folder = path.parent_path().string();
    auto known = folders_.find(folder);
    if (known == folders_.end()) known = folders_.emplace(folder, resolved(folder.empty() ? "." : folder)).first;
    return (std::filesystem::path(known->second) / name).string();
  }

 private:
  static std::string resolved(const std::filesystem::path& path) {
    std::error_code unknown;
    // Of a relative name whose first part is not there weakly_canonical() makes no absolute one.
    const auto absolute = std::filesystem::absolute(path, unknown);
    const auto place = std::filesystem::weakly_canonical(absolute, unknown);
    return unknown ? path.string() : place.string();
  }

  std::map<std::string, std::string> folders_;
};

/// Opened and not merely looked at, so that what cannot be read, or must not be signed, is told before a PIN is asked
/// for.
void check_document(const std::string& name, const formats::Format& format) {
  // A FIFO is opened when its turn comes: opening it twice would lose its writer.
  std::error_code unknown;
  if (name != "-" && std::filesystem::is_fifo(name, unknown)) return;
  auto file = open_document(name);
  if (!file.is_regular()) return;
  format.check_document(name, file.head(formats::Content::beginning_size), file.size());
}

class OutputCheck {
 public:
  explicit OutputCheck(Inputs inputs) : inputs_(std::move(inputs)) {}

  /// Throws usage where it is another's as well.
  void claim(const std::string& output) {
    if (outputs_.insert(places_.of(output)).second) return;
    throw Error(ErrorKind::usage, in_quotes(output) + " would be written twice",
                "documents of one name need different folders, and each is named once");
  }

  /// Never to be written over, also where it cannot be opened or is not there: it was named as one to read.
  void add_document(const std::string& name) {
    if (name == "-") return inputs_.add(name);
    const auto identity = identity_of(name);
    if (identity) return inputs_.add(name, *identity);
    missing_.emplace(places_.of(name), name);
  }

  /// No input is written over, whatever else is signed.
  void check_is_no_input(const std::string& output) {
    inputs_.check_output(output);
    if (missing_.empty()) return;
    const auto found = missing_.find(places_.of(output));
    if (found == missing_.end()) return;
    throw Error(
        ErrorKind::io,
        in_quotes(output) + " is an input, " + in_quotes(found->second) + ", which is missing: it is not written",
        "another name, or another folder, keeps both")
        .with_file(output);
  }

 private:
  Inputs inputs_;
  Places places_;
  std::map<std::string, std::string> missing_;  // documents by their places
  std::set<std::string> outputs_;
};

/// How many had a signature file: one that is no input of this command, and a file.
std::size_t leave_out_existing(std::vector<SignTask>& tasks, Inputs inputs, const cli::Context& context) {
  for (const auto& task : tasks) {
    if (const auto identity = identity_of(task.document)) inputs.add(task.document, *identity);
  }
  return std::erase_if(tasks, [&](const SignTask& task) {
    std::error_code unknown;
    const bool is_there = !task.to_stdout() && std::filesystem::is_regular_file(task.output, unknown) &&
                          !descriptor_named_by(task.output) && !inputs.contain(task.output);
    if (is_there)
      context.console.detail(in_quotes(task.output) + " exists: " + in_quotes(task.document) + " is left out");
    return is_there;
  });
}

/// Where a signature is added, the file itself.
void find_target(SignTask& task, const cli::Context& context) {
  if (!identity_of(task.output)) {
    throw Error(ErrorKind::io, "there is no " + in_quotes(task.output) + " to which a signature could be added",
                "without --add a new one is made")
        .with_file(task.output);
  }
  std::error_code unknown;
  if (std::filesystem::is_symlink(task.output, unknown)) {
    task.target = std::filesystem::canonical(task.output).string();
  }
  const bool is_file = std::filesystem::is_regular_file(task.target, unknown);
  if (is_file && std::filesystem::hard_link_count(task.target, unknown) > 1 && !unknown) {
    context.console.warning(in_quotes(task.target) +
                            " has further names: under them stays the file without the added signature");
  }
}

/// What a container has to say of the document before a PIN is asked for: whether it can be put in, or whether the
/// signatures that are there are of it.
void check_container(SignTask& task, const SignatureOptions& wanted, const std::optional<std::string>& digest) {
  std::error_code unknown;
  const bool is_named = task.document != "-" && std::filesystem::is_regular_file(task.document, unknown);
  auto file = open_document(task.document);
  if (is_named && !wanted.adds) return wanted.format.check_attachable(file.name(), file.size(), wanted.encoding);
  auto document = std::make_unique<formats::Document>(std::move(file));
  if (wanted.adds) {
    // Of what is read once, that of the signature to be: SHA-256 is computed anyhow, SHA-512 goes with Ed25519.
    std::vector<HashAlgorithm> digests;
    if (!is_named) digests.push_back(hash_by_name(digest.value_or("sha512")).value());
    wanted.format.check_addition(task.target, *document, wanted.encoding, digests);
  } else {
    wanted.format.check_attachable(document->name(), document->size(), wanted.encoding);
  }
  if (!is_named) task.read_once = std::move(document);
}

/// Options that contradict each other, before a list of files is read.
void check_output_options(const cli::Arguments& arguments) {
  if (arguments.has("output") && arguments.has("output-dir"))
    throw Error(ErrorKind::usage, "--output and --output-dir exclude each other");
  constexpr std::array<std::pair<const char*, const char*>, 4> exclusions = {
      {{"skip-existing", "force"}, {"skip-existing", "add"}, {"manifest", "skip-existing"}, {"manifest", "add"}}};
  for (const auto& [one, other] : exclusions) {
    if (!arguments.has(one) || !arguments.has(other)) continue;
    throw Error(ErrorKind::usage, "--" + std::string(one) + " and --" + other + " exclude each other");
  }
  if (arguments.value("manifest") == "-")
    throw Error(ErrorKind::usage, "--manifest writes the list to a file, beside its signature");
  if (arguments.value("cert-out") == "-")
    throw Error(ErrorKind::usage, "--cert-out writes to a file", "'eidtool export-cert' writes to the standard output");
}

/// What is wrong with it is wrong for all documents.
void check_folder(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  throw io_error("cannot write into", folder, error ? error.value() : ENOTDIR);
}

void check_results_show(const SignPlan& plan, const SignatureOptions& wanted, const cli::Context& context) {
  const auto to_stdout = std::ranges::any_of(plan.tasks, &SignTask::to_stdout);
  if (!to_stdout && context.output.confirms() && standard_streams::output() < 0) {
    throw Error(ErrorKind::io, "the standard output is closed: nobody would learn what was signed",
                "--quiet without --json signs in silence");
  }
  if (to_stdout && wanted.adds) {
    throw Error(ErrorKind::usage, "--add takes the signatures of a file: the standard output has none",
                "-o FILE names the signature file");
  }
}

/// Each is found by its name again when the list is checked.
void check_listed(const std::vector<std::string>& documents) {
  Places places;
  std::set<std::string> listed;
  for (const auto& document : documents) {
    if (is_standard_input(document)) {
      throw Error(ErrorKind::usage, "the standard input has no name that a list could hold",
                  "write it to a file first, or sign it without --manifest");
    }
    if (!listed.insert(places.of(document)).second)
      throw Error(ErrorKind::usage, in_quotes(document) + " would be listed twice", "each is named once");
  }
}

void check_documents(const cli::Arguments& arguments, const std::vector<std::string>& documents) {
  if (arguments.has("output") && documents.size() > 1) {
    throw Error(ErrorKind::usage,
                "--output is for one document, and " + std::to_string(documents.size()) + " were given",
                "--output-dir DIR takes the signatures of several");
  }
  const auto from_stdin = std::ranges::count_if(documents, is_standard_input);
  if (from_stdin > 1) throw Error(ErrorKind::usage, "the standard input can be signed only once");
  if (from_stdin == 1 && documents.size() > 1) {
    throw Error(ErrorKind::usage, "the standard input is signed alone, not beside other documents");
  }
}

}  // namespace

void declare_output_options(cli::OptionSet& options) {
  options.value("output", "FILE", "write the signature to this file; - is the standard output", 'o').kind =
      cli::ValueKind::file;
  options.value("output-dir", "DIR", "write the signatures into this folder").kind = cli::ValueKind::folder;
  options.value("cert-out", "FILE", "also write the signer's certificate, DER").kind = cli::ValueKind::file;
  options.value("manifest", "LIST", "make one signature, of a list of the documents that is written to this file")
      .kind = cli::ValueKind::file;
  options.flag("force", "replace files that exist");
  options.flag("skip-existing", "leave out documents whose signature file exists");
}

void SignPlan::check_each(const cli::Context& context, const std::function<void(SignTask&)>& check) {
  for (auto& task : tasks) {
    if (task.failure) continue;
    try {
      check(task);
    } catch (Error& error) {  // per file of a batch
      if (error.kind() == ErrorKind::usage || tasks.size() + skipped_count < 2) throw;
      if (error.file().empty()) error.with_file(task.document);
      task.failure = error;
      context.console.error(error);
    }
  }
}

std::size_t SignPlan::left_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(tasks, [](const auto& task) { return !task.is_signed && !task.failure; }));
}

SignPlan plan_signing(const cli::Arguments& arguments, const SignatureOptions& wanted, const cli::Context& context,
                      const Inputs& inputs) {
  check_output_options(arguments);
  const auto documents = named_files(arguments, "FILE…");
  SignPlan plan;
  if (const auto list = arguments.value("manifest")) {
    check_listed(documents);
    plan.manifest = {*list, documents};
  } else {
    check_documents(arguments, documents);
  }
  plan.if_exists = arguments.has("force") ? IfExists::replace : IfExists::refuse;
  plan.certificate_file = arguments.value("cert-out");
  plan.adds = wanted.adds;
  plan.skips_existing = arguments.has("skip-existing");
  OutputCheck outputs(inputs);
  const auto add_task = [&](const std::string& document) {
    const auto output = output_for(document, arguments, wanted.format);
    if (output != "-") outputs.claim(output);
    plan.tasks.push_back({document, output, output});
  };
  if (plan.manifest) {
    add_task(plan.manifest->file);
    outputs.claim(plan.manifest->file);
  } else {
    for (const auto& document : documents) add_task(document);
  }
  if (plan.certificate_file) outputs.claim(*plan.certificate_file);
  if (plan.skips_existing) plan.skipped_count = leave_out_existing(plan.tasks, inputs, context);
  if (plan.tasks.empty()) return plan;
  check_results_show(plan, wanted, context);
  if (const auto folder = arguments.value("output-dir")) check_folder(*folder);
  for (const auto& document : documents) outputs.add_document(document);
  if (plan.manifest) {
    outputs.check_is_no_input(plan.manifest->file);
    check_writable(plan.manifest->file, plan.if_exists);
  } else {
    plan.check_each(context, [&](const SignTask& task) { check_document(task.document, wanted.format); });
  }
  if (wanted.adds) plan.check_each(context, [&](SignTask& task) { find_target(task, context); });
  for (const auto& task : plan.tasks) {
    if (!task.to_stdout()) outputs.check_is_no_input(task.target);
  }
  plan.check_each(context, [&](const SignTask& task) {
    if (!task.to_stdout()) return check_writable(task.target, wanted.adds ? IfExists::replace : plan.if_exists);
    check_standard_output(context, wanted.encoding == formats::Encoding::pem ? Content::text : Content::binary,
                          arguments.has("output") ? Asked::by_name : Asked::by_default);
  });
  if (plan.certificate_file) {
    const bool stays = plan.skips_existing && identity_of(*plan.certificate_file);
    outputs.check_is_no_input(*plan.certificate_file);
    check_writable(*plan.certificate_file, stays ? IfExists::replace : plan.if_exists);
  }
  if (plan.manifest) return plan;
  // Last, for it may take until somebody has written all of a pipe.
  plan.check_each(context, [&](SignTask& task) {
    if (wanted.adds || wanted.packaging == formats::Packaging::attached) {
      check_container(task, wanted, arguments.value("digest"));
    }
  });
  return plan;
}

void check_certificate_file(SignPlan& plan, const crypto::Certificate& certificate) {
  if (!plan.certificate_file || !plan.skips_existing || !identity_of(*plan.certificate_file)) return;
  constexpr std::size_t largest_certificate_size = 1U << 20U;
  const auto held = read_small_file(*plan.certificate_file, largest_certificate_size, "certificate");
  if (!std::ranges::equal(held, certificate.der())) {
    throw Error(
        ErrorKind::io,
        in_quotes(*plan.certificate_file) + " exists, and is not the certificate of the key that would sign, in DER",
        "another name for --cert-out keeps both")
        .with_file(*plan.certificate_file);
  }
  plan.certificate_is_there = true;
}

void check_room(const SignTask& task, const SignatureOptions& wanted, const SignatureAlgorithm& algorithm,
                const std::vector<crypto::Certificate>& certificates) {
  formats::PlannedFile file{task.target, wanted.adds, 0, wanted.encoding, algorithm, certificates};
  if (wanted.packaging == formats::Packaging::attached) {
    file.document_size =
        task.read_once ? task.read_once->size().value_or(0) : open_document(task.document).size().value_or(0);
  }
  wanted.format.check_room(file);
}

}  // namespace eidtool::commands
