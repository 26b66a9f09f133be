// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/citizen_files.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "base/time.hpp"
#include "crypto/asn1.hpp"
#include "crypto/certificate.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

namespace {

/// A file of text at fixed places.
class Layout {
 public:
  explicit Layout(std::size_t size) : bytes_(size, 0) {}

  /// What is longer than its place ends at a whole character.
  Layout& put(std::size_t position, std::size_t size, std::string_view text) {
    auto fitting = std::min(text.size(), size);
    if (fitting < text.size()) {
      while (fitting > 0 && (static_cast<unsigned char>(text[fitting]) & 0xc0U) == 0x80U) --fitting;
    }
    std::copy_n(text.begin(), fitting, bytes_.begin() + static_cast<std::ptrdiff_t>(position));
    return *this;
  }

  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// 23 11 2026, as the card writes dates.
std::string date_of(Time time) {
  const auto text = to_rfc3339(time);
  return text.substr(8, 2) + " " + text.substr(5, 2) + " " + text.substr(0, 4);
}

/// `BI123456789`: without the kind of document.
std::string_view digits_of(std::string_view civil_number) {
  const auto first = civil_number.find_first_of("0123456789");
  return first == std::string_view::npos ? civil_number : civil_number.substr(first);
}

Bytes data_group_hash(std::uint8_t number, BytesView content) {
  return asn1::sequence({asn1::integer(number), asn1::octet_string(crypto::digest(HashAlgorithm::sha256, content))});
}

}  // namespace

Bytes citizen_data(const Card& card) {
  const auto certificate = crypto::Certificate::from_der(card.authentication.certificate, "the card's certificate");
  const auto number = digits_of(card.citizen.civil_number);
  return Layout(1372)
      .put(0, 40, "República Portuguesa")
      .put(40, 80, "PRT")
      .put(120, 34, "Cartão de Cidadão VIRTUAL")
      .put(154, 28, number)
      .put(182, 16, to_hex(card.serial_number))
      .put(214, 16, "VIRTUAL")
      .put(230, 20, date_of(certificate.not_before()))
      .put(310, 20, date_of(certificate.not_after()))
      .put(330, 120, card.citizen.surname)
      .put(450, 120, card.citizen.given_names)
      .put(572, 6, "PRT")
      .put(606, 18, number)
      .bytes();
}

Bytes citizen_address(const Card& card) {
  return Layout(1146).put(0, 2, "N").put(2, 4, "PT").put(450, 200, card.address).bytes();
}

Bytes security_object(BytesView citizen_data, BytesView citizen_address) {
  const auto sha256 = asn1::sequence({asn1::object_identifier("2.16.840.1.101.3.4.2.1")});
  const auto hashes = asn1::sequence({data_group_hash(1, citizen_data), data_group_hash(2, citizen_address)});
  const auto content = asn1::octet_string(asn1::sequence({asn1::integer(0), sha256, hashes}));
  return asn1::sequence({asn1::object_identifier("1.2.840.113549.1.7.1"), asn1::context_constructed(0, content)});
}

Bytes card_trace() {
  constexpr std::size_t place_of_validation = 5;
  constexpr std::uint8_t active = 1;
  Bytes content(8, 0);
  content[place_of_validation] = active;
  return content;
}

}  // namespace eidtool::virtual_card
