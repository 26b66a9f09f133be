// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/shown_text.hpp"

namespace eidtool::tests {

namespace {

namespace fs = std::filesystem;

/// A desk where p11-kit finds what `modules/` on it says, and nothing else: the folder is bound over
/// p11-kit's own in a mount namespace. (Root's user configuration is ignored, so that is no way.)
class Discovery {
 public:
  Discovery() {
    desk.module_options = {};
    fs::create_directory(desk.path("modules"));
    fs::create_directory(desk.path("none"));
  }

  bool is_possible() const {
    auto probe = inside({"true"});
    const auto outcome = run(probe);
    if (outcome.status != 0) skip("no mount namespace can be made here: " + outcome.errors);
    return outcome.status == 0;
  }

  Outcome eidtool(const std::string& line) const {
    auto program = desk.eidtool_program(line);
    return Desk::run_eidtool(inside(program.words));
  }

  void configure(const std::string& name, const std::string& content) const { desk.write("modules/" + name, content); }

  Desk desk;

 private:
  Program inside(const std::vector<std::string>& words) const {
    std::string script =
        "mount --bind modules \"$1\" && if [ -d \"$2\" ]; then mount --bind none \"$2\"; fi && shift 2 && exec \"$@\"";
    std::vector<std::string> all = {"unshare",
                                    "--mount",
                                    "--map-root-user",
                                    "sh",
                                    "-c",
                                    script,
                                    "sh",
                                    from_meson("EIDTOOL_P11_KIT_MODULES"),
                                    from_meson("EIDTOOL_P11_KIT_SYSTEM_MODULES")};
    all.insert(all.end(), words.begin(), words.end());
    return desk.program(all);
  }
};

}  // namespace

TEST_CASE("without --module the modules that p11-kit is configured with are used") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  const auto listing = discovery.eidtool("slots");
  INFO(listing.errors);
  CHECK(listing.status == 0);
  CHECK(contains(listing.output, "Virtual citizen (SoftHSM)"));
  discovery.desk.write("doc", "text");
  CHECK(discovery.eidtool("sign doc --pin-file ../pin").status == 0);
}

TEST_CASE("with no module configured there is a hint, and what needs a token is refused") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.desk.write("doc", "text");
  const auto signing = discovery.eidtool("sign doc --pin-file ../pin");
  CHECK(signing.status == 4);
  CHECK(says(signing, "error", "module"));
  CHECK(says(signing, "hint", "--module"));
  const auto listing = discovery.eidtool("slots");
  CHECK((listing.status == 0 || listing.status == 4));
  CHECK(says(listing, "hint", "--module"));
}

TEST_CASE("a configured module that is missing, or fails, is named and hides no other") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  discovery.configure("missing.module", "module: /nonexistent/missing.so\n");
  discovery.configure("failing.module", "module: " + from_meson("EIDTOOL_FILTER_MODULE") + "\n");
  discovery.desk.write("script", "return C_Initialize CKR_GENERAL_ERROR\n");
  discovery.desk.environment["EIDTOOL_TEST_MODULE"] = softhsm_module();
  discovery.desk.environment["EIDTOOL_TEST_SCRIPT"] = discovery.desk.path("script");
  const auto listing = discovery.eidtool("slots");
  INFO(listing.errors);
  CHECK(listing.status == 0);
  CHECK(contains(listing.output, "Virtual citizen (SoftHSM)"));
  CHECK(says(listing, "warning", "missing"));
  CHECK(says(listing, "warning", "failing"));
}

TEST_CASE("a package's module that cannot begin for this user is told where it matters") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  discovery.configure("failing.module", "module: " + from_meson("EIDTOOL_FILTER_MODULE") + "\n");
  const auto behind = discovery.desk.folder().parent_path() / "behind.so";
  fs::copy_file(softhsm_module(), behind);
  discovery.desk.write("script", "return C_Initialize CKR_GENERAL_ERROR\n");
  discovery.desk.environment["EIDTOOL_TEST_MODULE"] = behind;
  discovery.desk.environment["EIDTOOL_TEST_SCRIPT"] = discovery.desk.path("script");
  discovery.desk.write("doc", "text");
  CHECK(says(discovery.eidtool("slots"), "warning", "failing"));
  for (const std::string line :
       {"objects", "sign doc --as signature --force --pin-file ../pin", "export-cert -o c.der --force"}) {
    INFO(line);
    const auto outcome = discovery.eidtool(line);
    CHECK(outcome.status == 0);
    CHECK_FALSE(contains(outcome.errors, "failing"));
    CHECK(says(discovery.eidtool(line + " --verbose"), "detail", "failing"));
  }
  for (const std::string line : {"objects --token nobody", "sign doc -o x --token nobody --pin-file ../pin",
                                 "export-cert -o x --label nobody"}) {
    INFO(line);
    const auto outcome = discovery.eidtool(line);
    CHECK(says(outcome, "warning", "failing"));
  }
}

TEST_CASE("a configured module that crashes is named, whatever asks it") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  discovery.configure("bad.module", "module: " + from_meson("EIDTOOL_FILTER_MODULE") + "\npriority: 10\n");
  const auto behind = discovery.desk.folder().parent_path() / "behind.so";
  fs::copy_file(softhsm_module(), behind);
  discovery.desk.write("script", "crash C_GetSlotList SIGSEGV\n");
  discovery.desk.environment["EIDTOOL_TEST_MODULE"] = behind;
  discovery.desk.environment["EIDTOOL_TEST_SCRIPT"] = discovery.desk.path("script");
  discovery.desk.write("doc", "text");
  const auto listing = discovery.eidtool("slots --json");
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
  CHECK(says(listing, "warning", "module 'bad' crashed in C_GetSlotList"));
  const auto signing = discovery.eidtool("sign doc --pin-file ../pin");
  CHECK(signing.status == 6);
  CHECK(says(signing, "error", "module 'bad' crashed in C_GetSlotList"));
  CHECK(says(signing, "hint", "--module"));
  // The named one alone is loaded.
  CHECK(discovery.eidtool("sign doc --as signature --pin-file ../pin --uri 'pkcs11:?module-name=softhsm2'").status ==
        0);
}

TEST_CASE("whatever modules and their libraries are called, p11-kit's words included, is shown harmlessly") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  for (const auto& hostile : hostile_texts()) {
    if (contains(hostile.text, "\n")) continue;  // ends a line of the configuration
    INFO(hostile.what);
    discovery.desk.write("no-library.so", "no library");
    const auto unloadable = discovery.desk.path(hostile.text + ".so");
    fs::rename(discovery.desk.path("no-library.so"), unloadable);
    discovery.configure("missing-" + hostile.text + ".module", "module: /nonexistent/" + hostile.text + ".so\n");
    discovery.configure("no-" + hostile.text + ".module", "module: " + unloadable.string() + "\n");
    discovery.configure("broken-" + hostile.text + ".module", hostile.text + "\n");
    for (const auto* line : {"slots", "slots --json", "objects --verbose", "sign missing --verbose"}) {
      const auto outcome = discovery.eidtool(line);
      CHECK(harm_in(outcome.output) == "");
      CHECK(harm_in(outcome.errors) == "");
    }
    CHECK(contains(discovery.eidtool("slots").errors, "EVIL"));
    fs::remove_all(discovery.desk.path("modules"));
    fs::create_directory(discovery.desk.path("modules"));
  }
}

TEST_CASE("one library that is configured twice is one module, and nothing is amiss") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("first.module", "module: " + softhsm_module().string() + "\n");
  discovery.configure("second.module", "module: " + fs::canonical(softhsm_module()).string() + "\n");
  fs::create_symlink(softhsm_module(), discovery.desk.path("link.so"));
  discovery.configure("third.module", "module: " + discovery.desk.path("link.so").string() + "\n");
  const auto listing = discovery.eidtool("slots --json");
  CHECK(listing.errors == "");
  CHECK(json_lines(listing.output).size() == 1);
}

TEST_CASE("a module of --module that fails is named, and hides no other") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("library.so", "no library");
  const auto working = softhsm_module().string();
  // A library of its own behind the filter: it shares neither its beginning nor its end with the working one.
  const auto behind = desk.folder().parent_path() / "behind.so";
  fs::copy_file(working, behind);
  const auto filter = from_meson("EIDTOOL_FILTER_MODULE");
  struct Row {
    std::string module;
    const char* script;
    const char* warning;
  };
  const Row rows[] = {
      {"library.so", "", "cannot load module 'library.so'"},
      {"/nonexistent/module.so", "", "cannot load module '/nonexistent/module.so'"},
      {filter, "return C_Initialize CKR_DEVICE_ERROR\n", "module 'libfilter.so'"},
      {filter, "return C_GetSlotList CKR_DEVICE_ERROR\n", "module 'libfilter.so'"},
      {filter, "return C_GetSlotInfo CKR_DEVICE_ERROR\n", "module 'libfilter.so'"},
      {filter, "return C_GetTokenInfo CKR_DEVICE_ERROR\n", "module 'libfilter.so'"},
  };
  for (const auto& row : rows) {
    INFO(row.module << " " << row.script);
    desk.filter(row.script);
    desk.environment["EIDTOOL_TEST_MODULE"] = behind;
    for (const auto& order : {std::vector<std::string>{"--module", row.module, "--module", working},
                              std::vector<std::string>{"--module", working, "--module", row.module}}) {
      desk.module_options = order;
      for (const std::string line : {"slots --json", "objects --json", "export-cert --force -o c.der --json",
                                     "sign doc --force --as signature --json --pin-file ../pin"}) {
        INFO(line);
        const auto outcome = desk.eidtool(line);
        INFO(outcome.errors);
        CHECK(outcome.status == 0);
        CHECK(says(outcome, "warning", row.warning));
        CHECK(said(outcome, "error").empty());
        const auto records = json_lines(outcome.output);
        CHECK_FALSE(records.empty());
        for (const auto& record : records) CHECK(record.type() != "error");
      }
      // The working one's token, once.
      CHECK(json_lines(desk.eidtool("slots --json").output).size() == 1);
    }
  }
}

TEST_CASE("where every module fails, that is the command's failure") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("library.so", "no library");
  for (const std::string script : {"return C_Initialize CKR_DEVICE_ERROR", "return C_GetSlotList CKR_DEVICE_ERROR"}) {
    INFO(script);
    desk.filter(script + "\n");
    desk.module_options.insert(desk.module_options.end(), {"--module", "library.so"});
    for (const auto* line : {"slots", "objects", "sign doc --pin-file ../pin"}) check_refused(desk, line, 6, "module");
    const auto lines = json_lines(desk.eidtool("slots --json").output);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].number("/exit_status") == 6);
  }
  // Two libraries that are loaded and then fail: the first is the error.
  desk.filter("return C_GetSlotList CKR_DEVICE_ERROR\n");
  const auto other = desk.folder().parent_path() / "other.so";
  fs::copy_file(desk.module_options[1], other);
  desk.module_options.insert(desk.module_options.end(), {"--module", other});
  for (const auto* line : {"slots", "objects", "sign doc --pin-file ../pin"}) {
    const auto refusal = check_refused(desk, line, 6, "CKR_DEVICE_ERROR");
    CHECK(says(refusal, "warning", "module 'other.so'"));
  }
  desk.module_options = {"--module", "library.so", "--module", "./library.so"};
  check_refused(desk, "slots", 6, "library.so");
}

TEST_CASE("where all configured modules fail that is exit status 6, however many there are") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.desk.environment["EIDTOOL_TEST_MODULE"] = softhsm_module();
  discovery.desk.environment["EIDTOOL_TEST_SCRIPT"] = discovery.desk.path("script");
  discovery.desk.write("script", "return C_Initialize CKR_GENERAL_ERROR\n");
  discovery.desk.write("doc", "text");
  for (const std::string name : {"one", "two", "three"}) {
    INFO("up to " << name);
    // A file of its own: one library by two names is one module.
    const auto library = discovery.desk.path(name + ".so");
    fs::copy_file(from_meson("EIDTOOL_FILTER_MODULE"), library);
    discovery.configure(name + ".module", "module: " + library.string() + "\n");
    for (const std::string line :
         {"slots", "objects", "objects --login --pin-file ../pin", "sign doc --pin-file ../pin", "export-cert -o c"}) {
      INFO(line);
      const auto outcome = discovery.eidtool(line);
      INFO(outcome.errors);
      CHECK(outcome.status == 6);
      CHECK(said(outcome, "error").size() == 1);
      CHECK(says(outcome, "error", "C_Initialize answered CKR_GENERAL_ERROR"));
      CHECK(said(outcome, "warning").size() == (name == "one" ? 0 : name == "two" ? 1 : 2));
    }
  }
  // One that works and holds nothing makes it a matter of the card.
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  fs::create_directory(discovery.desk.path("tokens"));
  discovery.desk.write("empty.conf", "directories.tokendir = " + discovery.desk.path("tokens").string() + "\n");
  discovery.desk.environment["SOFTHSM2_CONF"] = discovery.desk.path("empty.conf");
  const auto signing = discovery.eidtool("sign doc --pin-file ../pin");
  CHECK(signing.status == 4);
  CHECK(said(signing, "warning").size() == 3);
}

TEST_CASE("a module with a reserved argument is loaded by itself, and gets it") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  const auto bomb = discovery.desk.folder().parent_path() / "bomb.so";
  const auto made = discovery.desk.run({"sh", "-c",
                                        "printf '__attribute__((constructor)) static void f(void) { __builtin_trap(); "
                                        "}' | c++ -x c++ -shared -fPIC -o " +
                                            bomb.string() + " -"});
  REQUIRE(made.status == 0);
  discovery.configure("bomb.module", "module: " + bomb.string() + "\n");
  discovery.configure("reserved.module",
                      "module: " + from_meson("EIDTOOL_FILTER_MODULE") + "\nx-init-reserved: configdir=/nowhere\n");
  discovery.desk.environment["EIDTOOL_TEST_MODULE"] = softhsm_module();
  discovery.desk.environment["EIDTOOL_TEST_SCRIPT"] = discovery.desk.path("script");
  discovery.desk.write("script", "log " + discovery.desk.path("log").string() + "\n");
  discovery.desk.write("doc", "text");
  const auto listing = discovery.eidtool("slots --json");
  INFO(listing.errors);
  CHECK(listing.status == 0);
  CHECK(json_lines(listing.output).size() == 1);
  CHECK(says(listing, "warning", "module 'bomb' crashed"));
  CHECK(contains(discovery.desk.read("log"), "C_Initialize configdir=/nowhere\n"));
  CHECK(discovery.eidtool("sign doc --pin-file ../pin --uri 'pkcs11:?module-name=reserved'").status == 0);
  CHECK(contains(discovery.desk.read("log"), "C_Finalize\n"));
}

TEST_CASE("a module that p11-kit runs in another process is listed like any other") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  const auto remote = "/usr/libexec/p11-kit/p11-kit-remote";
  const auto other = "/usr/lib/p11-kit/p11-kit-remote";
  if (!fs::exists(remote) && !fs::exists(other)) return skip("p11-kit-remote is not installed");
  discovery.configure("far.module", "remote: |" + std::string(fs::exists(remote) ? remote : other) + " " +
                                        softhsm_module().string() + "\n");
  const auto alone = discovery.eidtool("slots --json");
  INFO(alone.errors);
  CHECK(alone.status == 0);
  CHECK(json_lines(alone.output).size() == 1);
}

TEST_CASE("p11-kit's trust module counts for nothing") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  const fs::path trust = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-trust.so";
  if (!fs::exists(trust)) return skip("p11-kit-trust.so is not installed");
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  discovery.configure("p11-kit-trust.module", "module: " + trust.string() + "\ntrust-policy: yes\n");
  discovery.desk.write("doc", "text");
  CHECK(discovery.eidtool("sign doc --pin-file ../pin").status == 0);
  CHECK_FALSE(contains(discovery.eidtool("slots").output, "Trust"));
}

TEST_CASE("a URI narrows down which modules are asked") {
  Discovery discovery;
  if (!discovery.is_possible()) return;
  discovery.configure("softhsm2.module", "module: " + softhsm_module().string() + "\n");
  discovery.desk.write("doc", "text");
  CHECK(discovery.eidtool("sign doc --pin-file ../pin --uri 'pkcs11:?module-name=softhsm2'").status == 0);
  const auto nothing = discovery.eidtool("sign doc -o x --pin-file ../pin --uri 'pkcs11:library-manufacturer=Nobody'");
  CHECK(nothing.status == 4);
}

TEST_CASE("a module whose own configuration is not there is not a matter of the card") {
  Desk desk;
  desk.environment["SOFTHSM2_CONF"] = "/nowhere/softhsm2.conf";
  const auto refusal = check_refused(desk, "slots", 6, "C_Initialize");
  CHECK(says(refusal, "hint", "SOFTHSM2_CONF"));
  CHECK_FALSE(says(refusal, "hint", "take the card out"));
}

}  // namespace eidtool::tests
