// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// A slot as pkcs11-tool -L prints it: its fields by their names.
struct Listed {
  std::string description;
  std::map<std::string, std::string> fields;
};

std::vector<Listed> listed_by_pkcs11_tool(const std::string& output) {
  std::vector<Listed> slots;
  for (const auto& line : lines_of(output)) {
    const auto colon = line.find(": ");
    if (line.rfind("Slot ", 0) == 0) {
      slots.push_back({line.substr(colon + 2), {}});
    } else if (!slots.empty() && colon != std::string::npos) {
      auto name = line.substr(2, colon - 2);
      name.erase(name.find_last_not_of(' ') + 1);
      slots.back().fields[name] = line.substr(colon + 2);
    }
  }
  return slots;
}

/// The flags as each of the two spells them.
std::set<std::string> flags_of(const std::string& text) {
  static const std::map<std::string, std::string> names = {{"login required", "login_required"},
                                                           {"token initialized", "token_initialized"},
                                                           {"PIN initialized", "user_pin_initialized"},
                                                           {"readonly", "write_protected"}};
  std::set<std::string> flags;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(", ", begin), text.size());
    const auto word = text.substr(begin, end - begin);
    flags.insert(names.count(word) != 0 ? names.at(word) : word);
    begin = end + 2;
  }
  return flags;
}

}  // namespace

TEST_CASE("the card shows as the three tokens that its holder knows, and pkcs11-tool sees the same") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  const auto status = json_lines(desk.virtual_card("status --json ../card.json").output).at(0);
  const auto tool = listed_by_pkcs11_tool(desk.run({"pkcs11-tool", "--module", desk.module_options[1], "-L"}).output);
  const auto ours = json_lines(desk.eidtool("slots --all --json").output);
  REQUIRE(tool.size() == 4);
  REQUIRE(ours.size() == 4);
  const std::vector<std::string> pins = {"Auth", "Sign", "Address"};
  for (std::size_t index = 0; index < 3; ++index) {
    const auto& slot = ours[index];
    auto fields = tool[index].fields;
    INFO(pins[index]);
    CHECK(slot.text("/token/label") == "CARTAO DE CIDADAO (" + pins[index] + " PIN)");
    CHECK(slot.text("/token/manufacturer") == "GEMALTO");
    CHECK(slot.text("/token/model") == "PKCS#15 emulated");
    CHECK(slot.text("/token/serial_number") == status.text("/serial_number"));
    CHECK(slot.text("/token/profile") == "Portuguese Citizen Card");
    CHECK(slot.text("/token/pin_state") == "ok");
    CHECK(slot.number("/token/pin_min_length") == 4);
    CHECK(slot.number("/token/pin_max_length") == 8);
    CHECK(slot.text("/token/hardware_version") == "0.0");
    CHECK(slot.text("/token/firmware_version") == "0.0");

    CHECK(slot.text("/description") == tool[index].description);
    CHECK(slot.text("/token/label") == fields["token label"]);
    CHECK(slot.text("/token/manufacturer") == fields["token manufacturer"]);
    CHECK(slot.text("/token/model") == fields["token model"]);
    CHECK(slot.text("/token/serial_number") == fields["serial num"]);
    CHECK(slot.text("/token/hardware_version") == fields["hardware version"]);
    CHECK(slot.text("/token/firmware_version") == fields["firmware version"]);
    CHECK(std::to_string(slot.number("/token/pin_min_length")) + "/" +
              std::to_string(slot.number("/token/pin_max_length")) ==
          fields["pin min/max"]);
    const auto flags = slot.texts("/token/flags");
    CHECK(std::set<std::string>(flags.begin(), flags.end()) == flags_of(fields["token flags"]));
    CHECK(flags.size() == 4);
  }
  CHECK(ours[3].is_null("/token"));
  CHECK(tool[3].fields.empty());
  CHECK(ours[3].text("/description") == tool[3].description);
  CHECK(desk.pins_sent() == 0);
}

TEST_CASE("slots is readable at a glance: the card's name stands first") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  const auto text = desk.eidtool("slots").output;
  CHECK(text.rfind("Portuguese Citizen Card: CARTAO DE CIDADAO (Auth PIN)\n", 0) == 0);
  CHECK(contains(text, "Portuguese Citizen Card: CARTAO DE CIDADAO (Address PIN)\n"));
}

TEST_CASE("without a login the certificates show, with one the key behind that PIN too") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  const auto labels = [](const Outcome& outcome, const std::string& object_class) {
    std::multiset<std::string> found;
    for (const auto& line : json_lines(outcome.output)) {
      if (line.text("/class") == object_class) found.insert(line.text("/label"));
    }
    return found;
  };
  const auto open = desk.eidtool("objects --json");
  for (const auto* label : {"CITIZEN AUTHENTICATION CERTIFICATE", "CITIZEN SIGNATURE CERTIFICATE",
                            "AUTHENTICATION SUB CA", "SIGNATURE SUB CA", "ROOT CA"}) {
    INFO(label);
    CHECK(labels(open, "certificate").count(label) > 0);
  }
  CHECK(labels(open, "private_key").empty());
  for (const auto& line : json_lines(open.output)) {
    if (line.text("/class") != "certificate" || line.text("/label") != "CITIZEN SIGNATURE CERTIFICATE") continue;
    CHECK(contains(line.text("/subject"), "CN=JOÃO VIRTUAL DA CONCEIÇÃO"));
    CHECK(contains(line.text("/issuer"), "CN=EC de Assinatura Qualificada do Cartão de Cidadão VIRTUAL"));
    CHECK(line.text("/purpose") == "signature");
    CHECK(line.text("/id") == "46");
  }
  CHECK(desk.pins_sent() == 0);

  const auto authentication = desk.eidtool("objects --json --login --pin-file ../authentication");
  CHECK(labels(authentication, "private_key") == std::multiset<std::string>{"CITIZEN AUTHENTICATION KEY"});
  CHECK(desk.traced("VERIFY 81") > 0);
  CHECK(desk.traced("VERIFY 82") == 0);
  CHECK(desk.traced("VERIFY 83") == 0);

  desk.forget_trace();
  const auto signature = desk.eidtool("objects --json --login --as signature --pin-file ../signature");
  CHECK(signature.status == 0);
  CHECK(desk.traced("VERIFY 82") > 0);
  CHECK(desk.traced("VERIFY 81") == 0);
}

TEST_CASE("the address shows behind its own PIN alone") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  const auto token = std::string("--token 'CARTAO DE CIDADAO (Address PIN)'");
  const auto listing = desk.eidtool("objects --login --pin-file ../address --attributes --class data " + token);
  INFO(listing.output << listing.errors);
  CHECK(listing.status == 0);
  CHECK(contains(listing.output, "Citizen Address Data"));
  CHECK(desk.traced("VERIFY 83") > 0);
  CHECK(desk.traced("VERIFY 81") + desk.traced("VERIFY 82") == 0);
  CHECK(desk.tries_left("address") == 3);
}

TEST_CASE("every certificate of the card chains up to its root, for OpenSSL too") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  for (const auto* purpose : {"authentication", "signature"}) {
    INFO(purpose);
    const auto chain =
        desk.eidtool(std::string("export-cert --chain --pem --as ") + purpose + " --force -o ../chain.pem");
    CHECK(chain.status == 0);
    REQUIRE(desk.eidtool("export-cert --pem --force --label 'ROOT CA' -o ../root.pem").status == 0);
    const auto checking = desk.run({"openssl", "verify", "-partial_chain", "-trusted", "../root.pem", "-untrusted",
                                    "../chain.pem", "../chain.pem"});
    INFO(checking.output << checking.errors);
    CHECK(checking.status == 0);
  }
  CHECK(desk.pins_sent() == 0);
}

TEST_CASE("of two cards in two readers neither is guessed, and each is found by its serial number") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.write("doc", "text");
  desk.add_card("../other.json", {"--key-size 2048 --given-names ANA --surname LIMA"});
  desk.insert();
  desk.insert("--port 35964", "../other.json");
  CHECK(json_lines(desk.eidtool("slots --json").output).size() == 6);
  const auto refusal = check_refused(desk, "sign doc --pin-file ../authentication", 4, "");
  CHECK(contains(refusal.errors, "pkcs11:"));
  CHECK(desk.pins_sent() == 0);
  const auto other = json_lines(desk.virtual_card("status --json ../other.json").output).at(0).text("/serial_number");
  const auto signing = desk.eidtool("sign doc --json --serial " + other + " --pin-file ../authentication");
  INFO(signing.errors);
  CHECK(signing.status == 0);
  CHECK(json_lines(signing.output).at(0).text("/signer/common_name") == "ANA LIMA");
  desk.remove();
  desk.remove("../other.json");
  CHECK(json_lines(desk.eidtool("slots --json").output).empty());
}

}  // namespace eidtool::tests
