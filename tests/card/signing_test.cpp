// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "support/card_reader.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

namespace eidtool::tests {

namespace {

/// Checks with OpenSSL alone, and says whose the certificate is.
std::string openssl_signer(const CardDesk& desk, const std::string& digest, const std::string& signature,
                           const std::string& certificate) {
  const auto key = desk.run({"openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-pubkey"});
  desk.write("key.pem", key.output);
  const auto checking =
      desk.run({"openssl", "dgst", "-" + digest, "-verify", "key.pem", "-signature", signature, "doc"});
  INFO(checking.output << checking.errors);
  CHECK(checking.status == 0);
  return desk
      .run({"openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-subject", "-nameopt",
            "utf8,sep_comma_plus_space"})
      .output;
}

}  // namespace

TEST_CASE("the whole session with either key: sign, hand over, verify without the card, and no after a change") {
  if (!has_card_reader()) return;
  struct Row {
    const char* purpose;
    const char* digest;
    const char* other;  // the PIN that must not be sent
    const char* own;
    const char* unit;  // of the subject
  };
  constexpr Row rows[] = {
      {"authentication", "sha1", "VERIFY 82", "VERIFY 81", "Autenticação do Cidadão"},
      {"authentication", "sha256", "VERIFY 82", "VERIFY 81", "Autenticação do Cidadão"},
      {"signature", "sha1", "VERIFY 81", "VERIFY 82", "Assinatura Qualificada do Cidadão"},
      {"signature", "sha256", "VERIFY 81", "VERIFY 82", "Assinatura Qualificada do Cidadão"},
  };
  for (const auto& row : rows) {
    INFO(row.purpose << ", " << row.digest);
    CardDesk desk;
    desk.insert();
    desk.write("doc", "It is agreed.\n");
    const auto signing = desk.eidtool(std::string("sign doc --cert-out c.der --as ") + row.purpose + " --digest " +
                                      row.digest + " --pin-file ../" + row.purpose);
    INFO(signing.errors);
    REQUIRE(signing.status == 0);
    CHECK(desk.traced(row.own) > 0);
    CHECK(desk.traced(row.other) == 0);
    CHECK(desk.traced("VERIFY 83") == 0);
    CHECK(desk.traced("COMPUTE DIGITAL SIGNATURE") == 1);
    CHECK(desk.tries_left(row.purpose) == 3);
    desk.remove();

    const auto checking = desk.eidtool("verify doc.sig --cert c.der --allow-sha1");
    INFO(checking.output);
    CHECK(checking.status == 0);
    CHECK(contains(checking.output, "JOÃO VIRTUAL DA CONCEIÇÃO"));
    CHECK(contains(checking.output, row.unit));
    CHECK(contains(openssl_signer(desk, row.digest, "doc.sig", "c.der"), "JOÃO VIRTUAL DA CONCEIÇÃO"));
    desk.write("doc", "It is not agreed.\n");
    CHECK(desk.eidtool("verify doc.sig --cert c.der --allow-sha1").status == 1);
  }
}

TEST_CASE("a card with 3072-bit keys hands its signatures out in pieces") {
  if (!has_card_reader()) return;
  CardDesk desk({""});
  desk.insert();
  desk.write("doc", "text");
  REQUIRE(desk.eidtool("sign doc --cert-out c.der --pin-file ../authentication").status == 0);
  CHECK(desk.read("doc.sig").size() == 384);
  CHECK(desk.traced("GET RESPONSE") == 1);
  (void)openssl_signer(desk, "sha256", "doc.sig", "c.der");
}

TEST_CASE("the key is chosen by default, by purpose or by URI, and no other token's PIN is ever sent") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  const auto signing = desk.eidtool("sign doc --pin-file ../authentication");
  CHECK(signing.status == 0);
  CHECK(says(signing, "notice", "--as signature"));
  CHECK(desk.traced("VERIFY 81") == 1);
  CHECK(desk.traced("VERIFY 82") + desk.traced("VERIFY 83") == 0);

  std::string uri;
  for (const auto& line : json_lines(desk.eidtool("objects --json --id 46 --class certificate").output)) {
    if (contains(line.text("/uri"), "Sign%20PIN")) uri = line.text("/uri");
  }
  REQUIRE_FALSE(uri.empty());
  desk.forget_trace();
  CHECK(desk.eidtool("sign doc --force --uri '" + uri + "' --pin-file ../signature").status == 0);
  CHECK(desk.traced("VERIFY 82") > 0);
  CHECK(desk.traced("VERIFY 81") + desk.traced("VERIFY 83") == 0);

  desk.forget_trace();
  check_refused(desk, "sign doc --force --token 'CARTAO DE CIDADAO (Address PIN)' --pin-file ../address", 4, "");
  check_refused(desk, "sign doc --force --label 'ROOT CA' --pin-file ../authentication", 4, "");
  CHECK(desk.pins_sent() == 0);
}

TEST_CASE("digests that the card cannot sign are told, with those that it can, before a PIN is sent") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", "text");
  const auto refusal = check_refused(desk, "sign doc --digest sha512 --pin-file ../authentication", 6, "sha512");
  CHECK(contains(refusal.errors, "sha256"));
  check_refused(desk, "sign doc --padding pss --pin-file ../authentication", 6, "pss");
  CHECK(desk.pins_sent() == 0);
}

TEST_CASE("each signature with the signature key takes its PIN, and the number of them is announced") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  for (const auto* name : {"a", "b", "c"}) desk.write(name, name);
  const auto signing = desk.eidtool("sign a b c --as signature --pin-file ../signature");
  INFO(signing.errors);
  CHECK(signing.status == 0);
  CHECK(says(signing, "notice", "the stored PIN is sent for each of 3"));
  CHECK(desk.traced("COMPUTE DIGITAL SIGNATURE") == 3);
  CHECK(desk.traced("VERIFY 82") >= 3);
  CHECK(desk.tries_left("signature") == 3);

  TerminalSession prompted(desk.eidtool_program("sign a b --force --as signature"), {});
  prompted.expect("signature PIN");
  prompted.send("2222\n");
  prompted.expect("1 further prompt");
  prompted.expect("signature PIN");
  prompted.send("2222\n");
  CHECK(prompted.wait().status == 0);
}

TEST_CASE("documents larger than a piece are hashed on the host and signed") {
  if (!has_card_reader()) return;
  CardDesk desk;
  desk.insert();
  desk.write("doc", std::string((3U << 20U) + 7, 'x'));
  REQUIRE(desk.eidtool("sign doc --cert-out c.der --pin-file ../authentication").status == 0);
  (void)openssl_signer(desk, "sha256", "doc.sig", "c.der");
}

}  // namespace eidtool::tests
