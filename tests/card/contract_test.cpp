// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <regex>
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"

namespace eidtool::tests {

namespace {

/// A Citizen Card of the first kind in a reader: the emulated one, or, where EIDTOOL_CARD_READER names a reader
/// of this machine, the real one in there. Commands go to it by opensc-tool. Nothing here spends a try or writes; a
/// real card signs only where EIDTOOL_CARD_PIN_FILE names a file with its authentication PIN.
class CardInReader {
 public:
  CardInReader() {
    if (const char* reader = std::getenv("EIDTOOL_CARD_READER")) {
      reader_ = reader;
      real_ = std::make_unique<Desk>(no_tokens);
      real_->module_options = {"--module", opensc_module()};
    } else {
      emulated_ = std::make_unique<CardDesk>(CardKind{""});
      emulated_->insert();
      reader_ = "Virtual PCD 00 00";
    }
  }

  static bool is_there() { return std::getenv("EIDTOOL_CARD_READER") != nullptr || has_card_reader(); }

  /// The data and the status word of the last of some commands, in hex.
  std::string send(const std::vector<std::string>& commands) const {
    std::vector<std::string> words = {"opensc-tool", "--reader", reader_};
    for (const auto& command : commands) words.insert(words.end(), {"-s", command});
    const auto output = run(words).output;
    // Received (SW1=0x90, SW2=0x00):\n6F 13 81 02 … …text…
    static const std::regex received(
        R"(Received \(SW1=0x([0-9A-F]{2}), SW2=0x([0-9A-F]{2})\)(:?)\n((?:[0-9A-F]{2} .*\n)*))");
    std::string last = "nothing: " + output;
    for (std::sregex_iterator each(output.begin(), output.end(), received), end; each != end; ++each) {
      last.clear();
      for (const auto& line : lines_of((*each)[4])) {
        for (std::size_t index = 0; index + 2 < line.size() && index < 16 * 3 && line[index + 2] == ' '; index += 3) {
          last += line.substr(index, 2);
        }
      }
      last += (*each)[1].str() + (*each)[2].str();
    }
    return last;
  }

  const Desk& desk() const { return emulated_ ? *emulated_ : *real_; }
  /// Nothing where the real card's holder did not allow it.
  std::optional<std::string> pin_file() const {
    if (emulated_) return "../authentication";
    const char* file = std::getenv("EIDTOOL_CARD_PIN_FILE");
    return file == nullptr ? std::nullopt : std::optional<std::string>(file);
  }

  std::string answer_to_reset() const { return run({"opensc-tool", "--reader", reader_, "--atr"}).output; }

 private:
  Outcome run(const std::vector<std::string>& words) const { return desk().run(words); }

  std::unique_ptr<CardDesk> emulated_;
  std::unique_ptr<Desk> real_;
  std::string reader_;
};

const std::string application = "00:A4:04:0C:07:60:46:32:FF:00:00:02";

std::string status_of(const std::string& answer) {
  return answer.size() < 4 ? answer : answer.substr(answer.size() - 4);
}

}  // namespace

TEST_CASE("contract: the card is known by its answer to reset") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  const std::vector<std::string> known = {"3b:7d:95:00:00:80:31:80:65:b0:83:11:c0:a9:83:00:90:00",
                                          "3b:7d:95:00:00:80:31:80:65:b0:83:11:00:c8:83:00:90:00",
                                          "3b:ff:96:00:00:81:31:80:43:80:31:80:65:b0:85:03:00:ef:12:0f:ff:82:90:00:67",
                                          "3b:ff:96:00:00:81:31:fe:43:80:31:80:65:b0:85:04:01:20:12:0f:ff:82:90:00:d0"};
  const auto answer = card.answer_to_reset();
  INFO(answer);
  CHECK(std::any_of(known.begin(), known.end(), [&](const auto& one) { return contains(answer, one); }));
}

TEST_CASE("contract: the application and the files of PKCS#15 are selected by name and path") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  CHECK(card.send({application}) == "9000");
  for (const auto* file : {"4F:00:50:31", "4F:00:50:32", "5F:00:44:01", "5F:00:EF:0C", "5F:00:EF:0D", "5F:00:EF:09",
                           "5F:00:EF:08", "5F:00:EF:02", "5F:00:EF:05", "5F:00:EF:06", "5F:00:EF:07"}) {
    INFO(file);
    const auto answer = card.send({application, "00:A4:08:00:04:" + std::string(file) + ":00"});
    INFO(answer);
    CHECK(answer.rfind("6F", 0) == 0);
    CHECK(status_of(answer) == "9000");
    CHECK(contains(answer, "8201"));  // an elementary file has a descriptor, a folder has none
  }
  CHECK_FALSE(contains(card.send({application, "00:A4:08:00:02:5F:00:00"}), "8201"));
  CHECK(status_of(card.send({application, "00:A4:08:00:04:5F:00:EF:99:00"})) == "6A82");
}

TEST_CASE("contract: the token information names the card, and a read past the end is refused") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  const std::string select = "00:A4:08:0C:04:4F:00:50:32";
  const auto info = card.send({application, select, "00:B0:00:00:00"});
  INFO(info);
  CHECK(contains(info, "43415254414F204445204349444144414F"));  // CARTAO DE CIDADAO
  CHECK(status_of(card.send({application, select, "00:B0:7F:00:01"})) == "6B00");
}

TEST_CASE("contract: asking for the state of a PIN tells the tries, and spends none") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  for (const auto* pin : {"81", "82", "83"}) {
    const std::string ask = "00:20:00:" + std::string(pin);
    const auto first = card.send({application, ask});
    INFO(pin << ": " << first);
    CHECK((first.rfind("63C", 0) == 0 || first == "6983"));
    CHECK(card.send({application, ask, ask, ask, ask}) == first);
  }
}

TEST_CASE("contract: the address is behind its PIN, and signing behind the key's") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  CHECK(status_of(card.send({application, "00:A4:08:0C:04:5F:00:EF:05", "00:B0:00:00:01"})) == "6982");
  std::string data = "00:2A:90:A0:22:90:20";
  for (int byte = 0; byte < 32; ++byte) data += ":11";
  for (const auto* key : {"01", "02"}) {
    INFO(key);
    const auto environment = "00:22:41:B6:06:80:01:42:84:01:" + std::string(key);
    CHECK(card.send({application, environment}) == "9000");
    CHECK(card.send({application, environment, data}) == "9000");
    CHECK(status_of(card.send({application, environment, data, "00:2A:9E:9A:80"})) == "6982");
  }
}

TEST_CASE("contract: with its PIN the card signs, and OpenSSL verifies") {
  if (!CardInReader::is_there()) return;
  const CardInReader card;
  const auto pin_file = card.pin_file();
  if (!pin_file) return skip("EIDTOOL_CARD_PIN_FILE does not allow the card in the reader to sign");
  const auto& desk = card.desk();
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign doc --cert-out c.der --pin-file " + *pin_file);
  INFO(signing.errors);
  REQUIRE(signing.status == 0);
  desk.write("key.pem", desk.run({"openssl", "x509", "-inform", "DER", "-in", "c.der", "-noout", "-pubkey"}).output);
  CHECK(desk.run({"openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "doc.sig", "doc"}).status == 0);
}

}  // namespace eidtool::tests
