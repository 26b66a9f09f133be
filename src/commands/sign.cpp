// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/pin_options.hpp"
#include "commands/choose_key.hpp"
#include "commands/file_list.hpp"
#include "commands/jobs.hpp"
#include "commands/manifest.hpp"
#include "commands/sign_batch.hpp"
#include "commands/sign_plan.hpp"
#include "commands/signature_options.hpp"
#include "commands/streams.hpp"
#include "commands/token_certificates.hpp"
#include "pkcs11/watch.hpp"

namespace eidtool::commands {

namespace {

class Sign : public cli::Command {
 public:
  std::string_view name() const override { return "sign"; }
  std::string_view summary() const override { return "Sign documents with a key that never leaves the card."; }
  std::vector<cli::Example> examples() const override {
    return {{"eidtool sign --pin-prompt doc.pdf", "writes doc.pdf.sig; asks for the PIN"},
            {"eidtool sign --as signature --cert-out cert.der doc.pdf",
             "with the key for signatures; also the certificate"},
            {"eidtool sign --format cades doc.pdf", "writes doc.pdf.p7s, a CMS signature that other tools check"},
            {"eidtool sign --pin-file pin - < doc.pdf > doc.sig", "in a pipe"}};
  }
  void declare_options(cli::OptionSet& options) const override {
    options.positional("FILE…", 0, static_cast<std::size_t>(-1));
    declare_file_list(options);
    declare_output_options(options);
    options.value("digest", "NAME", "sha256 (default), sha384, sha512, or sha1").choices = {"sha256", "sha384",
                                                                                            "sha512", "sha1"};
    options.value("padding", "NAME", "of RSA: pkcs1 (default) or pss").choices = {"pkcs1", "pss"};
    declare_signature_options(options);
    declare_jobs(options, "documents to work on at a time; default: one for each core, a card signs one by one");
    declare_token_options(options);
    declare_key_options(options);
    cli::declare_pin_options(options);
  }
  int run(const cli::Arguments& arguments, cli::Context& context) const override;
};

const SignatureAlgorithm& algorithm_for(const cli::Arguments& arguments, const crypto::PublicKey& key) {
  const auto digest = arguments.value("digest");
  const auto padding = arguments.value("padding");
  const auto description = key.description();
  if (padding && key.type() != KeyType::rsa) {
    throw Error(ErrorKind::usage, "--padding is for RSA keys, and this one is " + description);
  }
  if (digest && key.type() == KeyType::ed25519) {
    throw Error(ErrorKind::usage, "--digest is not for Ed25519: it hashes by itself");
  }
  auto wanted_padding = key.type() == KeyType::rsa ? Padding::pkcs1 : Padding::none;
  if (padding == "pss") wanted_padding = Padding::pss;
  const auto hash =
      key.type() == KeyType::ed25519 ? HashAlgorithm::none : hash_by_name(digest.value_or("sha256")).value();
  const auto* algorithm = find_signature_algorithm(key.type(), wanted_padding, hash);
  if (algorithm == nullptr) throw Error(ErrorKind::unsupported, "cannot sign so with an " + description + " key");
  return *algorithm;
}

/// What Ed25519 cannot take is told before a PIN is asked for; a pipe's size shows only in the reading.
void check_size(const SignTask& task) {
  if (task.read_once) return;  // a list, far below that
  std::error_code unknown;
  // A FIFO is opened once, when its turn comes.
  if (task.document != "-" && std::filesystem::is_fifo(task.document, unknown)) return;
  const auto document = open_document(task.document);
  if (document.size().value_or(0) <= pkcs11::largest_single_piece) return;
  throw Error(ErrorKind::unsupported,
              in_quotes(document.name()) + " is larger than 256 MiB: Ed25519 takes a document in one piece",
              "a key of another kind signs documents of any size")
      .with_file(task.document);
}

/// Says how often the PIN will be wanted, where that is more than once: before the first prompt where the
/// card's profile or the key tells, and else as soon as the login shows the key.
class PromptNotice {
 public:
  PromptNotice(const Pair& pair, const SignPlan& plan, const pkcs11::Authenticator& authenticator,
               const PinSource& pins, cli::Context& context)
      : pair_(pair), plan_(plan), authenticator_(authenticator), pins_(pins), context_(context) {}

  void before_login() {
    const auto* profile = pair_.token().profile();
    if (profile != nullptr && profile->pin_entry == pkcs11::PinEntry::by_module) {
      if (count_ > 1) {
        context_.console.notice("the card's module asks for the PIN by itself, up to " + std::to_string(count_) +
                                " times" + way_around());
      }
      return;
    }
    expected_ = profile != nullptr && profile->asks_each_time_for(pair_.purpose);
    if (pair_.private_key && !(profile != nullptr && profile->asks_before_every_signature)) {
      expected_ = pair_.private_key->flag(CKA_ALWAYS_AUTHENTICATE).value_or(expected_);
    }
    const auto entries = authenticator_.entry_count(pair_.token(), count_);
    if (expected_ && entries > 1) say(std::to_string(entries) + " prompts");
  }

  void after_login(const pkcs11::SigningKey& key) {
    const auto* profile = pair_.token().profile();
    if (profile != nullptr && profile->pin_entry == pkcs11::PinEntry::by_module) return;
    if (key.asks_before_every_signature() == expected_) return;
    if (expected_) {
      if (said_) context_.console.notice("this key turns out not to ask at every signature");
      return;
    }
    const auto entries = authenticator_.entry_count(pair_.token(), count_);
    if (entries > 0) say(counted(entries, "further prompt", "further prompts"));
  }

 private:
  void say(const std::string& prompts) {
    const bool is_stored = pins_.repeats() && !pair_.token().info().has(CKF_PROTECTED_AUTHENTICATION_PATH);
    if (is_stored && count_ == 1) return;
    said_ = true;
    const auto how_often = is_stored ? "the stored PIN is sent for each of " + std::to_string(count_) : prompts;
    context_.console.notice("this key asks at every signature: " + how_often + way_around());
  }

  std::string way_around() const {
    const bool can_list = count_ > 1 && !plan_.adds && !plan_.skips_existing;
    return can_list ? "; --manifest LIST makes one signature, of a list of all documents" : "";
  }

  const Pair& pair_;
  const SignPlan& plan_;
  std::size_t count_ = plan_.left_count();
  const pkcs11::Authenticator& authenticator_;
  const PinSource& pins_;
  cli::Context& context_;
  bool expected_ = false;
  bool said_ = false;
};

int Sign::run(const cli::Arguments& arguments, cli::Context& context) const {
  const auto selection = selection_from(arguments);
  const auto jobs = jobs_from(arguments);
  const auto pins = cli::pin_source(arguments, context, selection.uri ? selection.uri->pin_file() : std::nullopt);
  auto wanted = signature_options_from(arguments);
  Inputs inputs(*this, arguments, context);
  if (selection.uri && selection.uri->pin_file()) inputs.add(*selection.uri->pin_file());
  auto plan = plan_signing(arguments, wanted, context, inputs);
  if (plan.left_count() == 0) return finish_without_signing(plan, context);

  const auto pair = choose_pair(selection, context);
  if (!pair.certificate) {
    throw Error(ErrorKind::not_found,
                "key " + in_quotes(pair.label) + " on " + pair.token().subject() +
                    " has no certificate: nobody could check its signatures",
                "'eidtool objects --class certificate' lists the certificates");
  }
  check_certificate_file(plan, *pair.certificate);
  const auto& algorithm = algorithm_for(arguments, pair.certificate->public_key());
  pkcs11::check_signable(pair.token(), algorithm);
  if (plan.manifest) {
    if (const int status = list_documents(plan, jobs, context); status != cli::exit_status::done) return status;
  }
  // A container's signature is of attributes, whatever the size of the document.
  if (algorithm.key_type == KeyType::ed25519 && !wanted.format.is_container()) plan.check_each(context, check_size);
  if (now() > pair.certificate->not_after()) {
    context.console.warning("certificate " + in_quotes(pair.label) + " expired on " +
                            to_rfc3339(pair.certificate->not_after()));
  }
  if (wanted.format.is_container()) {
    // Whoever trusts the root has it, and whoever does not gains nothing by it.
    for (const auto& issuer : issuers_on_card(pair.token(), *pair.certificate, context)) {
      if (!issuer.is_self_issued()) wanted.intermediates.push_back(issuer);
    }
    std::vector certificates = {*pair.certificate};
    certificates.insert(certificates.end(), wanted.intermediates.begin(), wanted.intermediates.end());
    plan.check_each(context, [&](const SignTask& task) { check_room(task, wanted, algorithm, certificates); });
  }
  if (plan.left_count() == 0) return finish_without_signing(plan, context);

  pkcs11::Authenticator authenticator(
      *pins, arguments.has("allow-final-try") ? pkcs11::FinalTry::allow : pkcs11::FinalTry::refuse);
  if (algorithm.hash == HashAlgorithm::sha1) {
    context.console.warning(
        "SHA-1 proves little: another document with the same digest can be made; many refuse such signatures");
  }
  PromptNotice notice(pair, plan, authenticator, *pins, context);
  notice.before_login();
  auto key = open_signing_key(pair, authenticator);
  notice.after_login(key);
  const SignBatch batch{wanted, algorithm, pair, plan};
  const auto at_a_time = sign_jobs(jobs, arguments.has("jobs"), batch, key);
  const int status = sign_all(batch, std::move(key), at_a_time, context);
  // What a module does while its session is closed changes nothing in that.
  pkcs11::expect_end(status);
  return status;
}

}  // namespace

const cli::Command& sign() {
  static const Sign command;
  return command;
}

}  // namespace eidtool::commands
