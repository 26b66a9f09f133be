// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/pkcs15.hpp"

#include <array>

#include "crypto/asn1.hpp"
#include "crypto/der.hpp"

namespace eidtool::virtual_card::pkcs15 {

namespace asn1 = crypto::asn1;

namespace {

// Where the keys are said to be; they have no file of their own.
const Path key_folder = {0x3f00, 0x5f00};

// CommonObjectFlags (PKCS #15 §6.1.3)
constexpr unsigned flag_private = 0;
constexpr unsigned flag_modifiable = 1;

Bytes number(std::uint16_t value) {
  const std::array<std::uint8_t, 2> bytes = {static_cast<std::uint8_t>(value >> 8U),
                                             static_cast<std::uint8_t>(value & 0xffU)};
  return crypto::der::encoded_integer(bytes);
}

Bytes id_string(std::uint8_t id) { return asn1::octet_string(BytesView(&id, 1)); }

Bytes enumerated(std::uint8_t value) { return crypto::der::encoded(0x0a, BytesView(&value, 1)); }

Bytes path_of(const Path& path) {
  Bytes bytes;
  for (const auto file : path) {
    bytes.push_back(static_cast<std::uint8_t>(file >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(file & 0xffU));
  }
  return asn1::sequence({asn1::octet_string(bytes)});
}

/// commonObjectAttributes, classAttributes and typeAttributes [1] (§6.1.2).
Bytes object(const Bytes& common, const Bytes& of_class, const Bytes& of_type) {
  return asn1::sequence({common, of_class, asn1::context_constructed(1, of_type)});
}

Bytes rsa_key(const Path& path, std::uint16_t modulus_size) {
  return asn1::sequence({path_of(path), number(modulus_size)});
}

}  // namespace

Bytes token_info(BytesView serial_number, std::string_view manufacturer, std::string_view label) {
  constexpr unsigned login_required = 1;
  constexpr unsigned eid_compliant = 3;
  return asn1::sequence({asn1::integer(0), asn1::octet_string(serial_number), asn1::utf8_string(manufacturer),
                         asn1::context_primitive(0, as_bytes(label)),
                         asn1::named_bits({login_required, eid_compliant})});
}

Bytes object_directory(const Path& private_keys, const Path& public_keys, const Path& certificates, const Path& pins) {
  return asn1::joined(
      {asn1::context_constructed(0, path_of(private_keys)), asn1::context_constructed(1, path_of(public_keys)),
       asn1::context_constructed(4, path_of(certificates)), asn1::context_constructed(8, path_of(pins))});
}

Bytes pin_entry(const PinEntry& pin) {
  // PinFlags (§6.8.2)
  constexpr unsigned local = 1;
  constexpr unsigned initialized = 4;
  constexpr unsigned needs_padding = 5;
  constexpr std::uint8_t ascii_numeric = 1;
  constexpr std::uint8_t padding = 0xff;
  // References are up to 0x83: as INTEGER with a leading zero, which encoded_integer() gives, tagged [0].
  auto reference = crypto::der::encoded_integer(BytesView(&pin.reference, 1));
  reference[0] = crypto::der::tag::context(0);
  return object(asn1::sequence({asn1::utf8_string(pin.label), asn1::named_bits({flag_private, flag_modifiable})}),
                asn1::sequence({id_string(pin.id)}),
                asn1::sequence({asn1::named_bits({local, initialized, needs_padding}), enumerated(ascii_numeric),
                                asn1::integer(pin.least_size), asn1::integer(pin.most_size),
                                asn1::integer(pin.most_size), reference, id_string(padding), path_of(key_folder)}));
}

Bytes private_key_entry(const KeyEntry& key) {
  // KeyAccessFlags (§6.4.3)
  constexpr unsigned sensitive = 0;
  constexpr unsigned always_sensitive = 2;
  constexpr unsigned never_extractable = 3;
  constexpr unsigned local = 4;
  auto common =
      std::vector<Bytes>{asn1::utf8_string(key.label), asn1::named_bits({flag_private}), id_string(key.pin_id)};
  if (key.user_consent) common.push_back(asn1::integer(1));
  return object(asn1::sequence(common),
                asn1::sequence({id_string(key.id), asn1::named_bits({key.usage}), asn1::boolean_true(),
                                asn1::named_bits({sensitive, always_sensitive, never_extractable, local}),
                                asn1::integer(key.reference)}),
                rsa_key(key_folder, key.modulus_size));
}

Bytes public_key_entry(const KeyEntry& key) {
  return object(asn1::sequence({asn1::utf8_string(key.label), asn1::named_bits({flag_modifiable})}),
                asn1::sequence({id_string(key.id), asn1::named_bits({key.usage}), asn1::boolean_true(),
                                asn1::named_bits({4}), asn1::integer(key.reference)}),
                rsa_key(key_folder, key.modulus_size));
}

Bytes certificate_entry(std::string_view label, std::uint8_t id, bool authority, const Path& path) {
  std::vector<Bytes> of_class = {id_string(id)};
  if (authority) of_class.push_back(asn1::boolean_true());
  return object(asn1::sequence({asn1::utf8_string(label), asn1::named_bits({flag_modifiable})}),
                asn1::sequence(of_class), asn1::sequence({path_of(path)}));
}

}  // namespace eidtool::virtual_card::pkcs15
