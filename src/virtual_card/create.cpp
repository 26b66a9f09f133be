// SPDX-License-Identifier: Apache-2.0
#include <botan/pem.h>
#include <botan/pk_algs.h>
#include <botan/pkcs8.h>
#include <botan/system_rng.h>

#include <algorithm>
#include <future>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/exit_status.hpp"
#include "crypto/certificate.hpp"
#include "virtual_card/card_file.hpp"
#include "virtual_card/card_folder.hpp"
#include "virtual_card/card_record.hpp"
#include "virtual_card/chip/chip.hpp"
#include "virtual_card/commands.hpp"
#include "virtual_card/pki.hpp"
#include "virtual_card/revocation_list.hpp"

namespace eidtool::virtual_card {

namespace {

namespace fs = std::filesystem;
using std::chrono::days;

constexpr std::string_view authorities_mark = "# The authorities of a virtual card, made by eidtool-virtual-card";

/// One of each PIN, so that a wrong one is noticed.
struct PinOption {
  CardPinName name;
  const char* option;
  const char* standard;
};
constexpr std::array pin_options = {
    PinOption{CardPinName::authentication, "authentication-pin", "1111"},
    PinOption{CardPinName::signature, "signature-pin", "2222"},
    PinOption{CardPinName::address, "address-pin", "3333"},
};
constexpr const char* standard_puk = "12345678";
constexpr const char* standard_address = "RUA VIRTUAL 1, 1000-001 LISBOA";

/// What is wrong with the certificate for a purpose, as asked for.
struct Flaws {
  bool expired = false;
  bool not_yet_valid = false;
  bool revoked = false;
};

/// Everything that the command line says, checked.
struct CreationRequest {
  fs::path file;
  IfExists if_exists;
  std::optional<fs::path> authorities;
  Card card;  // but for keys and certificates
  std::size_t key_size;
  Validity validity;
  Flaws authentication;
  Flaws signature;

  const Flaws& flaws(Purpose purpose) const { return purpose == Purpose::signature ? signature : authentication; }
};

bool is_meant(const std::optional<std::string>& choice, Purpose purpose) {
  return choice == "both" || choice == name(purpose);
}

Flaws flaws_of(const cli::Arguments& arguments, Purpose purpose) {
  const Flaws flaws{is_meant(arguments.value("expired"), purpose), is_meant(arguments.value("not-yet-valid"), purpose),
                    is_meant(arguments.value("revoked"), purpose)};
  if (flaws.expired && flaws.not_yet_valid) {
    throw Error(ErrorKind::usage,
                std::string("the ") + name(purpose) + " certificate cannot be both expired and not yet valid");
  }
  return flaws;
}

Bytes random_card_number() {
  Bytes number(serial_number_size);
  Botan::System_RNG().randomize(number.data(), number.size());
  return number;
}

Card card_of(const cli::Arguments& arguments) {
  Card card;
  card.citizen = citizen_of(arguments);
  card.address = arguments.value("address").value_or(standard_address);
  if (card.address != printable(card.address)) {
    throw Error(ErrorKind::usage, "--address is not UTF-8 text of visible characters: " + in_quotes(card.address));
  }
  const auto puk = arguments.value("puk").value_or(standard_puk);
  check_card_puk("--puk", puk);
  for (const auto& option : pin_options) {
    const auto pin = arguments.value(option.option).value_or(option.standard);
    check_card_pin(std::string("--") + option.option, pin);
    card.pin(option.name) = {pin, chip::pin_tries, puk, chip::puk_tries};
  }
  if (const auto text = arguments.value("serial-number")) {
    const auto number = from_hex(*text);
    if (!number || number->size() != serial_number_size) {
      throw Error(ErrorKind::usage, "--serial-number cannot be " + in_quotes(*text), "it has 16 hex digits");
    }
    card.serial_number = *number;
  } else {
    card.serial_number = random_card_number();
  }
  return card;
}

CreationRequest creation_request_of(const cli::Arguments& arguments) {
  CreationRequest request{};
  request.file = arguments.positional().front();
  request.if_exists = arguments.has("force") ? IfExists::replace : IfExists::refuse;
  if (const auto folder = arguments.value("authorities")) request.authorities = *folder;
  request.card = card_of(arguments);
  request.key_size = arguments.value("key-size").value_or("3072") == "2048" ? 2048 : 3072;
  request.validity = validity_of(arguments, now());
  request.authentication = flaws_of(arguments, Purpose::authentication);
  request.signature = flaws_of(arguments, Purpose::signature);
  const bool is_revoked = request.authentication.revoked || request.signature.revoked;
  if (is_revoked && !request.authorities) {
    throw Error(ErrorKind::usage, "--revoked needs --authorities: nobody could learn of it",
                "--authorities FOLDER is where the revocation lists are written");
  }
  return request;
}

/// As long as asked for, and ended yesterday or beginning in a month.
Validity flawed(Validity validity, const Flaws& flaws) {
  const auto today = std::chrono::floor<days>(now());
  const auto length = validity.not_after - validity.not_before;
  if (flaws.expired) return {today - days(1) - length, today - days(1)};
  if (flaws.not_yet_valid) return {today + days(30), today + days(30) + length};
  return validity;
}

std::unique_ptr<Botan::Private_Key> generate(std::size_t key_size) {
  Botan::System_RNG random;
  return Botan::create_private_key("RSA", random, std::to_string(key_size));
}

/// The keys of the citizen and of the authorities, and everything that they sign.
class CardMaker {
 public:
  explicit CardMaker(CreationRequest request) : request_(std::move(request)) {
    // Some tenths of a second each: side by side.
    auto authentication = std::async(std::launch::async, generate, request_.key_size);
    auto signature = std::async(std::launch::async, generate, request_.key_size);
    const auto one = flawed(request_.validity, request_.authentication);
    const auto other = flawed(request_.validity, request_.signature);
    pki_.emplace(Pki::create(
        KeyType::rsa, {std::min(one.not_before, other.not_before), std::max(one.not_after, other.not_after)}, now()));
    add_pair(Purpose::authentication, *authentication.get(), one);
    add_pair(Purpose::signature, *signature.get(), other);
    card_.authentication_authority = pki_->issuer(Purpose::authentication).certificate;
    card_.signature_authority = pki_->issuer(Purpose::signature).certificate;
    card_.root_authority = pki_->citizen_card().certificate;
  }

  const Card& card() const { return card_; }

  void write_authorities(const CardFolder& folder) const {
    folder.write("README", as_bytes(std::string(authorities_mark) + R"(
#
# root, citizen-card, authentication-sub-ca, signature-sub-ca, the first above the others:
#   NAME.pem  its certificate
#   NAME.key  its private key, PKCS#8: anybody who has it issues certificates that look like this card's
#   NAME.crl  its revocation list, DER, valid for a year
)"));
    write_authority(folder, "root", pki_->root(), {});
    write_authority(folder, "citizen-card", pki_->citizen_card(), {});
    for (const auto purpose : {Purpose::authentication, Purpose::signature}) {
      write_authority(folder, std::string(name(purpose)) + "-sub-ca", pki_->issuer(purpose), revoked(purpose));
    }
  }

 private:
  void add_pair(Purpose purpose, const Botan::Private_Key& key, Validity validity) {
    const auto encoded = Botan::PKCS8::BER_encode(key);
    card_.pair(purpose) = {{encoded.begin(), encoded.end()},
                           pki_->issue(purpose, card_.citizen, key.subject_public_key(), validity)};
  }

  std::vector<RevokedCertificate> revoked(Purpose purpose) const {
    if (!request_.flaws(purpose).revoked) return {};
    const auto certificate = crypto::Certificate::from_der(card_.pair(purpose).certificate, "the certificate");
    return {{certificate.serial_number(), now()}};
  }

  static void write_authority(const CardFolder& folder, const std::string& name, const Authority& authority,
                              const std::vector<RevokedCertificate>& revoked) {
    const auto certificate = crypto::Certificate::from_der(authority.certificate, "the certificate");
    folder.write(name + ".pem", as_bytes(certificate.pem()));
    const auto key = Botan::PEM_Code::encode(authority.key.private_key_info(), "PRIVATE KEY");
    folder.write(name + ".key", as_bytes(key));
    folder.write(name + ".crl", revocation_list(authority, revoked, {now(), now() + days(365)}));
  }

  CreationRequest request_;
  Card card_ = request_.card;
  std::optional<Pki> pki_;
};

CardFolder::Kind authorities_kind() {
  CardFolder::Kind kind{"the authorities of a virtual card", "README", authorities_mark, {"README"}};
  for (const auto* authority : {"root", "citizen-card", "authentication-sub-ca", "signature-sub-ca"}) {
    for (const auto* suffix : {".pem", ".key", ".crl"}) kind.names.insert(std::string(authority) + suffix);
  }
  return kind;
}

class Create : public cli::Command {
 public:
  std::string_view name() const override { return "create"; }
  std::string_view summary() const override { return "make the file of an emulated Citizen Card"; }

  std::vector<cli::Example> examples() const override {
    return {
        {"eidtool-virtual-card create card.json", "a card with PINs 1111, 2222 and 3333"},
        {"eidtool-virtual-card create --given-names ANA --surname LIMA --signature-pin 2580 ana.json",
         "a card for somebody else"},
        {"eidtool-virtual-card create --revoked signature --authorities ca card.json",
         "one whose signature certificate was revoked, with the list that says so"},
    };
  }

  void declare_options(cli::OptionSet& options) const override {
    declare_citizen_options(options);
    options.value("address", "TEXT", std::string("address (default ") + standard_address + ")");
    options.value("serial-number", "HEX", "serial number of the card, 16 digits (default: random)");
    options.value("key-size", "BITS", "of the citizen's RSA keys: 3072 (default) or 2048").choices = {"2048", "3072"};
    for (const auto& option : pin_options) {
      options.value(option.option, "PIN",
                    std::string("4 to 8 digits, never those of a real card (default ") + option.standard + ")");
    }
    options.value("puk", "PUK", std::string("8 digits that unblock any PIN (default ") + standard_puk + ")");
    declare_validity_options(options);
    const std::vector<std::string> purposes = {"authentication", "signature", "both"};
    options.value("expired", "PURPOSE", "this certificate ended yesterday: authentication, signature or both").choices =
        purposes;
    options.value("not-yet-valid", "PURPOSE", "this certificate begins in 30 days").choices = purposes;
    options.value("revoked", "PURPOSE", "this certificate is on its issuer's revocation list").choices = purposes;
    options
        .value("authorities", "FOLDER",
               "write certificates, private keys and revocation lists of the authorities into this new folder")
        .kind = cli::ValueKind::folder;
    options.flag("force", "replace a card, and a folder of authorities, made there before");
    options.positional("FILE", 1, 1);
  }

  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    const auto request = creation_request_of(arguments);
    check_writable(request.file, request.if_exists);
    const DeferSignals signals;
    std::optional<CardFolder> folder;
    if (request.authorities) folder.emplace(*request.authorities, authorities_kind(), request.if_exists);
    const CardMaker maker(request);
    signals.check();
    if (folder) maker.write_authorities(*folder);
    write_card_file(request.file, maker.card(), request.if_exists);
    if (folder) folder->publish();

    auto record = card_record("Card of " + printable(request.card.citizen.common_name), request.file.string());
    record.add("serial_number", request.card.serial_number);
    if (folder) record.add("authorities", folder->target().string());
    record.add("certificates", certificate_records(maker.card()));
    context.output.confirm(record);
    for (const auto& option : pin_options) {
      if (!arguments.has(option.option)) {
        context.console.notice(std::string("the ") + eidtool::virtual_card::name(option.name) + " PIN is " +
                               option.standard);
      }
    }
    return cli::exit_status::done;
  }
};

}  // namespace

const cli::Command& create() {
  static const Create command;
  return command;
}

}  // namespace eidtool::virtual_card
