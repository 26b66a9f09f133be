// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/card_contents.hpp"

#include "crypto/asn1.hpp"
#include "crypto/certificate.hpp"
#include "crypto/public_key.hpp"
#include "virtual_card/citizen_files.hpp"
#include "virtual_card/labels.hpp"
#include "virtual_card/pkcs15.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

// Where things are: CardPteidDef.h and PKCS15.cpp of the state's middleware (amagovpt/autenticacao.gov), and
// pkcs15-pteid.c of OpenSC 0.23.
using Place = std::vector<std::uint16_t>;
const Place object_directory = {0x4f00, 0x5031};
const Place token_info = {0x4f00, 0x5032};
const Place pins_directory = {0x5f00, 0x4401};
const Place citizen_data_file = {0x5f00, 0xef02};
const Place address_file = {0x5f00, 0xef05};
const Place security_object_file = {0x5f00, 0xef06};
const Place notepad_file = {0x5f00, 0xef07};
const Place certificates_directory = {0x5f00, 0xef0c};
const Place private_keys_directory = {0x5f00, 0xef0d};
const Place public_keys_directory = {0x5f00, 0xef0e};
const Place trace_file = {0x0003};

struct CertificateFile {
  std::string_view label;
  std::uint8_t id;
  bool authority;
  Place place;
  const Bytes& content;
};

std::vector<CertificateFile> certificate_files(const Card& card) {
  const auto citizen = [&](Purpose purpose, std::uint16_t file) {
    const auto labels = labels_of(purpose);
    return CertificateFile{labels.certificate, labels.id, false, {0x5f00, file}, card.pair(purpose).certificate};
  };
  const auto authority = [](AuthorityLabel label, std::uint16_t file, const Bytes& content) {
    return CertificateFile{label.certificate, label.id, true, {0x5f00, file}, content};
  };
  return {citizen(Purpose::authentication, 0xef09), citizen(Purpose::signature, 0xef08),
          authority(signature_authority_label, 0xef0f, card.signature_authority),
          authority(authentication_authority_label, 0xef10, card.authentication_authority),
          authority(root_authority_label, 0xef11, card.root_authority)};
}

/// References and ids of the PINs, in the order of card_pin_names; the labels are the middleware's.
struct PinPlace {
  CardPinName name;
  std::string_view label;
  std::uint8_t id;
  std::uint8_t reference;
};
constexpr std::array pin_places = {
    PinPlace{CardPinName::authentication, "AUTHENTICATION PIN", 1, 0x81},
    PinPlace{CardPinName::signature, "SIGNATURE PIN", 2, 0x82},
    PinPlace{CardPinName::address, "ADDRESS PIN", 3, 0x83},
};
constexpr const PinPlace& place_of(CardPinName name) { return pin_places[static_cast<std::size_t>(name)]; }

// References of the keys on the card, as pkcs15-tool prints them of real ones.
constexpr std::uint8_t signature_key_reference = 1;
constexpr std::uint8_t authentication_key_reference = 2;

constexpr CardPinName pin_of(Purpose purpose) {
  return purpose == Purpose::signature ? CardPinName::signature : CardPinName::authentication;
}

pkcs15::KeyEntry key_entry(const Card& card, Purpose purpose) {
  const bool signs = purpose == Purpose::signature;
  const auto labels = labels_of(purpose);
  const auto certificate = crypto::Certificate::from_der(card.pair(purpose).certificate, "the card's certificate");
  return {labels.key,
          labels.id,
          place_of(pin_of(purpose)).id,
          signs ? signature_key_reference : authentication_key_reference,
          signs ? pkcs15::usage_non_repudiation : pkcs15::usage_sign,
          signs,
          static_cast<std::uint16_t>(certificate.public_key().size())};
}

pkcs15::Path absolute(const Place& place) {
  pkcs15::Path path = {0x3f00};
  path.insert(path.end(), place.begin(), place.end());
  return path;
}

Bytes private_keys(const Card& card) {
  return asn1::joined({pkcs15::private_key_entry(key_entry(card, Purpose::signature)),
                       pkcs15::private_key_entry(key_entry(card, Purpose::authentication))});
}

Bytes public_keys(const Card& card) {
  auto signature = key_entry(card, Purpose::signature);
  auto authentication = key_entry(card, Purpose::authentication);
  signature.usage = authentication.usage = pkcs15::usage_verify;
  return asn1::joined({pkcs15::public_key_entry(signature), pkcs15::public_key_entry(authentication)});
}

Bytes certificates(const Card& card) {
  std::vector<Bytes> entries;
  for (const auto& file : certificate_files(card)) {
    entries.push_back(pkcs15::certificate_entry(file.label, file.id, file.authority, absolute(file.place)));
  }
  return asn1::joined(entries);
}

Bytes pins() {
  std::vector<Bytes> entries;
  for (const auto& place : pin_places) {
    entries.push_back(pkcs15::pin_entry({place.label, place.id, place.reference, 4, chip::pin_size}));
  }
  return asn1::joined(entries);
}

/// Always as long as it can be: a card's file does not grow.
Bytes notepad(const Card& card) {
  Bytes content(notepad_size, 0);
  std::copy(card.notepad.begin(), card.notepad.end(), content.begin());
  return content;
}

std::vector<chip::File> files(const Card& card) {
  const auto data = citizen_data(card);
  const auto address = citizen_address(card);
  std::vector<chip::File> files = {
      {trace_file, card_trace()},
      {object_directory, pkcs15::object_directory(absolute(private_keys_directory), absolute(public_keys_directory),
                                                  absolute(certificates_directory), absolute(pins_directory))},
      {token_info, pkcs15::token_info(card.serial_number, "GEMALTO", card_label)},
      {pins_directory, pins()},
      {private_keys_directory, private_keys(card)},
      {public_keys_directory, public_keys(card)},
      {certificates_directory, certificates(card)},
      {citizen_data_file, data},
      {address_file, address, place_of(CardPinName::address).reference},
      {security_object_file, security_object(data, address)},
      {notepad_file, notepad(card), std::nullopt, place_of(CardPinName::authentication).reference},
  };
  for (const auto& file : certificate_files(card)) files.push_back({file.place, file.content});
  return files;
}

}  // namespace

chip::Contents chip_contents(const Card& card) {
  chip::Contents contents;
  // That of the cards with 3072-bit keys, one of those by which OpenSC 0.23 knows the card.
  contents.answer_to_reset = *from_hex(
      "3bff96000081"
      "31fe4380318065b0850401"
      "20120fff829000d0");
  contents.application = *from_hex("604632ff000002");
  contents.files = files(card);
  for (const auto& place : pin_places) {
    const auto& pin = card.pin(place.name);
    contents.pins.push_back({place.reference, pin.value, pin.tries_left, pin.puk, pin.puk_tries_left});
  }
  for (const auto purpose : {Purpose::signature, Purpose::authentication}) {
    const auto entry = key_entry(card, purpose);
    contents.keys.push_back({entry.reference, place_of(pin_of(purpose)).reference, entry.user_consent,
                             card.pair(purpose).private_key_info});
  }
  return contents;
}

void take_over(Card& card, const chip::Contents& contents) {
  for (std::size_t index = 0; index < pin_places.size(); ++index) {
    auto& pin = card.pin(pin_places[index].name);
    const auto& changed = contents.pins[index];
    pin = {changed.value, changed.tries_left, changed.puk, changed.puk_tries_left};
  }
  for (const auto& file : contents.files) {
    if (file.path != notepad_file) continue;
    card.notepad = file.content;
    while (!card.notepad.empty() && card.notepad.back() == 0) card.notepad.pop_back();
  }
}

}  // namespace eidtool::virtual_card
