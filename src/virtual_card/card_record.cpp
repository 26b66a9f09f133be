// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/card_record.hpp"

#include "crypto/certificate.hpp"
#include "crypto/public_key.hpp"

namespace eidtool::virtual_card {

cli::Record card_record(const std::string& heading, const std::string& file) {
  cli::Record record("emulated_card");
  record.heading(heading).add("file", file);
  return record;
}

std::vector<cli::Record> certificate_records(const Card& card) {
  std::vector<cli::Record> records;
  for (const auto purpose : {Purpose::authentication, Purpose::signature}) {
    const auto certificate = crypto::Certificate::from_der(card.pair(purpose).certificate, "the card's certificate");
    cli::Record record;
    record.add("purpose", std::string(name(purpose)))
        .add("key", certificate.public_key().description())
        .add("subject", certificate.subject())
        .add("issuer", certificate.issuer())
        .add("serial_number", certificate.serial_number())
        .add("not_before", certificate.not_before())
        .add("not_after", certificate.not_after());
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace eidtool::virtual_card
