// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"

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

TEST_CASE("a module named by --module that fails is told and hides no other, whatever the order") {
  Desk desk;
  desk.write("doc", "text");
  desk.write("no-module.so", "this is no library");
  // A copy: the module of the tests stands before the library itself, and ends it when it is let go.
  fs::copy_file(softhsm_module(), desk.path("working.so"));
  const auto working = desk.path("working.so").string();
  for (const auto& [first, second] : {std::pair{std::string("no-module.so"), working}, {working, "no-module.so"}}) {
    desk.module_options = {"--module", first, "--module", second};
    const auto slots = desk.eidtool("slots --json");
    CHECK(slots.status == 0);
    CHECK(json_lines(slots.output).size() == 1);
    CHECK(says(slots, "warning", "no-module.so"));
    CHECK(desk.eidtool("sign doc --force --pin-file ../pin").status == 0);
  }
  for (const auto* directive : {"return C_Initialize CKR_DEVICE_ERROR", "return C_GetSlotList CKR_DEVICE_ERROR"}) {
    INFO(directive);
    desk.filter(std::string(directive) + "\n");
    const auto filter = desk.module_options;
    desk.module_options.insert(desk.module_options.end(), {"--module", working});
    const auto slots = desk.eidtool("slots --json");
    CHECK(slots.status == 0);
    CHECK(json_lines(slots.output).size() == 1);
    CHECK(says(slots, "warning", "CKR_DEVICE_ERROR"));
    CHECK(desk.eidtool("sign doc --force --pin-file ../pin").status == 0);
    desk.module_options = filter;
    check_refused(desk, "slots", 6, "CKR_DEVICE_ERROR");
  }
}

TEST_CASE("one module by two names is one module") {
  Desk desk;
  desk.write("doc", "text");
  fs::create_symlink(softhsm_module(), desk.path("linked.so"));
  desk.module_options = {"--module", softhsm_module(), "--module", "linked.so", "--module", desk.path("linked.so")};
  CHECK(json_lines(desk.eidtool("slots --json").output).size() == 1);
  CHECK(desk.eidtool("sign doc --pin-file ../pin").status == 0);
}

TEST_CASE("a module whose own configuration is not there is not a matter of the card") {
  Desk desk;
  desk.environment["SOFTHSM2_CONF"] = "/nowhere/softhsm2.conf";
  const auto refusal = check_refused(desk, "slots", 6, "C_Initialize");
  CHECK(says(refusal, "hint", "SOFTHSM2_CONF"));
  CHECK_FALSE(says(refusal, "hint", "take the card out"));
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

}  // namespace eidtool::tests
