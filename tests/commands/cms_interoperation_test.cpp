// SPDX-License-Identifier: Apache-2.0
// CMS signatures made by eidtool and judged by OpenSSL, GnuTLS and NSS, and the other way round: each test makes
// documents and signatures anew.
#include <algorithm>
#include <string>
#include <vector>

#include "support/algorithm_rows.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

using Words = std::vector<std::string>;

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

void require_run(const Desk& desk, const Words& words) {
  const auto outcome = desk.run(words);
  INFO(words.front() << " " << (words.size() > 1 ? words[1] : "") << ": " << outcome.output << outcome.errors);
  REQUIRE(outcome.status == 0);
}

/// The certificates of the card's authorities in one file: who trusts them trusts the card.
void write_authorities(const Desk& desk, const std::string& name) {
  REQUIRE(desk.run({"mkdir", "certificates"}).status == 0);
  REQUIRE(desk.eidtool("export-cert --all --pem --output-dir certificates").status == 0);
  std::string all;
  for (const auto* authority : {"ROOT_CA", "AUTHENTICATION_SUB_CA", "SIGNATURE_SUB_CA"}) {
    all += desk.read("certificates/" + std::string(authority) + ".pem");
  }
  desk.write(name, all);
}

/// A key and a certificate by a root, all made by OpenSSL: NAME.key, NAME.pem, root.pem.
void make_signer(const Desk& desk, const std::string& name, const std::string& key_type) {
  if (!desk.has("root.pem")) {
    require_run(desk, {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out",
                       "root.pem", "-days", "30", "-subj", "/C=PT/CN=Root of the others"});
    desk.write("extensions",
               "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection\n"
               "subjectKeyIdentifier=hash\nsubjectAltName=email:someone@example.pt\n");
  }
  require_run(desk, Words{"openssl", "genpkey", "-quiet", "-out", name + ".key"} + openssl_key(key_type));
  require_run(desk, {"openssl", "req", "-new", "-key", name + ".key", "-subj", "/C=PT/O=Outros/CN=Signatário " + name,
                     "-utf8", "-out", name + ".csr"});
  require_run(desk, {"openssl", "x509", "-req", "-in", name + ".csr", "-CA", "root.pem", "-CAkey", "root.key",
                     "-CAcreateserial", "-days", "20", "-extfile", "extensions", "-out", name + ".pem"});
}

/// The verdicts of eidtool on every signature of a file, in order.
Words verdicts(const Desk& desk, const std::string& line) {
  const auto outcome = desk.eidtool("verify --json " + line);
  INFO(line << "\n" << outcome.output << outcome.errors);
  Words found;
  for (const auto& record : json_lines(outcome.output)) {
    REQUIRE(record.type() == "verification");
    found.push_back(record.text("/verdict"));
  }
  CHECK(outcome.status == (found == Words(found.size(), "valid") ? 0 : 1));
  return found;
}

/// OpenSSL before 3.2 verifies no CMS signature with Ed25519; GnuTLS does.
bool openssl_knows_ed25519_in_cms(const Desk& desk) {
  const auto version = desk.run({"openssl", "version"}).output;
  return version.rfind("OpenSSL 3.0", 0) != 0 && version.rfind("OpenSSL 3.1", 0) != 0;
}

}  // namespace

TEST_CASE("OpenSSL accepts every CAdES signature that eidtool makes") {
  for (const std::string key : {"rsa2048", "p256", "p384", "p521", "ed25519"}) {
    Desk desk({TokenKind{key}});
    if (key == "ed25519" && !openssl_knows_ed25519_in_cms(desk)) continue;
    desk.write("doc", "to be signed\n");
    write_authorities(desk, "trusted.pem");
    for (const auto& row : sample(rows_for(key))) {
      for (const std::string packaging : {"", "--attached "}) {
        for (const std::string encoding : {"", "--pem "}) {
          INFO(key << " " << row.name() << " " << packaging << encoding);
          const auto signing = desk.eidtool("sign doc --format cades --force --pin-file ../pin " + packaging +
                                            encoding + row.eidtool_options());
          INFO(signing.errors);
          REQUIRE(signing.status == 0);
          Words words = {"openssl",     "cms",
                         "-verify",     "-binary",
                         "-cades",      "-in",
                         "doc.p7s",     "-CAfile",
                         "trusted.pem", "-partial_chain",
                         "-purpose",    "any",
                         "-out",        "out",
                         "-inform",     encoding.empty() ? "DER" : "PEM"};
          if (packaging.empty()) words = words + Words{"-content", "doc"};
          require_run(desk, words);
          CHECK(desk.read("out") == desk.read("doc"));
          CHECK(verdicts(desk, "doc.p7s" + row.permission()) == Words{"valid"});
        }
      }
    }
  }
}

TEST_CASE("GnuTLS accepts what eidtool makes") {
  for (const std::string key : {"rsa2048", "p256", "p384", "p521", "ed25519"}) {
    Desk desk({TokenKind{key}});
    desk.write("doc", "to be signed\n");
    write_authorities(desk, "trusted.pem");
    for (const auto& row : rows_for(key)) {
      // GnuTLS 3.7 refuses SHA-1 by its own policy, and takes PSS for PSS with SHA-256 whatever its parameters say.
      if (row.digest == "sha1" || (row.padding == "pss" && row.digest != "sha256")) continue;
      INFO(key << " " << row.name());
      REQUIRE(desk.eidtool("sign doc --format cades --force --pin-file ../pin" + row.eidtool_options()).status == 0);
      require_run(desk, {"certtool", "--p7-verify", "--inder", "--infile", "doc.p7s", "--load-data", "doc",
                         "--load-ca-certificate", "trusted.pem"});
    }
  }
}

TEST_CASE("NSS accepts what eidtool makes") {
  for (const std::string key : {"rsa2048", "p256", "p384", "p521"}) {
    Desk desk({TokenKind{key}});
    desk.write("doc", "to be signed\n");
    write_authorities(desk, "trusted.pem");
    REQUIRE(desk.run({"mkdir", "nss"}).status == 0);
    require_run(desk, {"certutil", "-N", "-d", "nss", "--empty-password"});
    for (const std::string authority : {"ROOT_CA", "AUTHENTICATION_SUB_CA"}) {
      require_run(desk, {"certutil", "-A", "-d", "nss", "-n", authority, "-t", "CT,CT,CT", "-i",
                         "certificates/" + authority + ".pem"});
    }
    for (const auto& row : rows_for(key)) {
      if (row.digest == "sha1") continue;  // newer ones refuse it by their policy
      for (const std::string packaging : {"", " --attached"}) {
        INFO(key << " " << row.name() << packaging);
        REQUIRE(desk.eidtool("sign doc --format cades --force --pin-file ../pin" + packaging + row.eidtool_options())
                    .status == 0);
        Words words = {"cmsutil", "-D", "-d", "nss", "-i", "doc.p7s", "-h", "1", "-o", "out"};
        if (packaging.empty()) words = words + Words{"-c", "doc"};
        const auto outcome = desk.run(words);
        INFO(outcome.output << outcome.errors);
        CHECK(outcome.status == 0);
        CHECK(contains(desk.read("out") + outcome.output, "GoodSignature"));
      }
    }
  }
}

TEST_CASE("OpenSSL accepts both signatures of a file to which eidtool added one") {
  Desk desk({TokenKind{"rsa2048"}});
  desk.write("doc", "to be signed\n");
  make_signer(desk, "other", "p256");
  require_run(desk, {"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", "other.pem", "-inkey", "other.key",
                     "-outform", "DER", "-out", "doc.p7s"});
  REQUIRE(desk.eidtool("sign doc --format cades --add --pin-file ../pin").status == 0);
  require_run(desk, {"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "doc.p7s", "-content", "doc",
                     "-noverify", "-out", "out"});
  CHECK(verdicts(desk, "doc.p7s") == Words{"valid", "valid"});
}

TEST_CASE("eidtool reads every kind of CMS signature that OpenSSL makes") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "signed by others\n");
  for (const std::string key : {"rsa2048", "p256", "p384"}) make_signer(desk, key, key);
  const struct {
    const char* what;
    std::string key;
    Words options;
    const char* verify_options;
  } rows[] = {
      {"as it comes", "rsa2048", {}, ""},
      {"SHA-512", "rsa2048", {"-md", "sha512"}, ""},
      {"SHA-1", "rsa2048", {"-md", "sha1"}, "--allow-sha1"},
      {"PSS, the longest salt", "rsa2048", {"-keyopt", "rsa_padding_mode:pss"}, ""},
      {"PSS, no salt", "rsa2048", {"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0"}, ""},
      {"PSS, SHA-384",
       "rsa2048",
       {"-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"},
       ""},
      {"PSS, the mask by SHA-1", "rsa2048", {"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha1"}, ""},
      {"PSS, SHA-384, the mask by SHA-512, no salt",
       "rsa2048",
       {"-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512", "-keyopt",
        "rsa_pss_saltlen:0"},
       ""},
      {"ECDSA", "p256", {}, ""},
      {"ECDSA, P-384", "p384", {"-md", "sha384"}, ""},
      {"key identifier", "p256", {"-keyid"}, ""},
      {"CAdES", "rsa2048", {"-cades"}, ""},
      {"without signed attributes", "rsa2048", {"-noattr"}, ""},
      {"without certificates", "p256", {"-nocerts"}, "--cert p256.pem"},
      {"attached", "p256", {"-nodetach"}, ""},
      {"attached without signed attributes", "rsa2048", {"-nodetach", "-noattr"}, ""},
      {"streamed", "rsa2048", {"-nodetach", "-stream"}, ""},
      {"streamed, detached", "p256", {"-stream"}, ""},
  };
  for (const auto& row : rows) {
    for (const std::string encoding : {"DER", "PEM"}) {
      INFO(row.what << " " << encoding);
      require_run(desk, Words{"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", row.key + ".pem", "-inkey",
                              row.key + ".key", "-outform", encoding, "-out", "doc.p7s"} +
                            row.options);
      CHECK(verdicts(desk, std::string("doc.p7s ") + row.verify_options) == Words{"valid"});
      // And the same signature of another document.
      desk.write("other", "signed by otherS\n");
      const auto other = verdicts(desk, std::string("doc.p7s --document other ") + row.verify_options);
      CHECK(other == Words{"invalid"});
    }
  }
}

TEST_CASE("eidtool reads every row of its algorithm table from OpenSSL, as CAdES, and finds out which it is") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "signed by others\n");
  for (const std::string key : {"rsa2048", "p256", "p384", "p521"}) {
    make_signer(desk, key, key);
    for (const auto& row : rows_for(key)) {
      INFO(key << " " << row.name());
      Words words = {"openssl", "cms",        "-sign", "-cades",   "-binary",  "-in", "doc",  "-signer", key + ".pem",
                     "-inkey",  key + ".key", "-md",   row.digest, "-outform", "DER", "-out", "doc.p7s"};
      if (row.padding == "pss") {
        words = words + Words{"-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"};
      }
      require_run(desk, words);
      CHECK(verdicts(desk, "doc.p7s" + row.permission()) == Words{"valid"});
      const auto lines = json_lines(desk.eidtool("verify doc.p7s --json").output);
      REQUIRE(lines.size() == 1);
      const auto family = row.padding.empty() ? "ecdsa_" : "rsa_" + row.padding + "_";
      CHECK(lines[0].text("/algorithm") == family + row.digest);
    }
  }
}

TEST_CASE("a certificate of indefinite length in a file of DER is read, as OpenSSL reads it") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "signed by others\n");
  make_signer(desk, "rsa", "rsa2048");
  require_run(desk, {"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", "rsa.pem", "-inkey", "rsa.key",
                     "-outform", "DER", "-out", "doc.p7s"});
  require_run(desk, {"openssl", "x509", "-in", "rsa.pem", "-outform", "DER", "-out", "rsa.der"});
  const auto certificate = desk.read("rsa.der");
  auto file = desk.read("doc.p7s");
  const auto at = file.find(certificate);
  REQUIRE(at != std::string::npos);
  // A length in two bytes more than its first takes as much room as the two zeros at the end of an indefinite one.
  REQUIRE(certificate[1] == '\x82');
  file.replace(at, certificate.size(), "\x30\x80" + certificate.substr(4) + std::string(2, '\0'));
  desk.write("doc.p7s", file);
  require_run(desk, {"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "doc.p7s", "-content", "doc",
                     "-CAfile", "root.pem", "-out", "out"});
  CHECK(verdicts(desk, "doc.p7s --trust root.pem") == Words{"valid"});
  CHECK(verdicts(desk, "doc.p7s --trust root.pem --document extensions") == Words{"invalid"});
}

TEST_CASE("a document in pieces of any size is the document") {
  Desk desk(no_tokens);
  desk.module_options = {};
  make_signer(desk, "p256", "p256");
  for (const std::size_t size : {1U, 4096U, 1048576U, 3000001U}) {
    INFO(size);
    desk.write("doc", std::string(size, 'x'));
    for (const std::string stream : {"-stream", "-nodetach"}) {
      require_run(desk, {"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", "p256.pem", "-inkey",
                         "p256.key", "-nodetach", stream, "-outform", "DER", "-out", "doc.p7s"});
      CHECK(verdicts(desk, "doc.p7s") == Words{"valid"});
      CHECK(verdicts(desk, "doc.p7s --document doc") == Words{"valid"});
      REQUIRE(desk.eidtool("verify doc.p7s -o out --force").status == 0);
      CHECK(desk.read("out") == desk.read("doc"));
    }
  }
}

TEST_CASE("of several signers each has a verdict of its own") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "signed by others\n");
  make_signer(desk, "one", "rsa2048");
  make_signer(desk, "two", "p256");
  require_run(desk, {"openssl", "cms", "-sign", "-binary", "-in", "doc", "-signer", "one.pem", "-inkey", "one.key",
                     "-signer", "two.pem", "-inkey", "two.key", "-outform", "DER", "-out", "doc.p7s"});
  CHECK(verdicts(desk, "doc.p7s") == Words{"valid", "valid"});
  // The last byte of the file is one of a signature.
  auto bytes = desk.read("doc.p7s");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  desk.write("doc.p7s", bytes);
  const auto outcome = desk.eidtool("verify doc.p7s");
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.output, "MATCHES: "));
  CHECK(contains(outcome.output, "INVALID: signature "));
  const auto lines = json_lines(desk.eidtool("verify doc.p7s --json").output);
  REQUIRE(lines.size() == 2);
  for (const auto& line : lines) {
    CHECK((line.text("/verdict") == "valid" || line.text("/sub_indication") == "SIG_CRYPTO_FAILURE"));
    CHECK(contains(line.text("/signer/common_name"), "Signatário "));
  }
}

TEST_CASE("eidtool reads what GnuTLS and NSS make") {
  Desk desk(no_tokens);
  desk.module_options = {};
  desk.write("doc", "signed by others\n");
  make_signer(desk, "rsa", "rsa2048");
  make_signer(desk, "p256", "p256");
  make_signer(desk, "p384", "p384");
  make_signer(desk, "p521", "p521");
  make_signer(desk, "ed", "ed25519");  // OpenSSL 3.0 cannot sign CMS with it
  require_run(desk, {"certtool", "--p7-detached-sign", "--load-privkey", "ed.key", "--load-certificate", "ed.pem",
                     "--infile", "doc", "--outfile", "doc.p7s"});
  CHECK(verdicts(desk, "doc.p7s") == Words{"valid"});
  for (const std::string key : {"rsa", "p256", "p384", "p521"}) {
    INFO(key);
    for (const std::string way : {"--p7-detached-sign", "--p7-sign"}) {
      for (const Words& more : {Words{}, Words{"--p7-time"}, Words{"--hash", "sha384"}, Words{"--hash", "sha512"}}) {
        require_run(desk, Words{"certtool", way, "--load-privkey", key + ".key", "--load-certificate", key + ".pem",
                                "--infile", "doc", "--outfile", "doc.p7s"} +
                              more);
        CHECK(verdicts(desk, "doc.p7s") == Words{"valid"});
      }
    }
    require_run(desk, {"openssl", "pkcs12", "-export", "-in", key + ".pem", "-inkey", key + ".key", "-name", "someone",
                       "-passout", "pass:x", "-out", key + ".p12"});
    const auto database = "nss-" + key;
    REQUIRE(desk.run({"mkdir", database}).status == 0);
    require_run(desk, {"certutil", "-N", "-d", database, "--empty-password"});
    require_run(desk, {"certutil", "-A", "-d", database, "-n", "root", "-t", "CT,CT,CT", "-i", "root.pem"});
    require_run(desk, {"pk12util", "-i", key + ".p12", "-d", database, "-W", "x"});
    // Without signed attributes NSS 3.87 writes an ECDSA signature as r and s side by side, and then calls it bad
    // itself.
    const Words attributes = key == "rsa" ? Words{} : Words{"-G"};
    for (const Words& options :
         {Words{}, Words{"-T"}, Words{"-G", "-P"}, Words{"-H", "SHA384"}, Words{"-H", "SHA512"}}) {
      const auto more =
          std::find(options.begin(), options.end(), "-G") == options.end() ? attributes + options : options;
      require_run(
          desk,
          Words{"cmsutil", "-S", "-d", database, "-N", "someone", "-Y", "NONE", "-i", "doc", "-o", "doc.p7s"} + more);
      CHECK(verdicts(desk, "doc.p7s --document doc") == Words{"valid"});
    }
  }
}

}  // namespace eidtool::tests
