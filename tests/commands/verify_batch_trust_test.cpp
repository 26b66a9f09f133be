// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/signed_desk.hpp"

namespace eidtool::tests {

TEST_CASE("in a batch each file has the answer that it has alone, whatever stands before it") {
  SignedDesk desk;
  Order ben{"sub"};
  ben.common_name = "Ben";
  desk.pki.make("ben", ben);
  desk.pki.make("past", {"sub", {}, in_days(-90), in_days(-1)});
  const auto sign = [&](const std::string& name, const std::string& signer, const std::vector<std::string>& with) {
    desk.write(name, "text");
    desk.pki.sign(signer, desk.path(name), desk.path(name + ".p7s").string(), with);
  };
  sign("again", "ana", {"sub"});
  sign("of-ben", "ben", {"sub"});
  sign("alone", "ana", {});  // without the authority: no way to the one that is trusted
  sign("late", "past", {"sub"});
  sign("changed", "ana", {"sub"});
  desk.write("changed", "another text");
  sign("of-both", "ana", {"sub"});
  desk.pki.openssl({"cms", "-resign", "-binary", "-inform", "DER", "-in", desk.path("of-both.p7s").string(), "-signer",
                    "ben.pem", "-inkey", "ben.key", "-outform", "DER", "-out", desk.path("of-both.p7s").string(),
                    "-content", desk.path("of-both").string()});
  // The same certificates as in others, and a list that revokes their holder.
  desk.pki.revoke("ana", in_days(-3));
  desk.pki.write_list("sub", "later.crl");
  desk.write("revoked", "text");
  desk.write("revoked.p7s", desk.read("doc.p7s"));
  put_list_into_signature(desk, "later.crl", "revoked.p7s");

  const std::vector<std::string> names = {"doc", "again", "of-ben", "alone", "late", "changed", "of-both", "revoked"};
  std::map<std::string, std::string> alone;
  for (const auto& name : names) {
    alone[name] = desk.eidtool("verify --json " + name + ".p7s --trust pki/root.pem").output;
    REQUIRE_FALSE(alone[name].empty());
  }
  CHECK(contains(alone["doc"], "\"valid\""));
  CHECK(contains(alone["again"], "\"valid\""));
  CHECK(contains(alone["alone"], "NO_CERTIFICATE_CHAIN_FOUND"));
  CHECK(contains(alone["late"], "OUT_OF_BOUNDS_NO_POE"));
  CHECK(contains(alone["changed"], "HASH_FAILURE"));
  CHECK(lines_of(alone["of-both"]).size() == 2);
  CHECK(contains(alone["revoked"], "REVOKED_NO_POE"));

  auto order = names;
  for (int turn = 0; turn < 2; ++turn) {
    std::string line;
    std::string expected;
    for (int round = 0; round < 2; ++round) {
      for (const auto& name : order) {
        line += " " + name + ".p7s";
        expected += alone[name];
      }
    }
    for (const std::string jobs : {"1", "3"}) {
      const auto outcome = desk.eidtool("verify --json --trust pki/root.pem --jobs " + jobs + line);
      CHECK(outcome.status == 1);
      CHECK(outcome.output == expected);
    }
    std::ranges::reverse(order);
  }
}

}  // namespace eidtool::tests
