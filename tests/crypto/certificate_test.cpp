// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "crypto/asn1.hpp"
#include "crypto/der.hpp"
#include "support/catch.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

using tests::error_of;
using tests::hex;
using tests::vector_bytes;
using tests::vector_certificate;
using tests::vector_path;

namespace {

const std::string person = "JOÃO DE ALBUQUERQUE GONÇALVES";

/// read_file() on a file with that content.
Certificate read(const std::string& content) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "given";
  tests::write_file(path, content);
  return Certificate::read_file(path);
}

std::string text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

/// `p256` with every `from` replaced: what stands in a certificate is read whoever signed it.
Bytes changed(std::string_view from, const std::string& to) {
  auto der = vector_certificate("p256").der();
  const auto found = std::search(der.begin(), der.end(), from.begin(), from.end(),
                                 [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
  REQUIRE(found != der.end());
  REQUIRE(from.size() == to.size());
  std::ranges::copy(to, found);
  return der;
}

}  // namespace

TEST_CASE("a certificate says what openssl x509 says") {
  // openssl x509 -in p256.pem -noout -subject -issuer -nameopt RFC2253,-esc_msb,utf8 -serial -ext keyUsage
  const auto certificate = vector_certificate("p256");
  CHECK(certificate.subject() == "CN=" + person +
                                     ",serialNumber=BI123456789,GN=JOÃO,SN=DE ALBUQUERQUE GONÇALVES,"
                                     "OU=Assinatura Qualificada,O=Cartão de Cidadão VIRTUAL,C=PT");
  CHECK(certificate.issuer() == certificate.subject());
  CHECK(certificate.issuer_der() == certificate.subject_der());
  CHECK(certificate.common_name() == person);
  CHECK(to_hex(certificate.serial_number()) == "ff22334455667788");
  CHECK_FALSE(certificate.is_ca());
  CHECK(certificate.has_key_usage());
  CHECK(certificate.key_usage() == std::vector<std::string>{"nonRepudiation"});
  CHECK(certificate.purpose() == Purpose::signature);
  CHECK(certificate.public_key().description() == "EC P-256");
  CHECK(certificate.fingerprint_sha256().size() == 32);
  CHECK(certificate.not_after() - certificate.not_before() == std::chrono::days(36500));
}

TEST_CASE("times are read in both forms, up to the year 9999 that means no end (RFC 5280 §4.1.2.5)") {
  const auto der = vector_certificate("p256").der();
  const std::string all(der.begin(), der.end());
  // notBefore is a UTCTime of 13 characters, notAfter, a hundred years on, a GeneralizedTime of 15.
  const auto before = all.substr(all.find("\x17\x0d") + 2, 13);
  const auto after = all.substr(all.find("\x18\x0f") + 2, 15);
  const auto not_before = [&](const std::string& time) {
    return to_rfc3339(Certificate::from_der(changed(before, time), "it").not_before());
  };
  const auto not_after = [&](const std::string& time) {
    return to_rfc3339(Certificate::from_der(changed(after, time), "it").not_after());
  };
  CHECK(not_before("491231235959Z") == "2049-12-31T23:59:59Z");
  CHECK(not_before("500101000000Z") == "1950-01-01T00:00:00Z");
  CHECK(not_before("000229120000Z") == "2000-02-29T12:00:00Z");
  CHECK(not_after("99991231235959Z") == "9999-12-31T23:59:59Z");
  CHECK(not_after("00010101000000Z") == "0001-01-01T00:00:00Z");
  for (const char* broken : {"490229120000Z", "491301120000Z", "491200120000Z", "491231240000Z", "491231236000Z",
                             "491231235960Z", "4912312359590", "49123123595\xffZ", "             "}) {
    INFO(broken);
    CHECK(error_of([&] { not_before(broken); }).kind() == ErrorKind::malformed);
  }
}

TEST_CASE("the zero that keeps a serial number positive is not part of it, a lone zero is") {
  const std::string serial("\x02\x09\x00\xff\x22\x33\x44\x55\x66\x77\x88", 11);
  const auto read_serial = [&](const std::string& other) {
    return to_hex(Certificate::from_der(changed(serial, other), "it").serial_number());
  };
  CHECK(read_serial(serial) == "ff22334455667788");
  CHECK(read_serial(std::string("\x02\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00", 11)) == "00");
}

TEST_CASE("a certificate with a key that eidtool does not check still shows everything else") {
  for (const char* name : {"unsupported_p224", "unsupported_explicit", "unsupported_ed448", "unsupported_dsa"}) {
    INFO(name);
    const auto certificate = vector_certificate(name);
    CHECK(certificate.common_name() == person);
    CHECK(error_of([&] { certificate.public_key(); }).kind() == ErrorKind::unsupported);
  }
}

TEST_CASE("a certificate has no longer name than any honest one") {
  const auto with_name = [](std::size_t size) {
    const auto original = tests::vector_certificate("rsa2048").der();
    der::Reader outer(original);
    auto certificate = outer.enter(der::tag::sequence);
    auto body = certificate.enter(der::tag::sequence);
    Bytes made;
    for (int field = 0; !body.at_end(); ++field) {
      constexpr int subject = 5;  // behind version, number, algorithm, issuer and times
      auto value = der::copy(body.next().whole);
      if (field == subject) {
        const auto text = der::encoded(der::tag::utf8_string, Bytes(size, 'x'));
        const auto pair = asn1::joined({asn1::object_identifier("2.5.4.3"), text});
        value = der::encoded(der::tag::sequence, der::encoded(der::tag::set, der::encoded(der::tag::sequence, pair)));
      }
      made.insert(made.end(), value.begin(), value.end());
    }
    made = der::encoded(der::tag::sequence, made);
    made.insert(made.end(), certificate.rest().begin(), certificate.rest().end());
    return Certificate::from_der(der::encoded(der::tag::sequence, made), "it");
  };
  CHECK(with_name(16000).common_name().size() == 16000);
  CHECK_THROWS_AS(with_name(17000), Error);
}

TEST_CASE("PEM is written as it is read") {
  const auto pem = text(vector_bytes("rsa2048.pem"));
  const auto certificate = vector_certificate("rsa2048");
  CHECK(certificate.pem() == pem);
  CHECK(read(pem).der() == certificate.der());
  CHECK(read(text(certificate.der())).der() == certificate.der());
  CHECK(Certificate::from_der(certificate.der(), "it").der() == certificate.der());
}

TEST_CASE("text around PEM, a key beside it and other line ends do no harm") {
  const auto pem = text(vector_bytes("p256.pem"));
  const auto der = vector_certificate("p256").der();
  CHECK(read("0 João's certificate:\n\n" + pem + "\nthat was it\n").der() == der);
  CHECK(read(text(vector_bytes("p256.key")) + pem).der() == der);
  std::string windows;
  for (const char c : pem) windows += c == '\n' ? "\r\n" : std::string(1, c);
  CHECK(read("\xef\xbb\xbf" + windows).der() == der);
}

TEST_CASE("several certificates are refused, and the hint says what to give") {
  const auto pem = text(vector_bytes("p256.pem"));
  const auto error = error_of([&] { read(pem + pem); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("several certificates"));
  CHECK_THAT(error.hint(), Catch::Matchers::ContainsSubstring("just the signer's certificate"));
  CHECK_FALSE(error.file().empty());
}

TEST_CASE("what is no certificate is called by its name") {
  const auto pem = text(vector_bytes("p256.pem"));
  const auto der = text(vector_certificate("p256").der());
  const struct {
    std::string content;
    const char* message;
  } rows[] = {
      {"", "is empty"},
      {"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF document"},
      {text(vector_bytes("p256.key")), "holds a private key"},
      {"-----BEGIN PKCS7-----\nMA==\n-----END PKCS7-----\n", "PKCS#7"},
      {"-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n", "PEM of another kind"},
      {"hello", "is no certificate: neither DER nor PEM"},
      {text(vector_bytes("rsa2048.rsa_pkcs1_sha256.sig")), "is no certificate"},
      {der + "x", "something follows after its end"},
      {der.substr(0, der.size() - 1), "cut off"},
      {der.substr(0, 20), "cut off"},
      {pem.substr(0, pem.size() / 2), "no END line"},
      {"-----BEGIN CERTIFICATE-----\n\x1b[31m\n-----END CERTIFICATE-----\n", "not base64"},
      {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "is empty"},
      {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "no valid X.509 certificate"},
      {std::string((1U << 20U) + 1, 'x'), "too large for a certificate"},
  };
  for (const auto& row : rows) {
    INFO(row.message);
    const auto error = error_of([&] { read(row.content); });
    CHECK(error.kind() == ErrorKind::malformed);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(row.message));
    const std::string_view message = error.what();
    CHECK(std::ranges::all_of(message, [](char c) { return c >= ' ' && c < 0x7f; }));
  }
  CHECK(error_of([] { Certificate::read_file(vector_path("missing.pem")); }).kind() == ErrorKind::io);
  CHECK(error_of([] { Certificate::read_file(vector_path("")); }).kind() == ErrorKind::io);
}

TEST_CASE("a certificate of a token is named in the message") {
  const auto error = error_of([] { Certificate::from_der(Bytes{0x30, 0x00}, "the token's certificate"); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK_THAT(error.what(), Catch::Matchers::StartsWith("the token's certificate is no valid X.509 certificate"));
}

TEST_CASE("no byte of a certificate, changed or cut off, brings more than an Error", "[many]") {
  for (const char* name : {"p256", "rsa2048", "unsupported_explicit"}) {
    const auto original = vector_certificate(name).der();
    const auto survives = [](const Bytes& der) {
      try {
        const auto certificate = Certificate::from_der(der, "it");
        certificate.key_usage();
        certificate.public_key().description();
      } catch (const Error& error) {
        return error.kind() == ErrorKind::malformed || error.kind() == ErrorKind::unsupported;
      }
      return true;
    };
    bool all_survived = true;
    for (std::size_t index = 0; index < original.size(); index += tests::step()) {
      for (const auto mask : Bytes{0x01, 0x80, 0xff}) {
        auto der = original;
        der[index] ^= mask;
        all_survived = all_survived && survives(der);
      }
      all_survived = all_survived && survives(Bytes(original.begin(), original.begin() + static_cast<long>(index)));
    }
    CHECK(all_survived);
  }
}

TEST_CASE("loading a key counts once for each piece of work, whoever had it loaded before") {
  const auto certificate = vector_certificate("rsa2048");
  const auto copy = certificate;
  Work first;
  CHECK(certificate.may_load(first));
  const auto cost = first.done();
  CHECK(cost == certificate.key_cost().load);
  (void)certificate.public_key();
  CHECK(copy.may_load(first));
  CHECK(first.done() == cost);
  Work second;
  CHECK(copy.may_load(second));
  CHECK(second.done() == cost);
  Work little(cost - 1);
  CHECK_FALSE(certificate.may_load(little));
  CHECK_FALSE(certificate.may_load(little));
}

}  // namespace eidtool::crypto
