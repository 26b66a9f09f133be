// SPDX-License-Identifier: Apache-2.0
// One signature over a list of files. sha256sum checks what eidtool lists, and lists what eidtool checks.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// Files with names as people and programs make them.
const std::vector<std::string> file_names = {"a.txt",   "dois e meio.pdf", "linha\nnova", "back\\slash", "acção.txt",
                                             "--force", "*star",           " blank",      "end\r"};

/// Signs a list of them, 'list', by the key for signatures.
class SignedList {
 public:
  explicit SignedList(const std::string& options = {}) {
    desk.filter("");
    std::string names;
    for (const auto& name : file_names) {
      desk.write(name, "text of " + name);
      names += name + '\0';
    }
    desk.write("names", names);
    outcome = desk.eidtool("sign --as signature --manifest list --cert-out c.der --pin-file ../pin --json " + options +
                           " --files-from names");
    fs::remove(desk.path("names"));
  }
  Desk desk;
  Outcome outcome;
};

std::vector<std::string> states(const Outcome& outcome) {
  std::vector<std::string> states;
  for (const auto& record : json_lines(outcome.output)) {
    if (record.type() == "file") states.push_back(record.text("/state") + " " + record.text("/file"));
  }
  return states;
}

}  // namespace

TEST_CASE("one signature over a list of files, which sha256sum checks and lists just so") {
  SignedList list;
  auto& desk = list.desk;
  INFO(list.outcome.errors);
  CHECK(list.outcome.status == 0);
  const auto records = json_lines(list.outcome.output);
  REQUIRE(records.size() == 1);
  CHECK(records[0].text("/document") == "list");
  CHECK(records[0].text("/signature") == "list.sig");
  CHECK(contains(list.outcome.output, "\"files\":9"));
  // One prompt, whatever is listed.
  CHECK(desk.logged("C_Login CKU_CONTEXT_SPECIFIC") == 1);
  CHECK(desk.logged("C_Sign") == 1);

  CHECK(desk.run({"sha256sum", "--check", "--strict", "--status", "list"}).status == 0);
  std::vector<std::string> words = {"sha256sum", "--"};
  words.insert(words.end(), file_names.begin(), file_names.end());
  CHECK(desk.run(words).output == desk.read("list"));
  CHECK(desk.run({"sh", "-c",
                  "openssl x509 -inform DER -in c.der -noout -pubkey > key.pem && "
                  "openssl dgst -sha256 -verify key.pem -signature list.sig list"})
            .status == 0);

  desk.forget_log();
  const auto checked = desk.eidtool("verify --manifest list.sig --cert c.der --json");
  INFO(checked.errors);
  CHECK(checked.status == 0);
  std::vector<std::string> expected;
  for (const auto& name : file_names) expected.push_back("as_listed " + name);
  CHECK(states(checked) == expected);
  CHECK(says(checked, "notice", "9 files are as listed"));
  CHECK(json_lines(checked.output).front().type() == "verification");
  CHECK(desk.log().empty());
}

TEST_CASE("a signed list is checked in every kind of signature, also one that sha256sum made") {
  for (const std::string options : {"--format cades", "--format cades --attached", "--format cades --attached --pem",
                                    "--digest sha384 --padding pss"}) {
    INFO(options);
    SignedList list(options);
    const std::string signature = contains(options, "cades") ? "list.p7s" : "list.sig";
    const bool is_attached = contains(options, "attached");
    // What is inside is what counts.
    if (is_attached) list.desk.write("list", "another\n");
    const auto checked = list.desk.eidtool("verify --manifest " + signature + " --cert c.der --json");
    INFO(checked.errors);
    CHECK(checked.status == 0);
    CHECK(states(checked).size() == file_names.size());
  }
  Desk desk;
  desk.write("a", "a");
  desk.write("b", "b");
  REQUIRE(desk.run({"sh", "-c", "sha256sum -b a b > sums"}).status == 0);
  REQUIRE(desk.eidtool("sign sums -o sums.bin --cert-out c.der --pin-file ../pin").status == 0);
  CHECK(desk.eidtool("verify --manifest sums.bin --document sums --cert c.der").status == 0);
  CHECK(desk.eidtool("verify --manifest - --document sums --cert c.der", desk.read("sums.bin")).status == 0);
  CHECK(desk.eidtool("verify --manifest sums.bin --document - --cert c.der", desk.read("sums")).status == 0);
}

TEST_CASE("files that are changed, missing or not listed are told one by one, and the rest are checked") {
  SignedList list;
  auto& desk = list.desk;
  desk.write("a.txt", "other");
  fs::remove(desk.path("acção.txt"));
  fs::remove(desk.path("back\\slash"));
  REQUIRE(::mkfifo(desk.path("back\\slash").c_str(), 0600) == 0);
  const auto all = desk.eidtool("verify --manifest list.sig --cert c.der --json --jobs 3");
  INFO(all.errors);
  CHECK(all.status == 3);
  CHECK(says(all, "error", "cannot open 'acção.txt': no such file or directory"));
  CHECK(says(all, "error", "'back\\slash' is not a regular file"));
  CHECK(says(all, "notice", "6 of 9 files are as listed"));
  CHECK(states(all).front() == "changed a.txt");
  CHECK(states(all).size() == 7);
  CHECK(json_lines(all.output).size() == 10);

  const auto named = desk.eidtool("verify --manifest list.sig --cert c.der --json -- a.txt .//--force new");
  CHECK(named.status == 1);
  CHECK(states(named) == std::vector<std::string>{"changed a.txt", "as_listed .//--force", "not_listed new"});
  const auto by_list = desk.eidtool("verify --manifest list.sig --cert c.der --files-from -", "--force\n*star\n");
  CHECK(by_list.status == 0);
  CHECK(says(by_list, "notice", "2 files are as listed; the list has 9 files"));
  // A text for people.
  const auto text = desk.eidtool("verify --manifest list.sig --cert c.der -- --force a.txt new");
  CHECK(
      contains(text.output,
               "\n\nAS LISTED: '--force'\nCHANGED: 'a.txt' is not the file that is listed\nNOT LISTED: 'new' is not in "
               "the list\n"));
  const auto quiet = desk.eidtool("verify -q --manifest list.sig --cert c.der a.txt");
  CHECK(quiet.status == 1);
  CHECK(quiet.output == "");
}

TEST_CASE("where the signature of a list does not hold no file is checked, and where it is no list that is told") {
  SignedList list;
  auto& desk = list.desk;
  const auto text = desk.read("list");
  const auto refuse = [&](int status, const std::string& kind, const std::string& message) {
    const auto outcome = desk.eidtool("verify --manifest list.sig --cert c.der --json");
    INFO(outcome.errors);
    CHECK(outcome.status == status);
    CHECK(says(outcome, kind, message));
    CHECK(states(outcome).empty());
  };
  desk.write("list", text + text);
  refuse(1, "warning", "no file was checked: not every signature of the list is valid");
  REQUIRE(desk.eidtool("export-cert --as authentication -o other.der").status == 0);
  desk.write("list", text);
  CHECK(desk.eidtool("verify --manifest list.sig --cert other.der").status == 1);
  for (const std::string content : {"", "no list\n", "# a comment\n"}) {
    desk.write("list", content.empty() ? content : text + content);
    REQUIRE(desk.eidtool("sign list --force --as signature --pin-file ../pin").status == 0);
    refuse(3, "error", content.empty() ? "'list' lists no file" : "line 10 of 'list' is no SHA-256 digest");
  }
  fs::resize_file(desk.path("list"), (64U << 20U) + 1);
  refuse(3, "error", "'list' is too large for a list of files");
  check_refused(desk, "verify --manifest list --cert c.der", 2, "'list' looks like a document, and no signature");
  check_refused(desk, "verify --manifest list.sig --cert c.der -o x", 2, "--manifest and --output exclude each other");
  check_refused(desk, "verify --manifest - --cert c.der --document list --files-from -", 2,
                "the standard input cannot be both the list of files and the signature", "x");
}

TEST_CASE("a list that names no files, but what a process has open, is not answered by that") {
  Desk desk;
  const std::string empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";  // SHA-256 of nothing
  for (const std::string name : {"-", "/dev/stdin", "/dev/fd/0", "/dev/null", "."}) {
    INFO(name);
    desk.write("list", empty + "  " + name + "\n");
    REQUIRE(desk.eidtool("sign list --force --cert-out c.der --pin-file ../pin").status == 0);
    const auto checked = desk.eidtool("verify --manifest list.sig --cert c.der --json");
    INFO(checked.errors);
    CHECK(checked.status == 3);
    CHECK(states(checked).empty());
  }
  // A file of that name is found by another one, and `..` is not taken out of a name.
  desk.write("-", "");
  fs::create_directories(desk.path("real/deep"));
  fs::create_directory_symlink("real/deep", desk.path("link"));
  desk.write("list", empty + "  ./-\n" + empty + "  x\n");
  desk.write("real/x", "");
  REQUIRE(desk.eidtool("sign list --force --pin-file ../pin").status == 0);
  const auto checked = desk.eidtool("verify --manifest list.sig --cert c.der --json -- ./- link/../x");
  CHECK(states(checked) == std::vector<std::string>{"as_listed ./-", "not_listed link/../x"});
  CHECK(desk.eidtool("verify --manifest list.sig --cert c.der -- -", "").status == 3);
}

TEST_CASE("what is read as a list is what was verified, whoever writes to the file meanwhile") {
  Desk desk;
  desk.write("genuine", "genuine");
  desk.write("forged", "forged");
  // Larger than what is held in memory at once, and with another digest than SHA-256.
  const auto entry = desk.run({"sha256sum", "genuine"}).output;
  std::string list;
  for (int number = 0; number < 20000; ++number) list += entry;
  desk.write("list", list);
  REQUIRE(
      desk.eidtool("sign list --format cades --attached --digest sha512 --cert-out c.der --pin-file ../pin").status ==
      0);
  const auto genuine = desk.read("list.p7s");
  auto forged = genuine;
  const auto digests = desk.run({"sha256sum", "genuine", "forged"}).output;
  const auto from = digests.substr(0, 64);
  const auto to = digests.substr(digests.find('\n') + 1, 64);
  for (auto at = forged.find(from); at != std::string::npos; at = forged.find(from, at)) forged.replace(at, 64, to);
  desk.write("genuine", "forged");  // as the forged list has it
  REQUIRE(forged.size() == genuine.size());
  const auto path = desk.path("list.p7s");
  const auto moment = fs::last_write_time(path);
  std::size_t turn = 0;
  desk.write("forged-list", forged.substr(forged.find(to), fs::file_size(desk.path("list"))));
  // The bytes that were checked list another file, are others than those of the document, or are none that were signed.
  for (const std::string line : {"--manifest list.p7s -- genuine", "list.p7s --document forged-list"}) {
    for (int round = 0; round < 10; ++round) {
      Child child(desk.eidtool_program("verify -q --cert c.der " + line), {});
      child.exchange([&] {
        std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << (++turn % 2 == 0 ? genuine : forged);
        fs::last_write_time(path, moment);
        return child.has_ended();
      });
      INFO(line);
      CHECK(child.wait().status != 0);
    }
  }
}

TEST_CASE("a list that does not get its signature stays what it was") {
  Desk desk;
  for (const auto* name : {"one", "two"}) desk.write(name, name);
  const std::string line = "sign --manifest list --pin-file ../pin --cert-out c.der ";
  REQUIRE(desk.eidtool(line + "one").status == 0);
  const auto before = desk.files();
  desk.filter("return C_Sign CKR_FUNCTION_FAILED\n");
  CHECK(desk.eidtool(line + "--force two").status == 6);
  CHECK(desk.files() == before);
  desk.filter("");
  // No file may get larger than the list, and the certificate would.
  const auto full = desk.run({"sh", "-c",
                              "trap '' XFSZ; ulimit -f 1; exec " + from_meson("EIDTOOL") + " " + line + "--force two " +
                                  desk.module_options[0] + " " + desk.module_options[1]});
  INFO(full.errors);
  CHECK(full.status == 3);
  CHECK(desk.files() == before);
}

TEST_CASE("a list of what cannot be listed is not signed, and nothing is written over") {
  Desk desk;
  for (const auto* name : {"one", "two", "there", "there.sig"}) desk.write(name, name);
  REQUIRE(::mkfifo(desk.path("pipe").c_str(), 0600) == 0);
  fs::create_directory(desk.path("folder"));
  desk.filter("");
  const std::string line = "sign --as signature --pin-file ../pin --manifest ";
  const auto outcome = desk.eidtool(line + "list one missing two folder pipe --json");
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "error", "cannot open 'missing'"));
  CHECK(says(outcome, "error", "'folder'"));
  CHECK(says(outcome, "error", "'pipe' is not a regular file"));
  CHECK(says(outcome, "warning", "nothing was signed: 'list' would lack what cannot be read"));
  CHECK(json_lines(outcome.output).size() == 3);
  CHECK_FALSE(desk.has("list"));
  CHECK_FALSE(desk.has("list.sig"));
  fs::remove(desk.path("pipe"));

  for (const std::string name : {"-", "/dev/stdin"}) {
    check_refused(desk, line + "list one " + name, 2, "the standard input has no name that a list could hold", "x");
  }
  check_refused(desk, line + "list one ./one", 2, "'./one' would be listed twice");
  check_refused(desk, line + "- one", 2, "--manifest writes the list to a file");
  check_refused(desk, line + "list", 2, "FILE… is missing");
  check_refused(desk, line + "there one", 3, "'there' exists");
  fs::remove(desk.path("there"));
  check_refused(desk, line + "there one", 3, "'there.sig' exists");
  check_refused(desk, line + "./one one --force", 3, "'./one' is an input");
  check_refused(desk, line + "list one list.sig --force", 3, "'list.sig' is an input, 'list.sig', which is missing");
  check_refused(desk, line + "list one -o two two --force", 3, "'two' is an input");
  check_refused(desk, line + "list one -o list --force", 2, "'list' would be written twice");
  check_refused(desk, line + "list one --cert-out list", 2, "'list' would be written twice");
  check_refused(desk, line + "nowhere/list one", 3, "nowhere");
  check_refused(desk, line + "list one --skip-existing", 2, "--manifest and --skip-existing exclude each other");
  check_refused(desk, line + "list one --format cades --add", 2, "--manifest and --add exclude each other");
  CHECK(desk.logged("C_Login") == 0);

  // A PIN that is refused leaves no list.
  desk.write("../wrong", "9999");
  check_refused(desk, "sign --pin-file ../wrong --manifest list one two", 5, "");
  check_refused(desk, "sign --as authentication --pin-file ../wrong --manifest list one two", 5, "");
}

TEST_CASE("the signature of a list can go elsewhere, and what is there is replaced where that is said") {
  Desk desk;
  desk.write("one", "1");
  desk.write("list", "there");
  fs::create_directory(desk.path("out"));
  const std::string line = "sign one --pin-file ../pin --force --manifest list --cert-out c.der";
  CHECK(desk.eidtool(line + " --output-dir out").status == 0);
  CHECK(desk.has("out/list.sig"));
  const auto piped = desk.eidtool(line + " -o -");
  CHECK(piped.status == 0);
  desk.write("signature", piped.output);
  CHECK(desk.eidtool("verify --manifest signature --document list --cert c.der").status == 0);
  CHECK(desk.eidtool("verify --manifest out/list.sig --document list --cert c.der").status == 0);
}

TEST_CASE("many prompts are announced with the way around them") {
  Desk desk;
  for (const auto* name : {"one", "two"}) desk.write(name, name);
  const auto outcome = desk.eidtool("sign one two --as signature --pin-file ../pin");
  CHECK(says(outcome, "notice", "--manifest LIST makes one signature, of a list of all documents"));
  CHECK_FALSE(says(desk.eidtool("sign one two --as authentication --force --pin-file ../pin"), "notice", "--manifest"));
}

}  // namespace eidtool::tests
