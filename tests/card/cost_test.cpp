// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"

namespace eidtool::tests {

namespace {

/// Commands that the card gets while something is done. All that comes by itself (power, resets) does not count.
std::size_t commands_of(const CardDesk& desk, const std::function<void()>& deed) {
  desk.forget_trace();
  deed();
  return desk.trace().size() - desk.traced("reset");
}

}  // namespace

TEST_CASE("what each deed costs the card is no more than what pkcs11-tool takes for the same") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  std::string documents;
  for (int number = 0; number < 10; ++number) {
    desk.write("doc" + std::to_string(number), "text");
    documents += " doc" + std::to_string(number);
  }
  const auto ours = [&](const std::string& line) {
    return commands_of(desk, [&] {
      const auto outcome = desk.eidtool(line);
      INFO(outcome.errors);
      REQUIRE(outcome.status == 0);
    });
  };
  const auto theirs = [&](const std::vector<std::string>& lines) {
    return commands_of(desk, [&] {
      for (const auto& line : lines) {
        auto words = words_of("pkcs11-tool " + line);
        words.insert(words.end(), desk.module_options.begin(), desk.module_options.end());
        const auto outcome = desk.run(words);
        INFO(outcome.errors);
        REQUIRE(outcome.status == 0);
      }
    });
  };
  // The same is: pkcs11-tool lists the objects of one token at a time, signs on the one that it is told, and reads a
  // certificate from the one on which a person has found it in the list of tokens.
  const std::string token = "--token-label 'CARTAO DE CIDADAO (Auth PIN)' ";
  struct Row {
    const char* deed;
    std::string ours;
    std::vector<std::string> theirs;
  };
  const Row rows[] = {
      {"slots", "slots", {"--list-slots"}},
      {"objects", "objects", {"--slot 0 --list-objects", "--slot 1 --list-objects", "--slot 2 --list-objects"}},
      {"sign, one document",
       "sign doc --force --pin-file ../authentication",
       {token +
        "--login --pin 1111 --sign --mechanism SHA256-RSA-PKCS --id 45 --input-file doc --output-file tool.sig"}},
      {"export-cert",
       "export-cert --force -o c.der",
       {"--list-slots", token + "--read-object --type cert --id 45 --output-file tool.der"}},
  };
  // OpenSC from 0.25 on keeps what it read of a card in a cache: everybody finds it filled.
  (void)theirs({"--list-slots"});
  std::map<std::string, std::size_t> costs;
  for (const auto& row : rows) {
    const auto we = costs[row.deed] = ours(row.ours);
    const auto they = theirs(row.theirs);
    std::cout << "commands to the card, " << row.deed << ": eidtool " << we << ", pkcs11-tool " << they << "\n";
    INFO(row.deed);
    CHECK(we <= they);
  }
  CHECK(desk.read("c.der") == desk.read("tool.der"));
  // To read a certificate costs nothing beyond seeing what tokens there are: OpenSC has read it by then.
  CHECK(costs["export-cert"] <= costs["slots"]);

  const auto ten = ours("sign --force --pin-file ../authentication" + documents);
  std::cout << "commands to the card, sign, ten documents: eidtool " << ten
            << ", pkcs11-tool ten times as many as for one\n";
  CHECK(desk.traced("VERIFY 81") == 1);
  CHECK(desk.traced("COMPUTE DIGITAL SIGNATURE") == 10);
  // A document more: environment, hash, signature and what is left of it.
  CHECK(ten <= costs["sign, one document"] + 9 * 5);
  std::size_t certificates_read = 0;
  for (const auto& line : desk.trace()) certificates_read += contains(line, "SELECT 5f00ef09") ? 1 : 0;
  CHECK(certificates_read <= 1);
}

}  // namespace eidtool::tests
