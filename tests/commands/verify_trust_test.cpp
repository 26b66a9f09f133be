// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
#include "support/signed_desk.hpp"

namespace eidtool::tests {

namespace {

/// The PEM blocks in a card file, where each line is a string of JSON.
std::vector<std::string> pem_blocks(const std::string& json) {
  std::vector<std::string> blocks;
  bool is_inside = false;
  for (const auto& line : lines_of(json)) {
    const auto begin = line.find('"');
    const auto end = line.rfind('"');
    if (begin == end) continue;
    const auto text = line.substr(begin + 1, end - begin - 1);
    if (text.rfind("-----BEGIN", 0) == 0) {
      blocks.emplace_back();
      is_inside = true;
    }
    if (is_inside) blocks.back() += text + "\n";
    if (text.rfind("-----END", 0) == 0) is_inside = false;
  }
  return blocks;
}

const std::string lists = " --crl pki/root.crl --crl pki/sub.crl";

}  // namespace

TEST_CASE("with somebody to trust, verify says in one sentence who signed and who vouches") {
  SignedDesk desk;
  const auto outcome = desk.eidtool("verify doc.p7s --trust pki/root.pem --require-revocation" + lists);
  INFO(outcome.output);
  CHECK(outcome.status == 0);
  CHECK(lines_of(outcome.output).front() ==
        "VALID: 'doc' is as it was when Ana Conceição signed it, whose certificate leads to root");
  const auto record = desk.record("doc.p7s --trust pki/root.pem --require-revocation" + lists, 0);
  CHECK(record.text("/verdict") == "valid");
  CHECK(record.text("/indication") == "TOTAL-PASSED");
  CHECK(record.text("/trust") == "trusted");
  CHECK(record.count("/chain") == 3);
  CHECK(record.text("/chain/2") == "CN=root,O=Testes,C=PT");
}

TEST_CASE("without, it says that nobody was asked") {
  SignedDesk desk;
  const auto record = desk.record("doc.p7s", 0);
  CHECK(record.text("/trust") == "not_checked");
  CHECK(contains(desk.eidtool("verify doc.p7s").output, "whether to trust that certificate was not checked"));
}

TEST_CASE("what is not known to be revoked is valid where nobody asked, and not all that EN 319 102-1 wants") {
  SignedDesk desk;
  const auto record = desk.record("doc.p7s --trust pki/root.pem --crl pki/root.crl", 0);
  CHECK(record.text("/verdict") == "valid");
  CHECK(record.text("/trust") == "trusted");
  CHECK_FALSE(record.has("/indication"));
}

TEST_CASE("whose signature it is depends on no certificate that somebody put into the file") {
  SignedDesk desk;
  const std::string extensions =
      "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nsubjectKeyIdentifier=hash\n";
  desk.pki.make("rita", {"sub", extensions});
  Order renewal{"sub", extensions};
  renewal.key = "rita";
  desk.pki.make("renewed", renewal);
  desk.write("pki/end", extensions);
  const auto certify = [&](const std::string& name, const std::string& issuer) {
    desk.pki.openssl(
        {"req", "-new", "-config", "configuration", "-key", "rita.key", "-subj", "/CN=" + name, "-out", name + ".csr"});
    desk.pki.openssl({"x509", "-req", "-in", name + ".csr", "-CA", issuer + ".pem", "-CAkey", issuer + ".key",
                      "-CAcreateserial", "-days", "30", "-extfile", "end", "-out", name + ".pem"});
  };
  desk.pki.make("evil", {"evil", authority()});
  certify("impostor", "evil");
  certify("other", "sub");
  // Without CAdES' attribute, and the certificate named by its key alone.
  const auto sign_with = [&](const std::vector<std::string>& others) {
    std::string bundle = desk.read("pki/sub.pem");
    for (const auto& one : others) bundle += desk.read("pki/" + one + ".pem");
    desk.write("pki/beside", bundle);
    desk.pki.openssl({"cms", "-sign", "-binary", "-keyid", "-in", desk.path("doc"), "-signer", "rita.pem", "-inkey",
                      "rita.key", "-certfile", "beside", "-outform", "DER", "-out", desk.path("keyed.p7s")});
  };

  sign_with({"impostor"});
  const auto unknown = desk.record("keyed.p7s --document doc", 1);
  CHECK(unknown.text("/sub_indication") == "NO_SIGNING_CERTIFICATE_FOUND");
  CHECK_FALSE(unknown.has("/signer"));
  const auto said = lines_of(desk.eidtool("verify keyed.p7s --document doc").output).front();
  CHECK(contains(said, "by an unknown signer"));
  CHECK(contains(said, "'rita'"));
  CHECK(contains(said, "'impostor'"));
  CHECK(desk.record("keyed.p7s --document doc --trust pki/root.pem", 0).text("/signer/common_name") == "rita");
  for (const char* name : {"rita", "impostor"}) {
    const auto named = desk.record("keyed.p7s --document doc --cert pki/" + std::string(name) + ".pem", 0);
    CHECK(named.text("/signer/common_name") == name);
  }

  sign_with({"other"});
  CHECK(desk.record("keyed.p7s --document doc --trust pki/root.pem", 1).text("/sub_indication") ==
        "NO_SIGNING_CERTIFICATE_FOUND");
  CHECK(desk.record("keyed.p7s --document doc --trust pki/root.pem --cert pki/rita.pem", 0).text("/trust") ==
        "trusted");

  sign_with({"renewed"});
  CHECK(desk.record("keyed.p7s --document doc", 0).text("/signer/common_name") == "rita");
  CHECK(desk.record("keyed.p7s --document doc --trust pki/root.pem", 0).text("/signer/common_name") == "rita");
  desk.pki.revoke("rita", in_days(-2), "keyCompromise");
  desk.pki.write_list("sub", "revoked.crl");
  CHECK(desk.record("keyed.p7s --document doc --trust pki/root.pem --crl pki/revoked.crl", 1).text("/sub_indication") ==
        "REVOKED_NO_POE");
}

TEST_CASE("trust comes from files and folders, several, and from the system") {
  SignedDesk desk;
  desk.pki.make("stranger", {"stranger", authority()});
  const auto unknown = desk.record("doc.p7s --trust pki/stranger.pem", 1);
  CHECK(unknown.text("/verdict") == "indeterminate");
  CHECK(unknown.text("/sub_indication") == "NO_CERTIFICATE_CHAIN_FOUND");
  CHECK(unknown.text("/trust") == "not_trusted");
  CHECK(contains(unknown.text("/advice"), "--trust FILE"));
  CHECK(desk.record("doc.p7s --trust pki/stranger.pem --trust pki/root.pem", 0).text("/trust") == "trusted");
  REQUIRE(desk.run({"mkdir", "anchors", "nothing"}).status == 0);
  desk.write("anchors/README", "no certificate");
  desk.write("anchors/root.CRT", desk.read("pki/root.pem"));
  CHECK(desk.record("doc.p7s --trust anchors", 0).text("/trust") == "trusted");
  check_refused(desk, "verify doc.p7s --trust nothing", 3, "'nothing' holds no certificate");
  check_refused(desk, "verify doc.p7s --trust missing.pem", 3, "missing.pem");
  REQUIRE(desk.run({"openssl", "crl2pkcs7", "-nocrl", "-certfile", "pki/root.pem", "-outform", "DER", "-out", "r.p7b"})
              .status == 0);
  CHECK(says(check_refused(desk, "verify doc.p7s --trust r.p7b", 3, "'r.p7b' is a PKCS#7 bundle"), "hint",
             "openssl pkcs7 -inform DER -print_certs"));
  check_refused(desk, "verify doc.p7s --trust doc", 3, "'doc'");
  CHECK(desk.record("doc.p7s --trust system", 1).text("/trust") == "not_trusted");
}

TEST_CASE("a folder that holds what cannot be read is an error that says so") {
  SignedDesk desk;
  REQUIRE(desk.run({"mkdir", "anchors"}).status == 0);
  desk.write("anchors/root.pem", desk.read("pki/root.pem"));
  REQUIRE(desk.run({"mkfifo", "anchors/pipe.pem"}).status == 0);
  check_refused(desk, "verify doc.p7s --trust anchors", 3, "'anchors/pipe.pem' is no file");
  REQUIRE(desk.run({"rm", "anchors/pipe.pem"}).status == 0);
  CHECK(desk.record("doc.p7s --trust anchors", 0).text("/trust") == "trusted");
  std::filesystem::permissions(desk.path("anchors"), std::filesystem::perms::none);
  auto unreadable = desk.eidtool_program("verify doc.p7s --trust anchors");
  if (::geteuid() == 0) {
    // Root reads everything, unless it may not.
    const std::vector<std::string> words = {"setpriv", "--bounding-set", "-dac_override,-dac_read_search"};
    unreadable.words.insert(unreadable.words.begin(), words.begin(), words.end());
  }
  const auto refused = Desk::run_eidtool(unreadable);
  std::filesystem::permissions(desk.path("anchors"), std::filesystem::perms::owner_all);
  CHECK(refused.status == 3);
  CHECK(says(refused, "error", "cannot read 'anchors'"));
}

TEST_CASE("a bundle of another kind is called so, with what to do about it") {
  SignedDesk desk;
  for (const std::string form : {"PEM", "DER"}) {
    REQUIRE(
        desk.run({"openssl", "crl2pkcs7", "-nocrl", "-certfile", "pki/sub.pem", "-outform", form, "-out", "sub.p7b"})
            .status == 0);
    for (const std::string option : {"--trust", "--intermediates"}) {
      const auto outcome = check_refused(desk, "verify doc.p7s " + option + " sub.p7b", 3, "PKCS#7 bundle");
      CHECK(says(outcome, "hint", "openssl pkcs7"));
    }
  }
}

TEST_CASE("certificates in between come from the signature, or are given") {
  SignedDesk desk;
  desk.pki.sign("ana", desk.path("doc"), desk.path("doc.p7s").string());
  const auto missing = desk.record("doc.p7s --trust pki/root.pem", 1);
  CHECK(contains(missing.text("/findings/0/message"), "CN=sub"));
  CHECK(desk.record("doc.p7s --trust pki/root.pem --intermediates pki/sub.pem", 0).text("/trust") == "trusted");
}

TEST_CASE("a revoked certificate is told, with what the signature claims and what to do") {
  SignedDesk desk;
  desk.pki.revoke("ana", in_days(-3), "keyCompromise");
  desk.pki.write_list("sub", "sub.crl");
  const auto record = desk.record("doc.p7s --trust pki/root.pem" + lists, 1);
  CHECK(record.text("/verdict") == "indeterminate");
  CHECK(record.text("/indication") == "INDETERMINATE");
  CHECK(record.text("/sub_indication") == "REVOKED_NO_POE");
  CHECK(record.text("/trust") == "not_trusted");
  const auto outcome = desk.eidtool("verify doc.p7s --trust pki/root.pem" + lists);
  const auto heading = lines_of(outcome.output).front();
  CHECK(heading.rfind("NOT ACCEPTED: 'doc.p7s', by Ana Conceição, cannot be relied on: ", 0) == 0);
  CHECK(contains(heading, "keyCompromise"));
  CHECK(contains(outcome.output, "ask for a new signature"));
}

TEST_CASE("as of an earlier time the answer is that of then") {
  SignedDesk desk;
  desk.pki.make("past", {"sub", {}, in_days(-90), in_days(-1)});
  desk.pki.sign("past", desk.path("doc"), desk.path("doc.p7s").string(), {"sub"});
  CHECK(desk.record("doc.p7s --trust pki/root.pem", 1).text("/sub_indication") == "OUT_OF_BOUNDS_NO_POE");
  const auto date = to_rfc3339(in_days(-5)).substr(0, 10);
  // It still claims to have been made today, which the certificate contradicts.
  CHECK(desk.record("doc.p7s --trust pki/root.pem --at " + date, 1).text("/sub_indication") ==
        "SIG_CONSTRAINTS_FAILURE");
  // A raw signature claims nothing.
  REQUIRE(desk.run({"openssl", "dgst", "-sha256", "-sign", "pki/past.key", "-out", "doc.sig", "doc"}).status == 0);
  const std::string raw = "doc.sig --cert pki/past.pem --intermediates pki/sub.pem --trust pki/root.pem";
  CHECK(desk.record(raw + " --at " + date, 0).text("/trust") == "trusted");
  CHECK(desk.record(raw, 1).text("/sub_indication") == "OUT_OF_BOUNDS_NO_POE");
  for (const std::string at : {"yesterday", "2026-02-30", "2099-01-01", "''"}) {
    INFO(at);
    check_refused(desk, "verify doc.p7s --trust pki/root.pem --at " + at, 2, "--at");
  }
}

TEST_CASE("a signature did not exist before it claims to have been made") {
  SignedDesk desk;
  const auto record = desk.record("doc.p7s --trust pki/root.pem --at " + to_rfc3339(in_days(-5)).substr(0, 10), 1);
  CHECK(record.text("/sub_indication") == "SIG_CONSTRAINTS_FAILURE");
  CHECK(record.text("/trust") == "indeterminate");
  CHECK(contains(record.text("/findings/0/message") + record.text("/findings/2/message"), "there was none"));
}

TEST_CASE("revocation that has to be known and is not is no yes") {
  SignedDesk desk;
  const auto record = desk.record("doc.p7s --trust pki/root.pem --require-revocation --crl pki/root.crl", 1);
  CHECK(record.text("/sub_indication") == "TRY_LATER");
  CHECK(record.text("/trust") == "indeterminate");
  desk.pki.write_response("ana", "sub", "sub", "ana.ocsp");
  CHECK(desk.record("doc.p7s --trust pki/root.pem --require-revocation --crl pki/root.crl --ocsp pki/ana.ocsp", 0)
            .text("/trust") == "trusted");
}

TEST_CASE("the certificate has to be for what it is used for") {
  SignedDesk desk;
  desk.pki.make("identity", {"sub", "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"});
  desk.pki.sign("identity", desk.path("doc"), desk.path("doc.p7s").string(), {"sub"});
  CHECK(desk.record("doc.p7s --trust pki/root.pem", 0).text("/trust") == "trusted");
  CHECK(desk.record("doc.p7s --trust pki/root.pem --purpose authentication", 0).text("/trust") == "trusted");
  CHECK(desk.record("doc.p7s --trust pki/root.pem --purpose signature", 1).text("/sub_indication") ==
        "CHAIN_CONSTRAINTS_FAILURE");
}

TEST_CASE("a changed document outweighs whom one trusts") {
  SignedDesk desk;
  desk.write("doc", "Text");
  const auto record = desk.record("doc.p7s --trust pki/root.pem", 1);
  CHECK(record.text("/verdict") == "invalid");
  CHECK(record.text("/sub_indication") == "HASH_FAILURE");
}

TEST_CASE("options of trust without anybody to trust are a mistake") {
  SignedDesk desk;
  for (const std::string option : {"--crl pki/sub.crl", "--ocsp x", "--require-revocation", "--purpose signature"}) {
    const auto outcome = check_refused(desk, "verify doc.p7s " + option, 2, "means nothing without anybody to trust");
    CHECK(says(outcome, "hint", "--trust"));
  }
  check_refused(desk, "verify doc.p7s --trust pki/root.pem --purpose love", 2, "love");
  check_refused(desk, "verify doc.p7s --trust pki/root.pem --crl doc", 3, "'doc' is no revocation list");
  check_refused(desk, "verify doc.p7s --trust pki/root.pem --ocsp pki/sub.crl", 3, "is no OCSP response");
}

TEST_CASE("lists inside a signature are evidence too") {
  SignedDesk desk;
  desk.pki.revoke("ana", in_days(-3));
  desk.pki.write_list("sub", "sub.crl");
  put_list_into_signature(desk, "sub.crl");
  CHECK(desk.record("doc.p7s", 0).text("/verdict") == "valid");
  CHECK(desk.record("doc.p7s --trust pki/root.pem", 1).text("/sub_indication") == "REVOKED_NO_POE");
}

TEST_CASE("the virtual citizen is trusted, revoked, expired or not yet valid, as the card was made") {
  const struct {
    std::string options;
    std::string sub_indication;
  } rows[] = {{"", ""},
              {"--revoked both", "REVOKED_NO_POE"},
              {"--expired both", "OUT_OF_BOUNDS_NO_POE"},
              {"--not-yet-valid both", "OUT_OF_BOUNDS_NOT_REVOKED"}};
  for (const auto& row : rows) {
    INFO(row.options);
    Desk desk(no_tokens);
    desk.module_options = {};
    desk.write("doc", "text");
    auto words = words_of("create --key-size 2048 --authorities ca card.json " + row.options);
    words.insert(words.begin(), from_meson("EIDTOOL_VIRTUAL_CARD"));
    REQUIRE(desk.run(words).status == 0);
    // The card's own keys, from its file: authentication, then signature, each with its certificate.
    const auto blocks = pem_blocks(desk.read("card.json"));
    REQUIRE(blocks.size() >= 4);
    for (const bool is_signature : {false, true}) {
      const std::string purpose = is_signature ? "signature" : "authentication";
      desk.write("key", blocks[is_signature ? 2 : 0]);
      desk.write("cert.pem", blocks[is_signature ? 3 : 1]);
      const auto signing = desk.run({"openssl", "dgst", "-sha256", "-sign", "key", "-out", "doc.sig", "doc"});
      INFO(signing.errors);
      REQUIRE(signing.status == 0);
      const auto outcome = desk.eidtool(
          "verify doc.sig --cert cert.pem --trust ca/root.pem --require-revocation --json --purpose " + purpose +
          " --intermediates ca/citizen-card.pem --intermediates ca/" + purpose + "-sub-ca.pem --crl ca/root.crl" +
          " --crl ca/citizen-card.crl --crl ca/" + purpose + "-sub-ca.crl");
      INFO(outcome.output << outcome.errors);
      CHECK(outcome.status == (row.sub_indication.empty() ? 0 : 1));
      const auto record = json_lines(outcome.output).at(0);
      if (row.sub_indication.empty()) {
        CHECK(record.text("/trust") == "trusted");
        CHECK(record.count("/chain") == 4);
      } else {
        CHECK(record.text("/sub_indication") == row.sub_indication);
      }
    }
  }
}

}  // namespace eidtool::tests
