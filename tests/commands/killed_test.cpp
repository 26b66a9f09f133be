// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/injection.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;

/// A command that writes, and what its outputs are when they are whole.
struct Writing {
  std::string line;
  std::map<std::string, std::function<bool(const Desk&)>> outputs;
  Files before = {};  // the outputs that are there already, --force being in the line
};

std::size_t signer_count(const Desk& desk, const std::string& file) {
  const auto outcome = desk.eidtool("verify " + file + " --json");
  return outcome.status == 0 ? json_lines(outcome.output).size() : 0;
}

bool openssl_verifies(const Desk& desk, const std::vector<std::string>& words) {
  std::vector<std::string> all = {"openssl", "cms",       "-verify", "-binary",   "-inform",
                                  "DER",     "-noverify", "-out",    "/dev/null", "-in"};
  all.insert(all.end(), words.begin(), words.end());
  return desk.run(all).status == 0;
}

/// A desk with documents, and what commands make of them when nobody kills them.
class Writings {
 public:
  Writings() {
    desk.write("doc", "text");
    desk.write("large", std::string(5U << 18U, 'x'));
    must("sign doc large --pin-file ../pin --cert-out c.der");
    must("sign doc --format cades --pin-file ../pin");
    must("sign large --format cades --attached --pin-file ../pin");
    must("export-cert --all --output-dir .");
    for (const auto& [name, content] : desk.files()) whole_[name] = content;
    for (const auto& [name, content] : whole_) fs::remove(desk.path(name));
    for (const auto* name : {"doc", "large"}) desk.write(name, whole_[name]);
    write_file(desk.folder().parent_path() / "large.p7s", whole_["large.p7s"]);
  }

  std::vector<Writing> all() const {
    const auto is_cades = [](const Desk& on) { return openssl_verifies(on, {"doc.p7s", "-content", "doc"}); };
    const auto is_attached = [](const Desk& on) { return openssl_verifies(on, {"large.p7s"}); };
    const auto has_two = [](const Desk& on) { return signer_count(on, "doc.p7s") == 2; };
    Writing certificates{"export-cert --all --output-dir .", {}};
    for (const auto& [name, content] : whole_) {
      if (name.ends_with(".der") && name != "c.der") certificates.outputs[name] = is_whole(name);
    }
    REQUIRE(certificates.outputs.size() == 5);
    return {
        {"sign doc --pin-file ../pin", {{"doc.sig", is_whole("doc.sig")}}},
        {"sign large --pin-file ../pin", {{"large.sig", is_whole("large.sig")}}},
        {"sign doc large --pin-file ../pin", {{"doc.sig", is_whole("doc.sig")}, {"large.sig", is_whole("large.sig")}}},
        {"sign doc --force --pin-file ../pin", {{"doc.sig", is_whole("doc.sig")}}, {{"doc.sig", "old"}}},
        {"sign large --cert-out c.der --pin-file ../pin",
         {{"large.sig",
           [this](const Desk& on) { return is_whole("large.sig")(on) && is_whole("c.der")(on); }},  // never without
          {"c.der", is_whole("c.der")}}},
        {"sign doc --format cades --pin-file ../pin", {{"doc.p7s", is_cades}}},
        {"sign large --format cades --attached --force --pin-file ../pin",
         {{"large.p7s", is_attached}},
         {{"large.p7s", "old"}}},
        {"sign doc --format cades --add --pin-file ../pin",
         {{"doc.p7s", has_two}},
         {{"doc.p7s", whole_.at("doc.p7s")}}},
        certificates,
        {"verify ../large.p7s -o out", {{"out", is_whole("out", "large")}}},
        {"verify ../large.p7s -o out --force", {{"out", is_whole("out", "large")}}, {{"out", "old"}}},
    };
  }

  /// What is there before a command is run.
  void prepare(const Writing& writing) const {
    for (const auto& [name, content] : desk.files()) fs::remove(desk.path(name));
    for (const auto* name : {"doc", "large"}) desk.write(name, whole_.at(name));
    for (const auto& [name, content] : writing.before) desk.write(name, content);
  }

  /// Each output is whole, or as before; nothing else is there but, where files are replaced, one temporary.
  void check(const Writing& writing) const {
    std::size_t temporary_count = 0;
    for (const auto& [name, content] : desk.files()) {
      INFO(name);
      const bool is_input = name == "doc" || name == "large";
      if (is_input) {
        const bool is_unchanged = content == whole_.at(name);
        CHECK(is_unchanged);
        continue;
      }
      if (!writing.outputs.contains(name)) {
        CHECK(name.rfind(".eidtool-", 0) == 0);
        ++temporary_count;
        continue;
      }
      const auto old = writing.before.find(name);
      const bool is_old = old != writing.before.end() && old->second == content;
      CHECK((is_old || writing.outputs.at(name)(desk)));
    }
    for (const auto& [name, content] : writing.before) CHECK(desk.has(name));
    CHECK(temporary_count <= (writing.before.empty() ? 0U : 1U));
  }

  Desk desk;

 private:
  void must(const std::string& line) const {
    const auto outcome = desk.eidtool(line);
    INFO(line << ": " << outcome.errors);
    REQUIRE(outcome.status == 0);
  }

  std::function<bool(const Desk&)> is_whole(const std::string& name, const std::string& as = {}) const {
    return
        [this, name, as](const Desk& on) { return on.has(name) && on.read(name) == whole_.at(as.empty() ? name : as); };
  }

  Files whole_;
};

}  // namespace

TEST_CASE("killed at any moment, a command leaves whole files or none") {
  const Writings writings;
  const auto all = writings.all();
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::map<std::string, std::chrono::microseconds> durations;
  constexpr int enough = has_sanitizers ? 30 : 100;
  constexpr int most_rounds = 400;  // some are over before their moment comes
  int killed_count = 0;
  for (int round = 0; killed_count < enough && round < most_rounds; ++round) {
    const auto& writing = all[static_cast<std::size_t>(round) % all.size()];
    INFO(writing.line);
    writings.prepare(writing);
    const auto begin = std::chrono::steady_clock::now();
    Child child(writings.desk.eidtool_program(writing.line), {});
    auto& duration = durations[writing.line];
    const bool is_measured = duration.count() > 0;
    if (is_measured) {
      std::uniform_int_distribution<std::int64_t> moment(0, duration.count());
      std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
      ::kill(child.id(), SIGKILL);
    }
    const auto outcome = child.wait();
    if (!is_measured) {
      INFO(outcome.errors);
      REQUIRE(outcome.status == 0);
      duration = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
      for (const auto& [name, is_whole] : writing.outputs) {
        INFO(name);
        CHECK(is_whole(writings.desk));
      }
    }
    const bool is_killed = outcome.signal == SIGKILL;
    killed_count += is_killed ? 1 : 0;
    if (is_measured && !is_killed) duration = duration * 4 / 5;  // the first time, the machine was busier
    writings.check(writing);
  }
  CHECK(killed_count == enough);
}

TEST_CASE("killed before each system call that changes a folder, a command leaves whole files or none") {
  const Writings writings;
  if (!can_inject(writings.desk)) return;
  for (const auto& writing : writings.all()) {
    INFO(writing.line);
    constexpr int most = 300;
    int count = 0;
    for (bool goes_on = true; goes_on && count < most; ++count) {
      writings.prepare(writing);
      auto program = writings.desk.eidtool_program(writing.line);
      const std::string calls = "linkat,?link,?rename,renameat,renameat2,?unlink,unlinkat";
      inject(program,
             {"-e", "trace=" + calls, "-e", "inject=" + calls + ":signal=KILL:when=" + std::to_string(count + 1)});
      const auto outcome = run(program);
      INFO("at the call number " << count + 1 << ": " << outcome.errors);
      goes_on = outcome.signal == SIGKILL;
      if (!goes_on) CHECK(outcome.status == 0);
      writings.check(writing);
    }
    CHECK(count > 1);
    CHECK(count < most);
  }
}

}  // namespace eidtool::tests
