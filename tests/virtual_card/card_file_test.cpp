// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/card_file.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "virtual_card/card_contents.hpp"

namespace eidtool::tests {

namespace {

using namespace virtual_card;
namespace fs = std::filesystem;

/// The text of a card file that `create` made.
const std::string& card_file() {
  static const std::string text = [] {
    Desk desk(no_tokens);
    REQUIRE(desk.run({from_meson("EIDTOOL_VIRTUAL_CARD"), "create", "--key-size", "2048", "card.json"}).status == 0);
    return desk.read("card.json");
  }();
  return text;
}

std::string with(const std::string& from, const std::string& to) {
  auto text = card_file();
  const auto place = text.find(from);
  REQUIRE(place != std::string::npos);
  return text.replace(place, from.size(), to);
}

std::string complaint(const std::string& text) {
  try {
    (void)parse_card(text, "card.json");
    return "none";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::malformed);
    return error.what();
  }
}

/// What another process is told that wants the card too.
bool is_free_for_another(const fs::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const CardFile other(file);
      ::_exit(0);
    } catch (const Error&) {
      ::_exit(1);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a card file says all of a card, and nothing is lost on the way") {
  const auto card = parse_card(card_file(), "card.json");
  CHECK(card_text(card) == card_file());
  CHECK(card.serial_number.size() == 8);
  CHECK(card.pin(CardPinName::signature).value == "2222");
  CHECK(card.pin(CardPinName::address).tries_left == 3);
  CHECK(contains(card_file(), "\"given_names\": \"JOÃO\""));
}

TEST_CASE("a notepad of any bytes is kept") {
  auto card = parse_card(card_file(), "card.json");
  for (const auto& notepad : {Bytes{}, Bytes{'O', 'l', 0xc3, 0xa1}, Bytes{0xff, 0xfe, 0}, Bytes(1000, 'x')}) {
    card.notepad = notepad;
    CHECK(parse_card(card_text(card), "card.json").notepad == notepad);
    auto contents = chip_contents(card);
    Card changed = card;
    changed.notepad.clear();
    take_over(changed, contents);
    auto without_zeros = notepad;
    while (!without_zeros.empty() && without_zeros.back() == 0) without_zeros.pop_back();
    CHECK(changed.notepad == without_zeros);
  }
}

TEST_CASE("what is wrong with a card file is told by the member that it is in") {
  struct Row {
    const char* from;
    const char* to;
    const char* complaint;
  };
  constexpr Row rows[] = {
      {"{", "[", "it is not JSON"},
      {"eidtool-virtual-card", "something", "'format' is not eidtool-virtual-card"},
      {"\"version\": 1", "\"version\": 2", "'version' is not 1"},
      {"\"version\": 1", "\"version\": \"1\"", "'version' is no number"},
      {"\"serial_number\": \"", "\"serial_number\": \"00", "'serial_number' has not 8 bytes"},
      {"\"serial_number\": \"", "\"serial_number\": \"x", "'serial_number' is not hex"},
      {"\"surname\"", "\"nickname\"", "'citizen.surname' is missing"},
      {"\"address\": \"", "\"extra\": 1, \"address\": \"", "'extra' is unknown"},
      {"\"value\": \"1111\"", "\"value\": \"111\"", "'pins.authentication.value' is not 4 to 8 digits"},
      {"\"value\": \"1111\"", "\"value\": \"11a1\"", "'pins.authentication.value' is not 4 to 8 digits"},
      {"\"tries_left\": 3", "\"tries_left\": 4", "'pins.authentication.tries_left' is no number from 0 to 3"},
      {"\"tries_left\": 3", "\"tries_left\": -1", "'pins.authentication.tries_left' is no number from 0 to 3"},
      {"\"puk\": \"12345678\"", "\"puk\": \"1234\"", "'pins.authentication.puk' is not 8 digits"},
      {"-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----", "'authentication.private_key' is no PEM"},
      {"-----BEGIN CERTIFICATE-----", "-----BEGIN THING-----", "'authentication.certificate' is no PEM"},
      {"\"root\": [", "\"root\": [1,", "'authorities.root' is no list of lines"},
      {"\"notepad\": \"\"", "\"notepad_hex\": \"0\"", "'notepad_hex' is not hex"},
  };
  for (const auto& row : rows) {
    INFO(row.from << " -> " << row.to);
    CHECK(contains(complaint(with(row.from, row.to)), row.complaint));
  }
  CHECK(contains(complaint(""), "it is not JSON"));
  CHECK(contains(complaint("[]"), "is no JSON object"));
  auto card = parse_card(card_file(), "card.json");
  std::swap(card.authentication.certificate, card.signature.certificate);
  CHECK(contains(complaint(card_text(card)), "'authentication.certificate' is for another key"));
  // Of a type that is not known: 1.2.840.113549.1.1.127 for rsaEncryption.
  card = parse_card(card_file(), "card.json");
  constexpr std::array<std::uint8_t, 9> rsa_encryption = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1};
  auto& certificate = card.authentication.certificate;
  const auto type = std::search(certificate.begin(), certificate.end(), rsa_encryption.begin(), rsa_encryption.end());
  REQUIRE(type != certificate.end());
  type[8] = 0x7f;
  CHECK(contains(complaint(card_text(card)), "public keys of type 1.2.840.113549.1.1.127 are not supported"));
  card = parse_card(card_file(), "card.json");
  card.notepad = Bytes(1001, 'x');
  CHECK(contains(complaint(card_text(card)), "'notepad' has more than 1000 bytes"));
}

TEST_CASE("one process has the card, by whatever name, and also after the file was replaced") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "card.json";
  write_file(file, card_file());
  fs::create_symlink("card.json", folder.path() / "link");
  CHECK(is_free_for_another(file));
  CHECK_FALSE(holder_of(file));
  {
    CardFile mine(folder.path() / "link");
    CHECK_FALSE(is_free_for_another(file));
    CHECK_FALSE(is_free_for_another(folder.path() / "link"));
    auto card = mine.card();
    card.pin(CardPinName::signature).tries_left = 1;
    mine.store(card);
    CHECK_FALSE(is_free_for_another(file));
    CHECK(fs::is_symlink(folder.path() / "link"));
  }
  CHECK(is_free_for_another(file));
  CHECK(read_card_file(file).pin(CardPinName::signature).tries_left == 1);
}

TEST_CASE("a card that cannot be stored is as it was, with nothing beside it") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "card.json";
  write_file(file, card_file());
  CardFile mine(file);
  auto card = mine.card();
  card.pins[0].tries_left = 1;
  // Its name is taken by a folder that is not empty, which no rename replaces.
  fs::remove(file);
  fs::create_directories(file / "in the way");
  CHECK_THROWS_AS(mine.store(card), Error);
  CHECK(mine.card().pins[0].tries_left == 3);
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a card file is for its owner alone") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "card.json";
  write_card_file(file, parse_card(card_file(), "card.json"), IfExists::refuse);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_THROWS_AS(write_card_file(file, parse_card(card_file(), "card.json"), IfExists::refuse), Error);
}

}  // namespace eidtool::tests
