// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

/// Signs by whatever the module tells of keys and certificates, and says how that ended.
Outcome sign_with(Desk& desk, const std::string& script, const std::string& options = "") {
  desk.write("doc", "text");
  desk.filter(script);
  auto outcome = desk.eidtool("sign doc --force --pin-file ../pin" + options);
  CHECK(desk.logged("C_Login CKU_USER") <= 1);
  CHECK(desk.has("doc.sig") == (outcome.status == 0));
  std::filesystem::remove(desk.path("doc.sig"));
  return outcome;
}

}  // namespace

TEST_CASE("lengths that are no truth are found out, and cost no PIN") {
  struct Row {
    const char* script;
    int status;
    const char* message;
  };
  constexpr Row rows[] = {
      {"length slots 0", 4, "no token was found"},
      {"length slots 100 -", 0, ""},
      {"length slots 1 -", 0, ""},
      {"length slots 1000000000000", 6, "claims 1000000000000 slots"},
      {"length slots unavailable", 6, "slots"},
      {"length mechanisms 0", 6, "cannot sign"},
      {"length mechanisms 1 -", 0, ""},
      {"length mechanisms 1000 -", 0, ""},
      {"length mechanisms 1000000000000", 6, "claims 1000000000000 mechanisms"},
      {"length mechanisms unavailable", 6, "mechanisms"},
      {"length found 0", 4, "no key with a certificate"},
      {"length found - - 65", 6, "claims to have found 65 objects"},
      {"length found 64", 6, "claims to have found 64 objects behind 10"},
      {"return C_GetSlotList CKR_BUFFER_TOO_SMALL after 1", 6, "C_GetSlotList answered CKR_BUFFER_TOO_SMALL"},
      {"return C_GetMechanismList CKR_BUFFER_TOO_SMALL after 1", 6, "C_GetMechanismList answered CKR_BUFFER_TOO_SMALL"},
      {"length CKA_VALUE 0", 4, "no key with a certificate"},
      {"length CKA_VALUE unavailable", 4, "no key with a certificate"},
      {"length CKA_VALUE - unavailable", 4, "no key with a certificate"},
      {"length CKA_VALUE 10 -", 0, ""},
      {"length CKA_VALUE 100000 -", 0, ""},
      {"length CKA_VALUE 99999999999", 6, "claims that CKA_VALUE has 99999999999 bytes"},
      {"length CKA_VALUE - 99999999999", 6, "claims that CKA_VALUE has 99999999999 bytes"},
      {"length CKA_VALUE - 5000 - 5000", 6, "claims that CKA_VALUE has 5000 bytes"},
      {"length CKA_VALUE 10", 6, "C_GetAttributeValue answered CKR_BUFFER_TOO_SMALL"},
      {"length CKA_VALUE - 20 -", 0, ""},  // the other certificate is left
      {"length CKA_ID - 5000 - 5000", 6, "claims that CKA_ID has 5000 bytes"},
      {"length CKA_CLASS 1", 0, ""},
      {"length CKA_LABEL 0 -", 0, ""},
      {"length CKA_ID 0 -", 0, ""},
      {"length CKA_ALWAYS_AUTHENTICATE 5000 -", 0, ""},
  };
  Desk desk;
  // Also where no attributes are read together.
  const std::string before = GENERATE(as<std::string>{}, "", "one-attribute-at-a-time\n");
  for (const auto& row : rows) {
    INFO(before << row.script);
    const auto outcome = sign_with(desk, before + row.script + "\n");
    INFO(outcome.errors);
    CHECK(outcome.status == row.status);
    if (row.status != 0) {
      CHECK(says(outcome, "error", row.message));
      CHECK(desk.logged("C_Login") == 0);
    }
    for (const auto& listing : {"slots --mechanisms", "objects", "objects --attributes"}) {
      INFO(listing);
      const auto listed = desk.eidtool(listing);
      INFO(listed.errors);
      CHECK((listed.status == 0 || listed.status == 6));
    }
  }
}

TEST_CASE("a certificate that cannot be read is passed over aloud where another takes its place") {
  Desk desk;
  // Whichever is read first: the order is the token's.
  const auto outcome = sign_with(desk, "length CKA_VALUE - 20 -\n");
  CHECK(outcome.status == 0);
  CHECK(says(outcome, "warning", "passed over: certificate '"));
  // Where the key was chosen by what it is for, nothing took its place.
  const auto named = sign_with(desk, "length CKA_VALUE - 20 -\n", " --as signature");
  CHECK_FALSE(says(named, "warning", "passed over"));
}

TEST_CASE("attributes that vanish between two calls are as good as absent") {
  struct Row {
    const char* script;
    int status;
  };
  constexpr Row rows[] = {
      {"vanish CKA_VALUE", 4},         {"vanish CKA_VALUE after 1", 4},
      {"vanish CKA_VALUE once", 0},    {"vanish CKA_LABEL after 1 once", 0},
      {"vanish CKA_CLASS after 1", 0}, {"vanish CKA_MODULUS after 1", 0},
      {"vanish CKA_TOKEN after 1", 0}, {"vanish CKA_KEY_TYPE after 1", 0},
  };
  Desk desk;
  // Also where no attributes are read together.
  const std::string before = GENERATE(as<std::string>{}, "", "one-attribute-at-a-time\n");
  for (const auto& row : rows) {
    INFO(before << row.script);
    const auto outcome = sign_with(desk, before + row.script + "\n");
    INFO(outcome.errors);
    CHECK(outcome.status == row.status);
    CHECK(desk.eidtool("objects").status == 0);
    CHECK(desk.eidtool("objects --attributes").status == 0);
  }
}

TEST_CASE("a module that takes one attribute at a time shows what the others show") {
  Desk desk;
  desk.filter("");
  const auto listed = desk.eidtool("objects --login --pin-file ../pin --json").output;
  CHECK(desk.logged("C_GetAttributeValue together") > 0);
  for (const std::string script : {"one-attribute-at-a-time\n", "first-attribute-alone\n"}) {
    INFO(script);
    CHECK(sign_with(desk, script).status == 0);
    desk.filter(script);
    CHECK(desk.eidtool("objects --login --pin-file ../pin --json").output == listed);
  }
}

TEST_CASE("an attribute that nobody asks for fails in silence") {
  Desk desk;
  // Whether what has another label is private is of no interest.
  desk.filter("length CKA_PRIVATE 99999999999\n");
  const auto outcome = desk.eidtool("objects --label 'NO SUCH LABEL'");
  INFO(outcome.errors);
  CHECK(outcome.status == 0);
}

TEST_CASE("a slot that comes or goes between two calls hides no other") {
  Desk desk;
  for (const auto& script : {"ghost-slot", "ghost-slot after 1", "ghost-slot once", "ghost-slot after 1 once"}) {
    INFO(script);
    const auto outcome = sign_with(desk, std::string(script) + "\n");
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    const auto listed = desk.eidtool("slots");
    CHECK(listed.status == 0);
    CHECK(contains(listed.output, "CARTAO DE CIDADAO"));
    const auto all = desk.eidtool("slots --all --mechanisms");
    CHECK(all.status == 0);
    CHECK(contains(all.output, "CARTAO DE CIDADAO"));
    CHECK(desk.eidtool("objects").status == 0);
    CHECK(desk.eidtool("export-cert --force -o c.der").status == 0);
  }
}

TEST_CASE("thousands of objects are listed, all of them") {
  Desk desk;
  desk.filter("");
  const auto few = lines_of(desk.eidtool("objects --class certificate").output);
  const auto count = [](const std::vector<std::string>& lines) {
    return std::count_if(lines.begin(), lines.end(), [](const auto& line) { return contains(line, "pkcs11:"); });
  };
  REQUIRE(count(few) > 0);
  constexpr long wanted = has_sanitizers ? 1'000 : 10'000;
  const auto copies = wanted / count(few) + 1;
  desk.filter("copies " + std::to_string(copies) + " CKO_CERTIFICATE\n");
  const auto listed = desk.eidtool("objects --class certificate");
  CHECK(listed.status == 0);
  CHECK(count(lines_of(listed.output)) == copies * count(few));
}

TEST_CASE("twins of one certificate are one to choose") {
  Desk desk;
  const std::string many = has_sanitizers ? "100" : "500";
  for (const auto& script : {std::string("copies 2 CKO_CERTIFICATE\n"), "copies " + many + " CKO_CERTIFICATE\n",
                             "copies " + many + " CKO_PUBLIC_KEY\n"}) {
    INFO(script);
    const auto outcome = sign_with(desk, script);
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
    CHECK(desk.eidtool("export-cert --force -o c.der").status == 0);
  }
}

TEST_CASE("twins of one private key are not guessed between") {
  Desk desk;
  const auto outcome = sign_with(desk, "copies 2 CKO_PRIVATE_KEY\n");
  CHECK(outcome.status == 4);
  CHECK(says(outcome, "error", "holds 2 private keys with the id"));
  CHECK(desk.logged("C_Login") == 1);
  CHECK(desk.logged("C_SignInit") == 0);
}

TEST_CASE("fields that are not padded, not ended or no UTF-8 are shown escaped, and name their token") {
  struct Row {
    const char* label;
    const char* shown;
  };
  constexpr Row rows[] = {
      {"CARD\\x00rubbish behind it", "CARD"},
      {"0123456789012345678901234567890123456789", "01234567890123456789012345678901"},
      {"Jo\\xe3o", "Jo\\xe3o"},
      {"A\\x1b[2J\\x0dB", "A\\u{1b}[2J\\u{d}B"},
      {"\\xc0\\x80\\xff", "\\xc0\\x80\\xff"},
      {"\\xe2\\x80\\xaegnp.exe", "\\u{202e}gnp.exe"},
  };
  Desk desk;
  for (const auto& row : rows) {
    INFO(row.label);
    desk.filter(std::string("label ") + row.label + "\nserial \\xff\\xfe\\x00\\x01\n");
    const auto listed = desk.eidtool("slots");
    CHECK(listed.status == 0);
    CHECK(contains(listed.output, row.shown));
    CHECK_FALSE(contains(listed.output, "\x1b"));
    const auto lines = json_lines(desk.eidtool("slots --json").output);
    REQUIRE(lines.size() == 1);
    // Its own URI leads to it and to no other.
    const auto uri = lines[0].text("/token/uri");
    INFO(uri);
    const auto found = json_lines(desk.eidtool("slots --json --uri '" + uri + "'").output);
    REQUIRE(found.size() == 1);
    CHECK(found[0].text("/token/uri") == uri);
    const auto outcome = sign_with(desk, std::string("label ") + row.label + "\nserial \\xff\\xfe\\x00\\x01\n",
                                   " --label 'CITIZEN AUTHENTICATION CERTIFICATE' --uri '" + uri + "'");
    INFO(outcome.errors);
    CHECK(outcome.status == 0);
  }
}

}  // namespace eidtool::tests
