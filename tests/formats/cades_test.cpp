// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crypto/asn1.hpp"
#include "formats/cms/file.hpp"
#include "formats/cms_tools.hpp"
#include "support/catch.hpp"
#include "support/sanitizers.hpp"
#include "support/software_signer.hpp"
#include "support/temporary_folder.hpp"

namespace eidtool::formats {

using tests::algorithm_of;
using tests::checked;
using tests::codes;
using tests::Codes;
using tests::error_of;
using tests::HandMade;
using tests::reason;
using tests::Said;
using tests::signature_by;
using tests::SoftwareSigner;
using tests::vector_path;
using tests::verified;

namespace {

Bytes document_bytes() { return tests::vector_bytes("document"); }

}  // namespace

TEST_CASE("what cades signs, cades verifies: every algorithm, detached and attached, DER and PEM") {
  for (const char* key : {"rsa2048", "p256", "p521", "ed25519"}) {
    for (const auto& algorithm : signature_algorithms) {
      if (algorithm.key_type != SoftwareSigner(key).key_type()) continue;
      for (const auto packaging : {Packaging::detached, Packaging::attached}) {
        for (const auto encoding : {Encoding::der, Encoding::pem}) {
          INFO(key << " " << algorithm.name);
          const auto signature = signature_by(key, algorithm.name, packaging, encoding);
          const auto report = checked(signature);
          REQUIRE(report.signatures.size() == 1);
          const auto& one = report.signatures.front();
          CHECK(one.matches);
          CHECK(codes(one).empty());
          CHECK(one.algorithm == &algorithm);
          CHECK(one.signing_time == Time(std::chrono::seconds(1800000000)));
          CHECK(report.packaging == packaging);
          CHECK(one.signer->der() == tests::vector_certificate(key).der());
        }
      }
    }
  }
}

TEST_CASE("the signed attributes are those of a CAdES baseline B-B signature") {
  const auto report = checked(signature_by("p256", "ecdsa_sha256")).signatures.front();
  Codes names;
  for (const auto& attribute : report.signed_attributes) names.push_back(attribute.name);
  std::ranges::sort(names);
  CHECK(names == Codes{"contentType", "messageDigest", "signingCertificateV2", "signingTime"});
  CHECK(report.unsigned_attributes.empty());
}

TEST_CASE("what was said in a signature is read from it") {
  Document document{InputFile(vector_path("document"))};
  SignRequest request{document, algorithm_of("ecdsa_sha256")};
  request.properties.policy = "1.3.6.1.4.1.99999.1";
  request.properties.policy_digest = Bytes(32, 7);
  request.properties.commitment = "1.2.840.113549.1.9.16.6.5";
  request.properties.location = "São Brás de Alportel";
  const auto report = checked(signature_by("p256", request.algorithm, request)).signatures.front();
  CHECK(report.matches);
  CHECK(report.policy == "1.3.6.1.4.1.99999.1");
  CHECK(report.commitments == Codes{"proof-of-approval"});
  CHECK(report.location == "São Brás de Alportel");
}

TEST_CASE("a changed document fails by its digest, and the signature is told to be intact") {
  tests::TemporaryFolder folder;
  tests::write_file(folder.path() / "other", "eidtool signs this Document\n");
  const auto report =
      verified(cades(), signature_by("rsa2048", "rsa_pkcs1_sha256"), folder.path() / "other").signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"document_changed", "signature_intact"});
  CHECK(reason(report) == SubIndication::hash_failure);
}

TEST_CASE("a document that is named has to be the one inside") {
  tests::TemporaryFolder folder;
  tests::write_file(folder.path() / "other", "another");
  const auto signature = signature_by("p256", "ecdsa_sha256", Packaging::attached);
  Said named;
  named.document_is_named = true;
  CHECK(verified(cades(), signature, vector_path("document"), named).signatures.front().matches);
  const auto report = verified(cades(), signature, folder.path() / "other", named).signatures.front();
  CHECK_FALSE(report.matches);
  CHECK(codes(report) == Codes{"document_differs"});
}

TEST_CASE("every bit of a signature counts, unless it is one of the hulls", "[many]") {
  for (const auto packaging : {Packaging::detached, Packaging::attached}) {
    const auto signature = signature_by("p256", "ecdsa_sha256", packaging);
    const auto original = cms::read_signed_file(tests::memory_file(signature)).data;
    std::size_t matching = 0;
    for (std::size_t index = 0; index < signature.size(); index += tests::step()) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U}) {
        auto damaged = signature;
        damaged[index] = static_cast<std::uint8_t>(damaged[index] ^ mask);
        try {
          const auto report = checked(damaged);
          if (!std::ranges::all_of(report.signatures, &SignatureReport::matches) || report.signatures.empty()) continue;
          ++matching;
          // Versions, the list of digest algorithms that only helps to read in one pass, and in the name of the
          // certificate's issuer small and capital letters.
          const auto data = cms::read_signed_file(tests::memory_file(damaged)).data;
          CHECK(data.signers.front().signed_attributes_der == original.signers.front().signed_attributes_der);
          CHECK(data.signers.front().signature == original.signers.front().signature);
          CHECK(report.signatures.front().signer->der() == tests::vector_certificate("p256").der());
        } catch (const Error& error) {
          CHECK((error.kind() == ErrorKind::malformed || error.kind() == ErrorKind::unsupported));
        }
      }
    }
    CHECK(matching < 150);
  }
}

TEST_CASE("a signature that is cut off anywhere is malformed") {
  const auto signature = signature_by("p256", "ecdsa_sha256", Packaging::attached);
  for (std::size_t size = 2; size < signature.size(); ++size) {
    INFO(size);
    const auto error = error_of([&] { checked(BytesView(signature).first(size)); });
    CHECK(error.kind() == ErrorKind::malformed);
  }
}

TEST_CASE("behind the end of a signature stands a line end at most") {
  const auto signature = signature_by("p256", "ecdsa_sha256", Packaging::attached);
  const auto followed_by = [&](std::string_view text) {
    auto longer = signature;
    longer.insert(longer.end(), text.begin(), text.end());
    return longer;
  };
  for (const std::string_view text : {"\n", "\r\n"}) CHECK(checked(followed_by(text)).signatures.front().matches);
  for (const std::string_view text : {std::string_view("\0", 1), std::string_view("\n\n"), std::string_view("x")}) {
    CHECK(error_of([&] { checked(followed_by(text)); }).kind() == ErrorKind::malformed);
  }
}

TEST_CASE("PEM behind text or a byte order mark, and base64 without BEGIN and END lines, are read") {
  const auto pem = signature_by("p256", "ecdsa_sha256", Packaging::detached, Encoding::pem);
  auto behind_text = Bytes(5000, 'x');
  behind_text.push_back('\n');
  behind_text.insert(behind_text.end(), pem.begin(), pem.end());
  const auto behind_mark = crypto::asn1::joined({{0xef, 0xbb, 0xbf}, pem});
  const std::string text(pem.begin(), pem.end());
  const auto begin = text.find('\n') + 1;
  const auto base64 = text.substr(begin, text.find("-----END") - begin);
  const std::string damaged = base64.substr(0, 100) + "!" + base64.substr(100);
  for (const auto& bytes : {behind_text, behind_mark, Bytes(base64.begin(), base64.end())}) {
    auto file = tests::memory_file(bytes);
    CHECK(format_of(file).name() == "cades");
    CHECK(checked(bytes).signatures.front().matches);
  }
  CHECK(error_of([&] { checked(Bytes(damaged.begin(), damaged.end())); }).kind() == ErrorKind::malformed);
}

TEST_CASE("lengths that are not in their shortest form are malformed") {
  const auto signature = signature_by("p256", "ecdsa_sha256");
  REQUIRE(signature[1] == 0x82);
  auto padded = signature;
  padded[1] = 0x83;
  padded.insert(padded.begin() + 2, 0);
  CHECK(error_of([&] { checked(padded); }).kind() == ErrorKind::malformed);
}

TEST_CASE("a further signature leaves those before it as they are") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  for (const auto encoding : {Encoding::der, Encoding::pem}) {
    for (const auto packaging : {Packaging::detached, Packaging::attached}) {
      const auto first = signature_by("rsa2048", "rsa_pkcs1_sha256", packaging, encoding);
      tests::write_file(path, std::string(first.begin(), first.end()));
      Document document{InputFile(vector_path("document"))};
      SignRequest request{document, algorithm_of("ecdsa_sha384")};
      request.add_to = path;
      const auto both = signature_by("p256", request.algorithm, request);
      const auto before = cms::read_signed_file(tests::memory_file(first));
      const auto after = cms::read_signed_file(tests::memory_file(both));
      CHECK(after.encoding == encoding);
      REQUIRE(after.data.signers.size() == 2);
      CHECK(std::ranges::any_of(after.data.signers,
                                [&](const auto& one) { return one.der == before.data.signers.front().der; }));
      const auto report = checked(both);
      CHECK(report.packaging == packaging);
      for (const auto& one : report.signatures) CHECK(one.matches);
    }
  }
}

TEST_CASE("the label of PEM and the text around it stay when a signature is added") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  const auto pem = signature_by("rsa2048", "rsa_pkcs1_sha256", Packaging::detached, Encoding::pem);
  std::string text = "before\n" + std::string(pem.begin(), pem.end()) + "behind\n";
  for (auto at = text.find("CMS-----"); at != std::string::npos; at = text.find("CMS-----"))
    text.replace(at, 3, "PKCS7");
  tests::write_file(path, text);
  Document document{InputFile(vector_path("document"))};
  SignRequest request{document, algorithm_of("ecdsa_sha384")};
  request.add_to = path;
  const auto both = signature_by("p256", request.algorithm, request);
  const std::string added(both.begin(), both.end());
  CHECK(added.starts_with("before\n-----BEGIN PKCS7-----\n"));
  CHECK(added.ends_with("\n-----END PKCS7-----\nbehind\n"));
  for (const auto& one : checked(both).signatures) CHECK(one.matches);
}

TEST_CASE("the line ends of PEM stay when a signature is added") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  const auto pem = signature_by("rsa2048", "rsa_pkcs1_sha256", Packaging::detached, Encoding::pem);
  std::string text = "before\r\n";
  for (const auto byte : pem) text += byte == '\n' ? std::string("\r\n") : std::string(1, static_cast<char>(byte));
  tests::write_file(path, text + "behind\r\n");
  Document document{InputFile(vector_path("document"))};
  SignRequest request{document, algorithm_of("ecdsa_sha384")};
  request.add_to = path;
  const auto both = signature_by("p256", request.algorithm, request);
  const std::string added(both.begin(), both.end());
  CHECK(std::ranges::count(added, '\n') > std::ranges::count(text, '\n'));
  for (auto at = added.find('\n'); at != std::string::npos; at = added.find('\n', at + 1)) CHECK(added[at - 1] == '\r');
  CHECK(added.ends_with("\r\n-----END CMS-----\r\nbehind\r\n"));
  for (const auto& one : checked(both).signatures) CHECK(one.matches);
}

TEST_CASE("PEM that would be too large to be read again is told before it is signed") {
  const PlannedFile planned{"doc.p7s",
                            false,
                            cms::most_in_memory * 3 / 4,
                            Encoding::pem,
                            algorithm_of("rsa_pkcs1_sha256"),
                            {tests::vector_certificate("rsa2048")}};
  const auto error = error_of([&] { cades().check_room(planned); });
  CHECK(error.kind() == ErrorKind::unsupported);
  CHECK(std::string(error.what()) == "'doc.p7s' would hold more than 64 MiB of PEM");
  auto smaller = planned;
  smaller.document_size = 32U << 20U;
  CHECK_NOTHROW(cades().check_room(smaller));
  smaller.document_size = planned.document_size;
  smaller.encoding = Encoding::der;
  CHECK_NOTHROW(cades().check_room(smaller));
}

TEST_CASE("none is added where no signature tells of which document it is") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  Document document{InputFile(vector_path("document"))};
  SignRequest request{document, algorithm_of("ecdsa_sha384")};
  request.add_to = path;
  const auto add_to = [&](const HandMade& made, BytesView bare) {
    const auto bytes = made.build(bare);
    tests::write_file(path, std::string(bytes.begin(), bytes.end()));
    return signature_by("p256", request.algorithm, request);
  };
  auto sha224 = HandMade().usual(document_bytes());
  sha224.digest_oid = "2.16.840.1.101.3.4.2.4";
  HandMade bare;
  bare.has_attributes = false;
  bare.certificates.clear();
  for (const auto& made : {sha224, bare}) {
    CHECK(error_of([&] { add_to(made, document_bytes()); }).kind() == ErrorKind::unsupported);
    // The document that is inside tells.
    auto attached = made;
    attached.content = document_bytes();
    CHECK(checked(add_to(attached, document_bytes())).signatures.size() == 2);
    attached.content = tests::hex("00");
    CHECK(error_of([&] { add_to(attached, tests::hex("00")); }).kind() == ErrorKind::malformed);
  }
}

TEST_CASE("to a signature of another document none is added") {
  tests::TemporaryFolder folder;
  const auto path = (folder.path() / "doc.p7s").string();
  const auto first = signature_by("rsa2048", "rsa_pkcs1_sha256");
  tests::write_file(path, std::string(first.begin(), first.end()));
  tests::write_file(folder.path() / "other", "another");
  Document document{InputFile(folder.path() / "other")};
  SignRequest request{document, algorithm_of("ecdsa_sha384")};
  request.add_to = path;
  const auto error = error_of([&] { signature_by("p256", request.algorithm, request); });
  CHECK(error.kind() == ErrorKind::malformed);
  CHECK(error.file() == path);
}

TEST_CASE("the format is told by the content") {
  const auto format_name = [](const Bytes& bytes) {
    auto file = tests::memory_file(bytes);
    return std::string(format_of(file).name());
  };
  CHECK(format_name(signature_by("p256", "ecdsa_sha256")) == "cades");
  CHECK(format_name(signature_by("p256", "ecdsa_sha256", Packaging::attached, Encoding::pem)) == "cades");
  CHECK(format_name(tests::vector_bytes("p256.ecdsa_sha256.sig")) == "raw");
  CHECK(format_name(tests::vector_bytes("rsa2048.rsa_pkcs1_sha256.sig")) == "raw");
  CHECK(format_name({}) == "raw");
  const auto mime = as_bytes("MIME-Version: 1.0\nContent-Type: multipart/signed");
  CHECK(error_of([&] { format_name({mime.begin(), mime.end()}); }).kind() == ErrorKind::unsupported);
}

}  // namespace eidtool::formats
