// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/exit_status.hpp"
#include "crypto/certificate.hpp"
#include "crypto/public_key.hpp"
#include "virtual_card/card_folder.hpp"
#include "virtual_card/citizen.hpp"
#include "virtual_card/commands.hpp"
#include "virtual_card/key_kind.hpp"
#include "virtual_card/labels.hpp"
#include "virtual_card/pki.hpp"
#include "virtual_card/profile.hpp"
#include "virtual_card/softhsm.hpp"

namespace eidtool::virtual_card {

namespace {

namespace fs = std::filesystem;

constexpr const char* standard_pin = "1234";
constexpr const char* standard_so_pin = "12345678";

/// Everything that the command line says, checked.
struct ProvisionRequest {
  Profile profile;
  KeyKind key_kind;
  Citizen citizen;
  Validity validity;
  bool always_authenticate;
  fs::path module;
  std::string label;
  Pin pin;
  Pin so_pin;
};

struct Made {
  cli::Record token;
  std::vector<std::string> certificates;
};

fs::path module_of(const cli::Context& context) {
  if (context.modules.size() > 1) throw Error(ErrorKind::usage, "--module was given twice", "a card is made in one");
  return context.modules.empty() ? find_softhsm() : fs::path(context.modules.front());
}

ProvisionRequest provision_request_of(const cli::Arguments& arguments, const cli::Context& context) {
  ProvisionRequest request{};
  request.profile = *find_profile(arguments.value("profile").value_or("card1"));
  request.key_kind = *find_key_kind(arguments.value("key-type").value_or(std::string(request.profile.key_kind)));
  request.citizen = citizen_of(arguments);
  request.validity = validity_of(arguments, now());
  request.always_authenticate = arguments.value("always-authenticate").value_or("yes") == "yes";
  request.label = arguments.value("label").value_or(std::string(card_label));
  check_token_label(request.label);
  request.pin = checked_pin("pin", arguments.value("pin").value_or(standard_pin));
  request.so_pin = checked_pin("so-pin", arguments.value("so-pin").value_or(standard_so_pin));
  request.module = module_of(context);
  return request;
}

CardFolder::Kind folder_kind() {
  return {"a virtual card", "softhsm2.conf", softhsm_configuration_mark, {"softhsm2.conf", "tokens", "certificates"}};
}

class Maker {
 public:
  Maker(ProvisionRequest request, const CardFolder& folder, const DeferSignals& signals)
      : request_(std::move(request)), folder_(folder), signals_(signals) {}

  Made make() {
    folder_.add_folder("tokens");
    folder_.add_folder("certificates");
    write_configuration(folder_.beginning() / "tokens");
    const auto pki = Pki::create(request_.profile.authority_key_type, request_.validity, now());
    signals_.check();
    fill_token(pki);
    // The module is closed: from here on the token is where its final name says.
    write_configuration(folder_.target() / "tokens");
    keep("root", pki.root().certificate);
    keep("citizen-card-ca", pki.citizen_card().certificate);
    keep("authentication-sub-ca", pki.issuer(Purpose::authentication).certificate);
    keep("signature-sub-ca", pki.issuer(Purpose::signature).certificate);
    return std::move(made_);
  }

 private:
  void write_configuration(const fs::path& tokens) {
    folder_.write("softhsm2.conf", as_bytes(softhsm_configuration(tokens)));
  }

  void keep(const std::string& name, const Bytes& certificate) {
    const auto file = "certificates/" + name + ".der";
    folder_.write(file, certificate);
    made_.certificates.push_back((folder_.target() / file).string());
  }

  void fill_token(const Pki& pki) {
    const SofthsmToken token({request_.module, folder_.beginning() / "softhsm2.conf", request_.label,
                              std::move(request_.pin), std::move(request_.so_pin)});
    add_pair(token, pki, Purpose::authentication);
    add_pair(token, pki, Purpose::signature);
    if (request_.profile.holds_ca_certificates) {
      const auto store = [&](AuthorityLabel label, const Authority& authority) {
        token.store_certificate(std::string(label.certificate), label.id, SofthsmToken::Category::authority,
                                authority.certificate);
      };
      store(authentication_authority_label, pki.issuer(Purpose::authentication));
      store(signature_authority_label, pki.issuer(Purpose::signature));
      store(root_authority_label, pki.citizen_card());
    }
    const auto info = token.token().info();
    made_.token.add("label", info.label).add("serial_number", info.serial_number).add("uri", token.token().uri());
  }

  void add_pair(const SofthsmToken& token, const Pki& pki, Purpose purpose) {
    signals_.check();
    const auto labels = labels_of(purpose);
    const bool always_authenticate = purpose == Purpose::signature && request_.always_authenticate;
    const auto public_key = token.generate({std::string(labels.key), labels.id, request_.key_kind,
                                            subject_name(request_.citizen, purpose), always_authenticate});
    const auto certificate = pki.issue(purpose, request_.citizen, public_key, request_.validity);
    token.store_certificate(std::string(labels.certificate), labels.id, SofthsmToken::Category::citizen, certificate);
    keep(std::string("citizen-") + name(purpose), certificate);
  }

  ProvisionRequest request_;
  const CardFolder& folder_;
  const DeferSignals& signals_;
  Made made_;
};

/// A word of a shell's command line.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:-+,@%";
  if (text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

class Provision : public cli::Command {
 public:
  std::string_view name() const override { return "provision"; }
  std::string_view summary() const override { return "make a SoftHSM token that holds a virtual citizen"; }

  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool-virtual-card provision card", "a card as most citizens have it, in the new folder 'card'"},
        {"eval \"$(eidtool-virtual-card provision --quiet card)\"", "the same, and SoftHSM uses it from here on"},
        {"eidtool-virtual-card provision --profile card2 --given-names ANA --surname LIMA --pin 2580 ana",
         "a card of the new kind, for somebody else"},
    };
  }

  void declare_options(cli::OptionSet& options) const override {
    auto& profile = options.value("profile", "NAME",
                                  "card1: RSA 3072, with the certificates of the authorities (default); "
                                  "card2: EC P-256, without them");
    for (const auto& one : profiles) profile.choices.emplace_back(one.name);
    auto& key_type = options.value("key-type", "TYPE", "rsa2048, rsa3072, rsa4096, p256, p384, p521 or ed25519");
    for (const auto& kind : key_kinds) key_type.choices.emplace_back(kind.name);
    declare_citizen_options(options);
    declare_validity_options(options);
    options.value("label", "TEXT", "label of the token (default " + std::string(card_label) + ")");
    options.value("pin", "TEXT",
                  std::string("PIN of the virtual citizen, never a real one (default ") + standard_pin + ")");
    options.value("so-pin", "TEXT",
                  std::string("PIN of the token's security officer (default ") + standard_so_pin + ")");
    options
        .value("always-authenticate", "WHEN", "ask for the PIN before every qualified signature: yes (default) or no")
        .choices = {"yes", "no"};
    options.flag("force", "replace a virtual card that was made in the folder before");
    options.positional("FOLDER", 1, 1);
  }

  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    auto request = provision_request_of(arguments, context);
    const auto citizen = request.citizen.common_name;
    const auto profile = std::string(request.profile.name);
    const auto module = request.module.string();

    const DeferSignals signals;
    CardFolder folder(arguments.positional().front(), folder_kind(),
                      arguments.has("force") ? IfExists::replace : IfExists::refuse);
    const auto configuration = (folder.target() / "softhsm2.conf").string();
    (void)softhsm_configuration(folder.target() / "tokens");  // whether it can be named at all
    auto made = Maker(std::move(request), folder, signals).make();
    const auto facts =
        crypto::Certificate::read_file(folder.beginning() / "certificates" / "citizen-authentication.der");
    signals.check();
    folder.publish();

    cli::Record record("virtual_card");
    record.heading("Virtual citizen " + brief(citizen))
        .add("folder", folder.target().string())
        .add("profile", profile)
        .add("key_type", std::string(eidtool::name(facts.public_key().type())))
        .add("key_size", static_cast<std::int64_t>(facts.public_key().size()))
        .add("subject", facts.subject())
        .add("issuer", facts.issuer())
        .add("not_before", facts.not_before())
        .add("not_after", facts.not_after())
        .add_record("token", std::move(made.token))
        .add("module", module)
        .add("certificates", std::move(made.certificates))
        .add("configuration", configuration);
    context.output.confirm(record);
    if (!arguments.has("pin")) context.console.notice(std::string("the PIN is ") + standard_pin);
    if (!context.output.is_json()) context.output.line("export SOFTHSM2_CONF=" + shell_word(configuration));
    return cli::exit_status::done;
  }
};

}  // namespace

const cli::Command& provision() {
  static const Provision command;
  return command;
}

}  // namespace eidtool::virtual_card
