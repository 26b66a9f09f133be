// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

/// A desk with forty signed documents, `00` to `39`, each of a size of its own, and the certificate `c.der`.
class SignedFolder {
 public:
  SignedFolder() {
    for (int number = 0; number < count; ++number) {
      const auto document = name(number);
      desk.write(document, std::string(static_cast<std::size_t>(1 + (count - number) * 5000), 'x') + document);
      documents += " " + document;
      signatures += " " + document + ".sig";
    }
    REQUIRE(desk.eidtool("sign" + documents + " --cert-out c.der --pin-file ../pin").status == 0);
    desk.module_options = {};
    desk.environment["SOFTHSM2_CONF"] = "/nonexistent";
  }
  static std::string name(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

  static constexpr int count = 40;
  Desk desk;
  std::string documents;
  std::string signatures;
};

}  // namespace

TEST_CASE("a batch is reported in its order and the same for any number of jobs, and the exit status is the worst") {
  SignedFolder folder;
  auto& desk = folder.desk;
  desk.write("07", "changed");
  desk.write("23.sig", "no signature");
  fs::remove(desk.path("31"));
  fs::remove(desk.path("32.sig"));
  std::string first;
  for (const std::string jobs : {" --jobs 1", " -j 2", " -j 7", " --jobs 256", ""}) {
    INFO(jobs);
    auto program = desk.eidtool_program("verify" + folder.signatures + " --cert c.der --json" + jobs);
    const auto outcome = Desk::run_eidtool(program);
    CHECK(outcome.status == 3);
    const auto records = json_lines(outcome.output);
    REQUIRE(records.size() == SignedFolder::count);
    for (int number = 0; number < SignedFolder::count; ++number) {
      const auto& record = records[static_cast<std::size_t>(number)];
      const auto name = SignedFolder::name(number);
      INFO(name);
      if (number == 31 || number == 32) {
        CHECK(record.text("/kind") == "io");
        CHECK(record.text("/file") == (number == 31 ? name : name + ".sig"));
      } else {
        CHECK(record.text("/document") == name);
        CHECK(record.text("/verdict") == (number == 7 || number == 23 ? "invalid" : "valid"));
      }
    }
    if (first.empty()) first = outcome.output + outcome.errors;
    CHECK(outcome.output + outcome.errors == first);
  }
  for (const auto* name : {"31.sig", "32.sig"}) fs::remove(desk.path(name));
  CHECK(desk.eidtool("verify 00.sig 07.sig 08.sig --cert c.der").status == 1);
  CHECK(desk.eidtool("verify 00.sig 08.sig 09.sig --cert c.der").status == 0);
}

TEST_CASE("each of a batch is reported as soon as it is done, also where a later one takes long") {
  SignedFolder folder;
  auto& desk = folder.desk;
  const auto document = desk.read("02");
  fs::remove(desk.path("02"));
  REQUIRE(::mkfifo(desk.path("02").c_str(), 0600) == 0);
  Child child(desk.eidtool_program("verify 00.sig 01.sig 02.sig 03.sig --cert c.der --json --jobs 2"), {});
  child.exchange([&] { return lines_of(child.so_far().output).size() == 2; });
  std::ofstream(desk.path("02")) << document;
  const auto outcome = child.wait();
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
  const auto records = json_lines(outcome.output);
  REQUIRE(records.size() == 4);
  CHECK(records[2].text("/document") == "02");
}

TEST_CASE("a batch judged by several jobs trusts the same signers, with lists and responses at hand") {
  SignedFolder folder;
  auto& desk = folder.desk;
  REQUIRE(desk.run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "ca.pem",
                    "-subj", "/CN=Other"})
              .status == 0);
  // Of an authority of their own, which has nothing to do with the signers: read by all, and of no effect.
  desk.write("ca.cnf", "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha256\n");
  desk.write("index", "");
  REQUIRE(desk.run({"openssl", "ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "k.pem", "-crldays",
                    "30", "-out", "list.pem"})
              .status == 0);
  REQUIRE(desk.run({"openssl", "ocsp", "-index", "index", "-CA", "ca.pem", "-issuer", "ca.pem", "-serial", "1",
                    "-rsigner", "ca.pem", "-rkey", "k.pem", "-respout", "response.der"})
              .status == 0);
  const auto judged = [&](const std::string& jobs) {
    const auto outcome =
        desk.eidtool("verify" + folder.signatures +
                     " --cert c.der --trust c.der --trust ca.pem --intermediates ca.pem --crl list.pem "
                     "--ocsp response.der " +
                     jobs);
    return std::to_string(outcome.status) + outcome.output + outcome.errors;
  };
  const auto alone = judged("--jobs 1");
  CHECK(contains(alone, "VALID"));
  CHECK(judged("--jobs 4") == alone);
}

TEST_CASE("Ctrl-C ends a batch of verify at once, and a number of jobs that is none is refused") {
  SignedFolder folder;
  auto& desk = folder.desk;
  fs::remove(desk.path("01"));
  REQUIRE(::mkfifo(desk.path("01").c_str(), 0600) == 0);
  Child child(desk.eidtool_program("verify 00.sig 01.sig --cert c.der --jobs 2"), {});
  child.exchange([&] { return !child.so_far().output.empty(); });
  ::kill(child.id(), SIGINT);
  CHECK(child.wait().signal == SIGINT);
  for (const std::string number : {"0", "-1", "257", "two"}) {
    check_refused(desk, "verify 00.sig --cert c.der --jobs " + number, 2, "--jobs cannot be");
  }
  // The standard input is read by one.
  CHECK(desk.eidtool("verify 00.sig - --document 00 --cert c.der", desk.read("00.sig")).status == 2);
  CHECK(desk.eidtool("verify - --document 00 --cert c.der --jobs 4", desk.read("00.sig")).status == 0);
}

TEST_CASE("a batch whose results nobody takes ends at once, whatever others are at work on") {
  SignedFolder folder;
  auto& desk = folder.desk;
  fs::remove(desk.path("01"));
  REQUIRE(::mkfifo(desk.path("01").c_str(), 0600) == 0);
  auto program = desk.eidtool_program("verify 00.sig 01.sig 02.sig --cert c.der --jobs 2");
  program.output_file = "/dev/full";
  const auto outcome = Desk::run_eidtool(program);
  INFO(outcome.errors);
  CHECK(outcome.status == 3);
  CHECK(says(outcome, "warning", "2 further signatures were not checked"));
}

TEST_CASE("more jobs than files can be opened for are no reason to fail, and pipes are read in their order") {
  SignedFolder folder;
  auto& desk = folder.desk;
  desk.through = {"prlimit", "--nofile=32"};
  CHECK(desk.eidtool("verify" + folder.signatures + " --cert c.der --jobs 200").status == 0);
  desk.through = {};
  desk.write("pipe", desk.read("00"));
  REQUIRE(::mkfifo(desk.path("pipe.sig").c_str(), 0600) == 0);
  const auto signature = desk.read("00.sig");
  Child child(desk.eidtool_program("verify pipe.sig pipe.sig 01.sig --cert c.der --jobs 3 --json"), {});
  for (int time = 0; time < 2; ++time) {
    std::ofstream(desk.path("pipe.sig")) << signature;
    child.exchange([&] { return lines_of(child.so_far().output).size() == static_cast<std::size_t>(time + 1); });
  }
  const auto records = json_lines(child.wait().output);
  REQUIRE(records.size() == 3);
  CHECK(records[2].text("/verdict") == "valid");
}

TEST_CASE("two signatures of one document that can be read once are checked one after the other") {
  SignedFolder folder;
  auto& desk = folder.desk;
  const auto document = desk.read("00");
  fs::copy_file(desk.path("00.sig"), desk.path("00.p7s"));  // the content tells the format
  fs::remove(desk.path("00"));
  REQUIRE(::mkfifo(desk.path("00").c_str(), 0600) == 0);
  Child child(desk.eidtool_program("verify 00.sig 00.p7s --cert c.der --json --jobs 2"), {});
  for (std::size_t count = 1; count <= 2; ++count) {
    std::ofstream(desk.path("00")) << document;
    child.exchange([&] { return lines_of(child.so_far().output).size() == count; });
  }
  CHECK(child.wait().status == 0);
}

}  // namespace eidtool::tests
