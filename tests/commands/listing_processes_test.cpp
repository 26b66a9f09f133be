// SPDX-License-Identifier: Apache-2.0
// The processes that listings make, one for each module, and those that modules make.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// Ends the processes that the module has forked.
class ForksEnd {
 public:
  explicit ForksEnd(const Desk& desk) : desk_(desk) {}
  ForksEnd(const ForksEnd&) = delete;
  ForksEnd& operator=(const ForksEnd&) = delete;
  ~ForksEnd() { end(); }

  /// How many of them there were.
  std::size_t end() {
    std::size_t count = 0;
    for (const auto& line : desk_.log()) {
      if (line.rfind("forked ", 0) != 0) continue;
      if (::kill(static_cast<pid_t>(std::stol(line.substr(7))), SIGKILL) == 0) ++count;
    }
    desk_.forget_log();
    return count;
  }

 private:
  const Desk& desk_;
};

}  // namespace

TEST_CASE("a process that a module makes and leaves behind holds no listing up") {
  Desk desk;
  ForksEnd forks(desk);
  for (const std::string function : {"C_Initialize", "C_GetSlotList", "C_GetTokenInfo", "C_Finalize"}) {
    INFO(function);
    desk.filter("fork " + function + "\n");
    const auto listing = desk.eidtool("slots --json");
    INFO(listing.errors);
    CHECK(listing.status == 0);
    CHECK(json_lines(listing.output).size() == 1);
    CHECK(forks.end() > 0);
  }
}

TEST_CASE("a module that ends its process without a word is named, though another keeps its results open") {
  Desk desk;
  ForksEnd forks(desk);
  desk.filter("fork C_Initialize\ncrash C_GetTokenInfo _exit\n");
  check_refused(desk, "slots", 6, "module 'libfilter.so' ended its process (status 0)");
  check_refused(desk, "objects", 6, "module 'libfilter.so' ended its process (status 0)");
  CHECK(forks.end() == 2);
  const auto behind = desk.folder().parent_path() / "behind.so";
  fs::copy_file(softhsm_module(), behind);
  desk.environment["EIDTOOL_TEST_MODULE"] = behind;
  desk.module_options.insert(desk.module_options.end(), {"--module", softhsm_module()});
  const auto listing = desk.eidtool("slots --json");
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
  CHECK(says(listing, "warning", "ended its process"));
}

TEST_CASE("a module that stops its process is named, and the others are shown") {
  Desk desk;
  desk.filter("crash C_GetTokenInfo SIGSTOP\n");
  check_refused(desk, "slots", 6, "module 'libfilter.so' stopped its process");
  const auto behind = desk.folder().parent_path() / "behind.so";
  fs::copy_file(softhsm_module(), behind);
  desk.environment["EIDTOOL_TEST_MODULE"] = behind;
  desk.module_options.insert(desk.module_options.end(), {"--module", softhsm_module()});
  const auto listing = desk.eidtool("slots --json");
  CHECK(json_lines(listing.output).size() == 1);
  CHECK(says(listing, "warning", "stopped its process"));
}

TEST_CASE("the descriptor of the PIN is out of the reach of modules that are only listed") {
  Desk desk;
  ForksEnd forks(desk);
  desk.filter("fork C_Initialize found\n");  // written to each descriptor that the module got
  desk.write("secret", "1234\n");
  const auto listing = desk.run(
      {"bash", "-c",
       "exec 7<>secret; exec " + from_meson("EIDTOOL") + " objects --pin-fd 7 --module " + desk.module_options[1]});
  INFO(listing.errors);
  CHECK(forks.end() == 1);
  CHECK(desk.read("secret") == "1234\n");
}

TEST_CASE("what a module writes among the results is no result, and steers no terminal") {
  Desk desk;
  ForksEnd forks(desk);
  for (const std::string text :
       {"\\x1b[2Jgarbage\\x0a", "{\"end\":-1}\\x0a",
        "{\"record\":{\"type\":\"slot\",\"heading\":\"\\u001b[2J\",\"tone\":0,\"alone\":false,\"fields\":[]}}\\x0a",
        "{\"record\":{\"type\":\"slot\",\"heading\":\"\",\"tone\":0,\"alone\":false,\"fields\":[[\"\\u001b[2J\","
        "[0,null],false]]}}\\x0a"}) {
    INFO(text);
    desk.filter("fork C_GetSlotList " + text + "\n");
    const auto refusal = check_refused(desk, "slots", 6, "module 'libfilter.so' disturbed its process");
    CHECK_FALSE(contains(refusal.errors, "\x1b"));
    CHECK(forks.end() > 0);
  }
}

TEST_CASE("a module that floods its process's results is stopped") {
  Desk desk;
  // A program of its own that runs while the library is loaded: the descriptors of results are there.
  const auto library = desk.folder().parent_path() / "flood.so";
  const auto made =
      desk.run({"sh", "-c",
                "printf '#include <unistd.h>\\n__attribute__((constructor)) static void f(void) { static char "
                "x[65536]; for (char& c : x) c = 46; for (int i = 0; i < 5000; ++i) for (int d = 3; d < 20; "
                "++d) if (write(d, x, sizeof x) < 0) continue; }' | c++ -x c++ -shared -fPIC -o " +
                    library.string() + " -"});
  INFO(made.errors);
  REQUIRE(made.status == 0);
  desk.module_options = {"--module", library};
  check_refused(desk, "slots", 6, "module 'flood.so' tells more than anybody wants to know");
}

TEST_CASE("signing survives a process that the module makes") {
  Desk desk;
  ForksEnd forks(desk);
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("export-cert -o c.der").status == 0);
  for (const std::string function : {"C_Initialize", "C_Login", "C_Sign", "C_CloseSession"}) {
    INFO(function);
    desk.filter("fork " + function + "\n");
    auto program = desk.eidtool_program("sign doc --force --pin-file ../pin");
    program.output_file = desk.path("output");
    const auto signing = Desk::run_eidtool(program);
    INFO(signing.errors);
    CHECK(signing.status == 0);
    CHECK(forks.end() > 0);
    CHECK(desk.run({from_meson("EIDTOOL"), "verify", "doc.sig", "--cert", "c.der"}).status == 0);
  }
}

TEST_CASE("only listings are asked of one module") {
  Desk desk;
  desk.write("doc", "text");
  const auto module = desk.module_options[1];
  desk.module_options = {};
  const auto ask = "ask-module --file " + module + " -- ";
  for (const std::string line :
       {"sign doc --pin-file ../pin", "export-cert -o c.der", "verify doc.sig", "complete slots", "ask-module x"}) {
    INFO(line);
    const auto outcome = desk.run(words_of(from_meson("EIDTOOL") + " " + ask + line));
    CHECK(outcome.status == 2);
    CHECK(contains(outcome.output, "is no listing"));
    CHECK(desk.files().size() == 1);
  }
  CHECK(desk.run(words_of(from_meson("EIDTOOL") + " " + ask + "slots --module " + module)).status == 0);
  check_refused(desk, "ask-module -- slots", 2, "one module is asked");
  check_refused(desk, "ask-module --file a --configured b -- slots", 2, "one module is asked");
}

TEST_CASE("a listing's process that comes after the one that asked ends at once") {
  Desk desk;
  const auto module = desk.module_options[1];
  // The parent that is named is not that of this process.
  const auto orphan = desk.run({from_meson("EIDTOOL"), "ask-module", "--file", module, "--parent", "1", "--", "slots"});
  CHECK(orphan.signal == SIGKILL);
  CHECK(orphan.output == "");
  const auto child = desk.run({from_meson("EIDTOOL"), "ask-module", "--file", module, "--parent",
                               std::to_string(::getpid()), "--", "slots", "--module", module});
  CHECK(child.status == 0);
}

TEST_CASE("a module's configuration that a shell made for this command alone is found by listings too") {
  Desk desk;
  const auto configuration = read_file(desk.environment["SOFTHSM2_CONF"]);
  desk.write("configuration", configuration);
  desk.environment.erase("SOFTHSM2_CONF");
  for (const std::string line : {"slots --json", "objects --class certificate --json"}) {
    INFO(line);
    const auto listing = desk.run({"bash", "-c",
                                   "SOFTHSM2_CONF=<(cat configuration) exec " + from_meson("EIDTOOL") + " " + line +
                                       " --module " + softhsm_module().string()});
    INFO(listing.errors);
    CHECK(listing.status == 0);
    CHECK_FALSE(json_lines(listing.output).empty());
  }
}

TEST_CASE("whoever ignores the end of children gets his listing") {
  Desk desk;
  const auto listing =
      desk.run({"bash", "-c",
                "trap '' CHLD; exec " + from_meson("EIDTOOL") + " slots --json --module " + desk.module_options[1]});
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
}

}  // namespace eidtool::tests
