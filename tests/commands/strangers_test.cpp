// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <string>

#include "base/text.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"
#include "support/shown_text.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// What a command shows on a terminal of so many columns, both streams together.
std::string shown(const Desk& desk, const std::string& line, unsigned short columns = 80) {
  TerminalSession::Shape shape;
  shape.columns = columns;
  TerminalSession terminal(desk.eidtool_program(line), shape);
  return terminal.wait().terminal;
}

/// Everything that a command writes is harmless: on a terminal, of one width after the other, and in a pipe, as text
/// and as JSON.
void check_harmless(const Desk& desk, const std::string& line) {
  constexpr std::array<unsigned short, 3> widths = {20, 40, 80};
  static std::size_t turn = 0;
  // Shifted by one after each round: of three commands in a loop none is to have the same width every time.
  const auto columns = widths.at((turn + turn / widths.size()) % widths.size());
  ++turn;
  CAPTURE(line, columns);
  CHECK(harm_in(shown(desk, line, columns)) == "");
  const auto text = desk.eidtool(line);
  CHECK(harm_in(text.output) == "");
  CHECK(harm_in(text.errors) == "");
  const auto json = desk.eidtool(line + " --json");
  CHECK(harm_in(json.output) == "");
  CHECK(harm_in(json.errors) == "");
}

bool write_object(const Desk& desk, const std::string& type, const std::string& label,
                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"pkcs11-tool",
                                    "--module",
                                    softhsm_module(),
                                    "--token-label",
                                    "CARTAO DE CIDADAO",
                                    "--login",
                                    "--pin",
                                    token_pin,
                                    "--write-object",
                                    desk.path("value"),
                                    "--type",
                                    type,
                                    "--label",
                                    label};
  words.insert(words.end(), more.begin(), more.end());
  const auto made = desk.run(words);
  if (made.status != 0) WARN(made.output + made.errors);
  return made.status == 0;
}

}  // namespace

TEST_CASE("labels of objects, whatever is in them, are shown harmlessly, exact in JSON, and found by their URIs") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("value", "x");
  auto texts = sample(hostile_texts());
  texts.push_back({"10 kB", "EVIL" + std::string(10000, 'x'), true});
  texts.push_back({"10 kB of blanks", "EVIL" + std::string(10000, ' ') + "uri  pkcs11:token=good", true});
  texts.push_back({"10 kB of marks", "EVIL\u0301" + std::string(10000, '\x07') + "\u0301\u0301", true});
  for (const auto& hostile : texts) {
    INFO(hostile.what);
    REQUIRE(write_object(desk, "data", hostile.text));
  }
  check_harmless(desk, "objects --class data");
  check_harmless(desk, "objects --class data --attributes");

  std::map<std::string, std::string> labels;  // by URI
  for (const auto& object : json_lines(desk.eidtool("objects --json --class data").output)) {
    labels[object.text("/uri")] = object.text("/label");
  }
  CHECK(labels.size() == texts.size());
  for (const auto& hostile : texts) {
    INFO(hostile.what);
    const auto is_it = [&](const auto& entry) { return entry.second == hostile.text; };
    CHECK((std::count_if(labels.begin(), labels.end(), is_it) == 1) == hostile.is_utf8);
  }
  for (const auto& [uri, label] : labels) {
    INFO(uri);
    CHECK(harm_in(uri) == "");
    const auto again = json_lines(desk.eidtool("objects --json --uri '" + uri + "'").output);
    REQUIRE(again.size() == 1);
    CHECK(again[0].text("/uri") == uri);
    CHECK(again[0].text("/label") == label);
  }
}

TEST_CASE("a label that is not UTF-8 has U+FFFD in JSON where it is not, and its bytes in the URI") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("value", "x");
  REQUIRE(write_object(desk, "data", "Jo\xe3o"));
  const auto lines = json_lines(desk.eidtool("objects --json --class data").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/label") == "Jo\ufffdo");
  CHECK(contains(lines[0].text("/uri"), "object=Jo%E3o"));
  CHECK(contains(desk.eidtool("objects --class data").output, "'Jo\\xe3o'"));
}

TEST_CASE("what a token and a slot say of themselves is shown harmlessly, and the token is found by its URI") {
  Desk desk;
  for (const auto& hostile : sample(hostile_texts())) {
    if (contains(hostile.text, "\n")) continue;  // ends a line of the script; a test below has it
    INFO(hostile.what);
    // Fields have 32 and 16 bytes: what is longer is cut off, wherever that is.
    desk.filter("label " + hostile.text + "\nmanufacturer " + hostile.text + "\nmodel " + hostile.text + "\nserial " +
                hostile.text + "\nslot-description " + hostile.text + "\n");
    check_harmless(desk, "slots");
    check_harmless(desk, "sign missing");
    check_harmless(desk, "objects --login --pin-file /dev/null --id 45");
    const auto slots = json_lines(desk.eidtool("slots --json").output);
    REQUIRE(slots.size() == 1);
    const auto uri = slots[0].text("/token/uri");
    INFO(uri);
    CHECK(json_lines(desk.eidtool("slots --json --uri '" + uri + "'").output).size() == 1);
    for (const auto& object : json_lines(desk.eidtool("objects --json --class certificate").output)) {
      const auto again = json_lines(desk.eidtool("objects --json --uri '" + object.text("/uri") + "'").output);
      REQUIRE(again.size() == 1);
      CHECK(again[0].text("/label") == object.text("/label"));
    }
  }
}

TEST_CASE("a token's label with line ends in it makes no lines") {
  Desk desk(no_tokens);
  if (!is_installed("softhsm2-util")) return skip("softhsm2-util is not installed");
  const std::string label = "EVIL\neidtool: notice: fine";
  REQUIRE(desk.run({"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", "1234", "--so-pin", "1234"})
              .status == 0);
  check_harmless(desk, "slots");
  for (const auto& line : lines_of(desk.eidtool("slots").output)) CHECK(line.rfind("eidtool:", 0) != 0);
  const auto slots = json_lines(desk.eidtool("slots --json").output);
  REQUIRE(slots.size() == 1);
  CHECK(slots[0].text("/token/label") == label);
  CHECK(json_lines(desk.eidtool("slots --json --uri '" + slots[0].text("/token/uri") + "'").output).size() == 1);
  CHECK(json_lines(desk.eidtool("slots --json --token '" + label + "'").output).size() == 1);
}

TEST_CASE("the prompt for the PIN shows no harmful text, and not much of it") {
  Desk desk;
  if (!is_installed("pkcs11-tool")) return skip("pkcs11-tool is not installed");
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("export-cert -o value").status == 0);
  auto texts = sample(hostile_texts());
  texts.push_back({"10 kB", "EVIL" + std::string(10000, 'x'), true});
  for (const auto& hostile : texts) {
    INFO(hostile.what);
    REQUIRE(write_object(desk, "cert", hostile.text, {"--id", "45"}));
    const auto token = "label " + hostile.text + "\nslot-description " + hostile.text + "\n";
    desk.filter("hide-public-keys\n" + (contains(hostile.text, "\n") ? "" : token));
    TerminalSession terminal(desk.eidtool_program("sign doc --uri 'pkcs11:object=" +
                                                  [&] {
                                                    std::string encoded;
                                                    for (const char c : hostile.text) {
                                                      const auto byte = static_cast<std::uint8_t>(c);
                                                      encoded += "%" + to_hex({&byte, 1});
                                                    }
                                                    return encoded;
                                                  }() +
                                                  "'"),
                             {});
    terminal.expect(": ");
    terminal.send(control_c);
    const auto outcome = terminal.wait();
    INFO(outcome.terminal);
    CHECK(outcome.status == 5);
    CHECK(contains(outcome.terminal, "EVIL"));
    CHECK(harm_in(outcome.terminal) == "");
    CHECK(outcome.terminal.size() < 1000);
  }
}

TEST_CASE("names of files, of variables and of everything else on the command line are shown harmlessly") {
  Desk desk;
  REQUIRE(desk.eidtool("export-cert -o ../c.der").status == 0);
  for (const auto& hostile : sample(hostile_texts())) {
    INFO(hostile.what);
    std::string name = hostile.text;
    desk.write(name, "text");
    check_harmless(desk, "sign '" + name + "' --force --pin-file ../pin");
    check_harmless(desk, "verify '" + name + ".sig' --cert ../c.der");
    check_harmless(desk, "sign '" + name + "' --pin-file ../pin");  // exists
    check_harmless(desk, "export-cert --force -o '" + name + ".der'");
    const auto verification = json_lines(desk.eidtool("verify '" + name + ".sig' --cert ../c.der --json").output);
    REQUIRE(verification.size() == 1);
    CHECK((verification[0].text("/document") == name) == hostile.is_utf8);
    // What a command line makes of its words depends little on what is wrong with them.
    const std::string what = hostile.what;
    if (what != "escape sequences" && what != "a line of our own" && what != "C1 controls as bytes") continue;
    for (const auto* option :
         {"--token", "--serial", "--label", "--id", "--slot", "--uri", "--pin-env", "--pin-fd", "--pin-file",
          "--module", "--digest", "--format", "--output-dir", "--as", "--no-such", "--policy"}) {
      check_harmless(desk, "sign '" + name + "' --no-input --force " + option + " '" + hostile.text + "'");
    }
    check_harmless(desk, "'" + hostile.text + "'");
    check_harmless(desk, "verify '" + name + "' --cert '" + name + "'");
    check_harmless(desk, "sign '" + name + "' --uri 'pkcs11:" + hostile.text + "=x'");
    check_harmless(desk, "sign '" + name + "' --uri 'pkcs11:?pin-source=" + hostile.text + "'");
  }
}

TEST_CASE("a long name is shown by its beginning and its end") {
  Desk desk;
  const std::string name = "begin" + std::string(10000, 'x') + "end";
  const auto outcome = desk.eidtool("sign '" + name + "' --pin-file ../pin");
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "'beginxx"));
  CHECK(says(outcome, "error", "xxend'"));
  CHECK(outcome.errors.size() < 1000);
  const auto lines = json_lines(desk.eidtool("sign '" + name + "' --pin-file ../pin --json").output);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text("/file") == name);
}

TEST_CASE("completion offers no label that would act on the terminal") {
  Desk desk;
  const auto module = desk.module_options[1];
  desk.filter("label \x1b[2JEVIL\n");
  const auto offered = desk.eidtool("complete -- --module " + desk.module_options[1] + " slots --token ''");
  CHECK_FALSE(contains(offered.output, "EVIL"));
  CHECK(harm_in(offered.output) == "");
  CHECK(contains(desk.eidtool("complete -- --module " + desk.module_options[1] + " slots --uri ''").output, "%1B"));
}

TEST_CASE("in a narrow window values are wrapped below themselves") {
  Desk desk;
  desk.filter("label 日本語日本語日本語\n");
  const auto lines = lines_of(shown(desk, "objects --class certificate --id 45", 60));
  const auto subject =
      std::find_if(lines.begin(), lines.end(), [](const auto& line) { return contains(line, "subject"); });
  REQUIRE(subject != lines.end());
  const auto column = subject->find_first_not_of(' ', subject->find("subject") + 7);
  REQUIRE(std::next(subject) != lines.end());
  CHECK(std::next(subject)->find_first_not_of(' ') == column);
  for (const auto& line : lines) {
    INFO(line);
    CHECK((display_width(line) <= 61 || line.find(' ', column) == std::string::npos));  // with the carriage return
  }
}

}  // namespace eidtool::tests
