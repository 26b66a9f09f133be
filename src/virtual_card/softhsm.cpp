// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/softhsm.hpp"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/asn1.hpp"
#include "crypto/certificate.hpp"
#include "crypto/der.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/module.hpp"
#include "pkcs11/slot.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace fs = std::filesystem;
using pkcs11::check;

namespace {

constexpr std::size_t label_size = 32;       // bytes, CK_TOKEN_INFO
constexpr std::size_t least_pin_size = 4;    // bytes, SoftHSM 2.6.1's MIN_PIN_LEN
constexpr std::size_t most_pin_size = 255;   // its MAX_PIN_LEN
constexpr std::size_t most_path_size = 900;  // SoftHSM reads lines of its configuration into 1024 bytes

/// Any other module could have a real card in a reader, and it would be overwritten.
pkcs11::Module load(const SofthsmToken::Settings& settings) {
  if (::setenv("SOFTHSM2_CONF", settings.configuration.c_str(), 1) != 0) {
    throw io_error("cannot set SOFTHSM2_CONF to", settings.configuration.string(), errno);
  }
  auto module = pkcs11::Module::load(settings.module);
  if (module.info().manufacturer != "SoftHSM") {
    throw Error(ErrorKind::usage, "module " + in_quotes(module.name()) + " is not SoftHSM",
                "--module names its library, libsofthsm2.so; without it the installed one is found");
  }
  return module;
}

CK_UTF8CHAR* mutable_bytes(const Pin& pin) {
  // Cryptoki takes a PIN by a pointer to non-const and only reads it.
  return const_cast<CK_UTF8CHAR*>(pin.bytes().data());
}

std::optional<pkcs11::Token> find_token(const pkcs11::Module& module, bool initialised) {
  for (const auto& slot : module.slots(pkcs11::Module::Slots::with_token)) {
    auto token = slot.token();
    if (token && token->info().has(CKF_TOKEN_INITIALIZED) == initialised) return token;
  }
  return std::nullopt;
}

pkcs11::Token initialise_token(const pkcs11::Module& module, const SofthsmToken::Settings& settings) {
  const auto subject = "module " + in_quotes(module.name());
  const auto blank = find_token(module, false);
  if (!blank || find_token(module, true)) {
    throw Error(ErrorKind::module_failed, subject + " does not look where SOFTHSM2_CONF says");
  }
  std::array<CK_UTF8CHAR, label_size> label{};
  label.fill(' ');
  std::copy(settings.label.begin(), settings.label.end(), label.begin());
  check(module.functions().C_InitToken(blank->slot_id(), mutable_bytes(settings.so_pin), settings.so_pin.size(),
                                       label.data()),
        "C_InitToken", subject);
  // SoftHSM moves a new token to a slot of another number.
  auto token = find_token(module, true);
  if (!token) throw Error(ErrorKind::module_failed, subject + " shows no token after it made one");
  return *token;
}

void set_pin(const pkcs11::Token& token, const SofthsmToken::Settings& settings) {
  const auto session = token.open_session(pkcs11::Token::Access::read_write);
  check(session.login(CKU_SO, &settings.so_pin), "C_Login", token.subject());
  check(session.functions().C_InitPIN(session.handle(), mutable_bytes(settings.pin), settings.pin.size()), "C_InitPIN",
        token.subject());
}

pkcs11::Session open(const SofthsmToken::Settings& settings) {
  const auto module = load(settings);
  auto token = initialise_token(module, settings);
  set_pin(token, settings);
  token.refresh();
  auto session = token.open_session(pkcs11::Token::Access::read_write);
  check(session.login(CKU_USER, &settings.pin), "C_Login", token.subject());
  return session;
}

CK_MECHANISM_TYPE generating_mechanism(KeyType type) {
  switch (type) {
    case KeyType::rsa: return CKM_RSA_PKCS_KEY_PAIR_GEN;
    case KeyType::ec: return CKM_EC_KEY_PAIR_GEN;
    case KeyType::ed25519: return CKM_EC_EDWARDS_KEY_PAIR_GEN;
  }
  throw Error(ErrorKind::internal, "a type of key without a mechanism");
}

pkcs11::Template public_template(const SofthsmToken::KeyPair& pair) {
  pkcs11::Template attributes;
  attributes.add_flag(CKA_TOKEN, true)
      .add_flag(CKA_PRIVATE, false)
      .add(CKA_LABEL, pair.label)
      .add(CKA_ID, BytesView(&pair.id, 1))
      .add_flag(CKA_VERIFY, true)
      .add_flag(CKA_ENCRYPT, false)
      .add_flag(CKA_WRAP, false);
  if (pair.kind.type == KeyType::rsa) {
    constexpr std::array<std::uint8_t, 3> exponent = {1, 0, 1};
    attributes.add_number(CKA_MODULUS_BITS, pair.kind.modulus_size).add(CKA_PUBLIC_EXPONENT, exponent);
  } else {
    attributes.add(CKA_EC_PARAMS, asn1::object_identifier(pair.kind.curve_oid));
  }
  return attributes;
}

pkcs11::Template private_template(const SofthsmToken::KeyPair& pair) {
  pkcs11::Template attributes;
  attributes.add_flag(CKA_TOKEN, true)
      .add_flag(CKA_PRIVATE, true)
      .add_flag(CKA_SENSITIVE, true)
      .add_flag(CKA_EXTRACTABLE, false)
      .add_flag(CKA_ALWAYS_AUTHENTICATE, pair.always_authenticate)
      .add(CKA_LABEL, pair.label)
      .add(CKA_ID, BytesView(&pair.id, 1))
      .add(CKA_SUBJECT, pair.subject)
      .add_flag(CKA_SIGN, true)
      .add_flag(CKA_DECRYPT, false)
      .add_flag(CKA_UNWRAP, false);
  return attributes;
}

Bytes rsa_public_key_info(const pkcs11::Object& key) {
  const auto numbers = asn1::sequence({crypto::der::encoded_integer(key.attribute(CKA_MODULUS)),
                                       crypto::der::encoded_integer(key.attribute(CKA_PUBLIC_EXPONENT))});
  return asn1::sequence(
      {asn1::sequence({asn1::object_identifier("1.2.840.113549.1.1.1"), asn1::null()}), asn1::bit_string(numbers)});
}

/// CKA_EC_POINT is an OCTET STRING around the point (PKCS#11 2.40 Mechanisms §2.3.3), or for Ed25519
/// around the key's 32 bytes.
Bytes curve_public_key_info(const pkcs11::Object& key, const KeyKind& kind) {
  const auto wrapped = key.attribute(CKA_EC_POINT);
  const auto point = crypto::der::Reader(wrapped).next(crypto::der::tag::octet_string).content;
  const auto curve = asn1::object_identifier(kind.curve_oid);
  const auto algorithm = kind.type == KeyType::ed25519
                             ? asn1::sequence({curve})  // RFC 8410 §3: no parameters
                             : asn1::sequence({asn1::object_identifier("1.2.840.10045.2.1"), curve});
  return asn1::sequence({algorithm, asn1::bit_string(point)});
}

}  // namespace

const std::string_view softhsm_configuration_mark = "# A virtual card, made by eidtool-virtual-card";

fs::path find_softhsm() {
  std::error_code ignored;
  std::vector<fs::path> folders = {"/usr/lib/softhsm", "/usr/local/lib/softhsm", "/usr/lib64/softhsm",
                                   "/usr/lib64/pkcs11"};
  // Debian's multiarch folders: /usr/lib/x86_64-linux-gnu/softhsm.
  for (const auto& entry : fs::directory_iterator("/usr/lib", ignored)) {
    if (entry.path().filename().string().find("-linux-gnu") != std::string::npos) {
      folders.push_back(entry.path() / "softhsm");
    }
  }
  for (const auto& folder : folders) {
    auto file = folder / "libsofthsm2.so";
    if (fs::exists(file, ignored)) return file;
  }
  throw Error(ErrorKind::not_found, "SoftHSM's library libsofthsm2.so is not installed",
              "install softhsm2, or name the library with --module");
}

std::string softhsm_configuration(const fs::path& tokens) {
  const auto folder = tokens.string();
  if (folder.size() > most_path_size || printable(folder) != folder || trimmed(folder) != folder ||
      folder.find('#') != std::string::npos || folder.find('=') != std::string::npos) {
    throw Error(ErrorKind::unsupported, "SoftHSM's configuration cannot name the folder " + in_quotes(folder),
                "choose a shorter name, without '#', '=' and invisible characters");
  }
  return std::string(softhsm_configuration_mark) + "\ndirectories.tokendir = " + folder +
         "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
}

SofthsmToken::SofthsmToken(const Settings& settings) : session_(open(settings)) {}

Bytes SofthsmToken::generate(const KeyPair& pair) const {
  CK_MECHANISM mechanism{generating_mechanism(pair.kind.type), nullptr, 0};
  // The lists of attributes point into the templates.
  const auto public_part = public_template(pair);
  const auto private_part = private_template(pair);
  auto public_attributes = public_part.attributes();
  auto private_attributes = private_part.attributes();
  CK_OBJECT_HANDLE public_handle = 0;
  CK_OBJECT_HANDLE private_handle = 0;
  check(session_.functions().C_GenerateKeyPair(session_.handle(), &mechanism, public_attributes.data(),
                                               public_attributes.size(), private_attributes.data(),
                                               private_attributes.size(), &public_handle, &private_handle),
        "C_GenerateKeyPair", token().subject() + ", key " + in_quotes(pair.label));
  const pkcs11::Object key(session_, public_handle);
  return pair.kind.type == KeyType::rsa ? rsa_public_key_info(key) : curve_public_key_info(key, pair.kind);
}

void SofthsmToken::store_certificate(const std::string& label, std::uint8_t id, Category category,
                                     const Bytes& der) const {
  const auto certificate = crypto::Certificate::from_der(der, label);
  // CKA_CERTIFICATE_CATEGORY (PKCS#11 2.40 §4.6.2): 1 token user, 2 authority.
  pkcs11::Template attributes;
  attributes.add_number(CKA_CLASS, CKO_CERTIFICATE)
      .add_number(CKA_CERTIFICATE_TYPE, CKC_X_509)
      .add_number(CKA_CERTIFICATE_CATEGORY, category == Category::citizen ? 1 : 2)
      .add_flag(CKA_TOKEN, true)
      .add_flag(CKA_PRIVATE, false)
      .add(CKA_LABEL, label)
      .add(CKA_ID, BytesView(&id, 1))
      .add(CKA_SUBJECT, certificate.subject_der())
      .add(CKA_ISSUER, certificate.issuer_der())
      .add(CKA_SERIAL_NUMBER, crypto::der::encoded_integer(certificate.serial_number()))
      .add(CKA_VALUE, der);
  (void)session_.create_object(attributes);
}

void check_token_label(const std::string& label) {
  if (label.size() > label_size) {
    throw Error(ErrorKind::usage,
                "--label has " + std::to_string(label.size()) + " bytes, a token's label has at most " +
                    std::to_string(label_size),
                "letters with accents take two");
  }
  if (trimmed(label) != label || label.empty() || printable(label) != label) {
    throw Error(ErrorKind::usage, "--label cannot be " + in_quotes(label),
                "it is UTF-8 text of visible characters, without blanks at its ends");
  }
}

Pin checked_pin(const std::string& option, const std::string& pin) {
  if (pin.size() < least_pin_size || pin.size() > most_pin_size) {
    throw Error(ErrorKind::usage, "--" + option + " has " + counted(pin.size(), "character", "characters") +
                                      ", SoftHSM takes " + std::to_string(least_pin_size) + " to " +
                                      std::to_string(most_pin_size));
  }
  Pin result;
  for (const char c : pin) result.append(c);
  return result;
}

}  // namespace eidtool::virtual_card
