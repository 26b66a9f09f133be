// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_cache.hpp"

#include "base/error.hpp"
#include "support/catch.hpp"
#include "support/vectors.hpp"

namespace eidtool::crypto {

TEST_CASE("a certificate is read once, and one of other bytes is another") {
  const auto certificate = tests::vector_certificate("rsa2048");
  auto changed = certificate.der();
  changed.back() = static_cast<std::uint8_t>(changed.back() ^ 1U);  // of the signature
  CertificateCache cache;
  const auto first = cache.from_der(certificate.der(), "it");
  CHECK(&cache.from_der(certificate.der(), "it").der() == &first.der());
  CHECK(cache.from_der(changed, "it").der() == changed);
  CHECK(&cache.from_der(certificate.der(), "it").der() == &first.der());
  changed.resize(changed.size() / 2);
  CHECK_THROWS_AS(cache.from_der(changed, "it"), Error);
  CHECK_THROWS_AS(cache.from_der(changed, "it"), Error);
}

TEST_CASE("more certificates than are kept are read as well") {
  auto der = tests::vector_certificate("rsa2048").der();
  CertificateCache cache;
  for (unsigned number = 0; number < 600; ++number) {
    der[der.size() - 1] = static_cast<std::uint8_t>(number);
    der[der.size() - 2] = static_cast<std::uint8_t>(number >> 8U);
    REQUIRE(cache.from_der(der, "it").der() == der);
  }
}

}  // namespace eidtool::crypto
