// SPDX-License-Identifier: Apache-2.0
#include <botan/data_src.h>
#include <botan/exceptn.h>
#include <botan/pem.h>
#include <botan/pkcs8.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/certificate.hpp"
#include "crypto/public_key.hpp"
#include "virtual_card/card.hpp"
#include "virtual_card/chip/chip.hpp"

namespace eidtool::virtual_card {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* format_name = "eidtool-virtual-card";
constexpr int format_version = 1;
constexpr const char* key_label = "PRIVATE KEY";
constexpr const char* certificate_label = "CERTIFICATE";

bool is_digits(const std::string& text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && text.find_first_not_of("0123456789") == std::string::npos;
}

/// PEM as a list of lines: a reader of the file sees where it begins and ends.
Json pem_lines(const char* label, const Bytes& der) {
  Json lines = Json::array();
  for (const auto& line : split(Botan::PEM_Code::encode(der, label), '\n')) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

bool is_text(const Bytes& bytes) {
  try {
    (void)Json(std::string(bytes.begin(), bytes.end())).dump();
    return true;
  } catch (const Json::exception&) {
    return false;  // not UTF-8
  }
}

/// One object of the file. Every member is asked for; what is left over is unknown.
class Members {
 public:
  Members(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object.is_object()) throw wrong("", "is no JSON object");
  }

  Error wrong(const std::string& member, const std::string& what) const {
    const auto whole = member.empty() || place_.empty() ? place_ + member : place_ + "." + member;
    return malformed((whole.empty() ? "it" : "its " + in_quotes(whole)) + " " + what);
  }

  bool has(const std::string& member) const { return object_.contains(member); }

  const Json& get(const std::string& member) {
    seen_.insert(member);
    const auto found = object_.find(member);
    if (found == object_.end()) throw wrong(member, "is missing");
    return *found;
  }
  Members object(const std::string& member) {
    return Members(get(member), place_.empty() ? member : place_ + "." + member);
  }
  std::string text(const std::string& member) {
    const auto& value = get(member);
    if (!value.is_string()) throw wrong(member, "is no text");
    return value.get<std::string>();
  }
  unsigned number(const std::string& member, unsigned most) {
    const auto& value = get(member);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
      throw wrong(member, "is no number from 0 to " + std::to_string(most));
    }
    return value.get<unsigned>();
  }
  Bytes hex(const std::string& member) {
    const auto bytes = from_hex(text(member));
    if (!bytes) throw wrong(member, "is not hex");
    return *bytes;
  }
  Bytes pem(const std::string& member, const char* label) {
    const auto& value = get(member);
    std::string text;
    if (!value.is_array()) throw wrong(member, "is no list of lines");
    for (const auto& line : value) {
      if (!line.is_string()) throw wrong(member, "is no list of lines");
      text += line.get<std::string>() + "\n";
    }
    try {
      const auto bytes = Botan::PEM_Code::decode_check_label(text, label);
      return {bytes.begin(), bytes.end()};
    } catch (const Botan::Exception&) {
      throw wrong(member, std::string("is no PEM of a ") + label);
    }
  }

  void end() const {
    for (const auto& [member, value] : object_.items()) {
      if (!seen_.contains(member)) throw wrong(member, "is unknown");
    }
  }

 private:
  const Json& object_;
  std::string place_;
  std::set<std::string> seen_;
};

Json pin_json(const Card::Pin& pin) {
  return {
      {"value", pin.value}, {"tries_left", pin.tries_left}, {"puk", pin.puk}, {"puk_tries_left", pin.puk_tries_left}};
}

Card::Pin read_pin(Members members) {
  Card::Pin pin{members.text("value"), members.number("tries_left", chip::pin_tries), members.text("puk"),
                members.number("puk_tries_left", chip::puk_tries)};
  if (!is_digits(pin.value, 4, 8)) throw members.wrong("value", "is not 4 to 8 digits");
  if (!is_digits(pin.puk, 8, 8)) throw members.wrong("puk", "is not 8 digits");
  members.end();
  return pin;
}

Json pair_json(const Card::Pair& pair) {
  return {{"private_key", pem_lines(key_label, pair.private_key_info)},
          {"certificate", pem_lines(certificate_label, pair.certificate)}};
}

Bytes read_certificate(Members& members, const std::string& member) {
  auto der = members.pem(member, certificate_label);
  (void)crypto::Certificate::from_der(der, "the certificate");
  return der;
}

Card::Pair read_pair(Members members) {
  Card::Pair pair{members.pem("private_key", key_label), read_certificate(members, "certificate")};
  members.end();
  const auto certificate = crypto::Certificate::from_der(pair.certificate, "the certificate");
  std::optional<crypto::PublicKey> key;
  try {
    Botan::DataSource_Memory source(pair.private_key_info);
    key = crypto::PublicKey::from_der(Botan::PKCS8::load_key(source)->subject_public_key());
  } catch (const Botan::Exception&) {
    throw members.wrong("private_key", "is no private key");
  }
  if (key->type() != KeyType::rsa || key->size() < 2048 || key->size() > 4096) {
    throw members.wrong("private_key", "is not one of RSA, 2048 to 4096 bits");
  }
  if (certificate.public_key().modulus() != key->modulus()) {
    throw members.wrong("certificate", "is for another key");
  }
  return pair;
}

Card read_card(Members members) {
  if (members.text("format") != format_name) throw members.wrong("format", std::string("is not ") + format_name);
  if (members.number("version", 1000) != format_version) {
    throw members.wrong("version", "is not " + std::to_string(format_version) + ": another eidtool made it");
  }
  Card card;
  card.serial_number = members.hex("serial_number");
  if (card.serial_number.size() != serial_number_size) throw members.wrong("serial_number", "has not 8 bytes");
  auto citizen = members.object("citizen");
  card.citizen.given_names = citizen.text("given_names");
  card.citizen.surname = citizen.text("surname");
  card.citizen.common_name = citizen.text("common_name");
  card.citizen.civil_number = citizen.text("civil_number");
  citizen.end();
  card.address = members.text("address");
  if (members.has("notepad_hex")) {
    card.notepad = members.hex("notepad_hex");
  } else {
    const auto notepad = members.text("notepad");
    card.notepad.assign(notepad.begin(), notepad.end());
  }
  if (card.notepad.size() > notepad_size) throw members.wrong("notepad", "has more than 1000 bytes");
  auto pins = members.object("pins");
  for (const auto pin : card_pin_names) card.pin(pin) = read_pin(pins.object(name(pin)));
  pins.end();
  for (const auto purpose : {Purpose::authentication, Purpose::signature}) {
    card.pair(purpose) = read_pair(members.object(name(purpose)));
  }
  auto authorities = members.object("authorities");
  card.authentication_authority = read_certificate(authorities, "authentication");
  card.signature_authority = read_certificate(authorities, "signature");
  card.root_authority = read_certificate(authorities, "root");
  authorities.end();
  members.end();
  return card;
}

}  // namespace

std::string card_text(const Card& card) {
  Json json = {
      {"format", format_name},
      {"version", format_version},
      {"serial_number", to_hex(card.serial_number)},
      {"citizen",
       {{"given_names", card.citizen.given_names},
        {"surname", card.citizen.surname},
        {"common_name", card.citizen.common_name},
        {"civil_number", card.citizen.civil_number}}},
      {"address", card.address},
  };
  if (is_text(card.notepad)) {
    json["notepad"] = std::string(card.notepad.begin(), card.notepad.end());
  } else {
    json["notepad_hex"] = to_hex(card.notepad);
  }
  for (const auto pin : card_pin_names) json["pins"][name(pin)] = pin_json(card.pin(pin));
  for (const auto purpose : {Purpose::authentication, Purpose::signature}) {
    json[name(purpose)] = pair_json(card.pair(purpose));
  }
  json["authorities"] = {{"authentication", pem_lines(certificate_label, card.authentication_authority)},
                         {"signature", pem_lines(certificate_label, card.signature_authority)},
                         {"root", pem_lines(certificate_label, card.root_authority)}};
  return json.dump(2) + "\n";
}

Card parse_card(const std::string& text, const std::filesystem::path& file) {
  try {
    return read_card(Members(Json::parse(text), ""));
  } catch (const Json::exception&) {
    throw malformed(in_quotes(file.string()) + " is no card file: it is not JSON",
                    "'eidtool-virtual-card create' makes one")
        .with_file(file.string());
  } catch (const Error& error) {
    throw malformed(in_quotes(file.string()) + " is no sound card file: " + error.what(),
                    "eidtool-virtual-card(5) describes it; 'eidtool-virtual-card create' makes one")
        .with_file(file.string());
  }
}

void check_card_pin(const std::string& what, const std::string& pin) {
  if (!is_digits(pin, 4, 8)) throw Error(ErrorKind::usage, what + " takes 4 to 8 digits");
}

void check_card_puk(const std::string& what, const std::string& puk) {
  if (!is_digits(puk, 8, 8)) throw Error(ErrorKind::usage, what + " takes 8 digits");
}

}  // namespace eidtool::virtual_card
