// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/card_profiles.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"

using namespace eidtool;
using namespace eidtool::pkcs11;

namespace {

const CardProfile& citizen_card() {
  const auto* profile = find_card_profile("GEMALTO", "PKCS#15 emulated", "CARTAO DE CIDADAO (Auth PIN)");
  REQUIRE(profile != nullptr);
  return *profile;
}

}  // namespace

TEST_CASE("the Citizen Card through OpenSC is recognised by all its tokens") {
  CHECK(citizen_card().name == "Portuguese Citizen Card");
  CHECK(citizen_card().route == Route::hashing_only);
  CHECK(citizen_card().pin_entry == PinEntry::by_eidtool);
  CHECK(find_card_profile("GEMALTO", "PKCS#15 emulated", "CARTAO DE CIDADAO (Sign PIN)") == &citizen_card());
  CHECK(find_card_profile("GEMALTO", "PKCS#15 emulated", "CARTAO DE CIDADAO (Address PIN)") == &citizen_card());
  // OpenSC up to 0.19.
  CHECK(find_card_profile("GEMALTO", "PKCS#15 emulated", "Auth PIN (CARTAO DE CIDADAO)") == &citizen_card());
}

TEST_CASE("a label alone makes no Citizen Card") {
  CHECK(find_card_profile("Someone", "PKCS#15 emulated", "CARTAO DE CIDADAO (Auth PIN)") == nullptr);
  CHECK(find_card_profile("GEMALTO", "PKCS#15", "CARTAO DE CIDADAO (Auth PIN)") == nullptr);
  CHECK(find_card_profile("GEMALTO", "PKCS#15 emulated", "Some other card") == nullptr);
  CHECK(find_card_profile("", "", "") == nullptr);
}

TEST_CASE("the PIN of a Citizen Card's token is called as its holder knows it") {
  CHECK(citizen_card().pin_name_for("CARTAO DE CIDADAO (Auth PIN)") == "authentication PIN");
  CHECK(citizen_card().pin_name_for("CARTAO DE CIDADAO (Sign PIN)") == "signature PIN");
  CHECK(citizen_card().pin_name_for("Address PIN (CARTAO DE CIDADAO)") == "address PIN");
  CHECK(citizen_card().pin_name_for("CARTAO DE CIDADAO") == "PIN");
}

TEST_CASE("labels of keys and certificates name their purpose, those of authorities none") {
  CHECK(citizen_card().purpose_of("CITIZEN AUTHENTICATION CERTIFICATE") == Purpose::authentication);
  CHECK(citizen_card().purpose_of("CITIZEN AUTHENTICATION KEY") == Purpose::authentication);
  CHECK(citizen_card().purpose_of("CITIZEN SIGNATURE CERTIFICATE") == Purpose::signature);
  CHECK(citizen_card().purpose_of("CITIZEN SIGNATURE KEY") == Purpose::signature);
  CHECK(citizen_card().purpose_of("AUTHENTICATION SUB CA") == std::nullopt);
  CHECK(citizen_card().purpose_of("SIGNATURE SUB CA") == std::nullopt);
  CHECK(citizen_card().purpose_of("ROOT CA") == std::nullopt);
}

TEST_CASE("a virtual citizen has the purposes of the real card and signs either way") {
  const auto* profile = find_card_profile("SoftHSM project", "SoftHSM v2", "CARTAO DE CIDADAO");
  REQUIRE(profile != nullptr);
  CHECK(profile->name == "Virtual citizen (SoftHSM)");
  CHECK(profile->route == Route::by_size);
  CHECK(profile->purpose_of("CITIZEN SIGNATURE KEY") == Purpose::signature);
  CHECK(find_card_profile("SoftHSM project", "SoftHSM v2", "my keys") == nullptr);
}

TEST_CASE("modules that ask for the PIN themselves are known") {
  const auto* portuguese = find_card_profile("Portuguese Government", "Portuguese eID N", "CARTAO DE CIDADAO");
  REQUIRE(portuguese != nullptr);
  CHECK(portuguese->pin_entry == PinEntry::by_module);
  const auto* belgian = find_card_profile("Belgium Government", "Belgium eID", "BELPIC");
  REQUIRE(belgian != nullptr);
  CHECK(belgian->pin_entry == PinEntry::by_module);
  CHECK(belgian->purpose_of("Signature") == Purpose::signature);
}

TEST_CASE("other cards are known by what their modules write") {
  // Label, manufacturer and model of a DNIe as OpenSC#810 has them.
  const auto* spanish = find_card_profile("DGP-FNMT", "PKCS#15 emulated", "PIN1 (DNI electrónico)");
  REQUIRE(spanish != nullptr);
  CHECK(spanish->asks_before_every_signature);
  CHECK(spanish->purpose_of("KprivFirmaDigital") == Purpose::signature);
  CHECK(spanish->purpose_of("CertCAIntermediaDGP") == std::nullopt);
  const auto* estonian = find_card_profile("IDEMIA", "PKCS#15 emulated", "JÕEORG,JAAK-KRISTJAN (PIN2)");
  REQUIRE(estonian != nullptr);
  CHECK(estonian->pin_name_for("JÕEORG,JAAK-KRISTJAN (PIN2)") == "PIN2 (signature)");
  CHECK(estonian->purpose_of("Isikutuvastus") == Purpose::authentication);
  const auto* yubikey = find_card_profile("Yubico (www.yubico.com)", "YubiKey YK5", "YubiKey PIV #12345678");
  REQUIRE(yubikey != nullptr);
  CHECK(yubikey->purpose_of("X.509 Certificate for PIV Authentication") == Purpose::authentication);
  CHECK(yubikey->purpose_of("X.509 Certificate for PIV Attestation 9a") == std::nullopt);
}

TEST_CASE("keys that ask for the PIN at every signature are known before a login shows them") {
  const auto* estonian = find_card_profile("IDEMIA", "PKCS#15 emulated", "JÕEORG,JAAK-KRISTJAN (PIN2)");
  REQUIRE(estonian != nullptr);
  CHECK(estonian->asks_each_time_for(Purpose::signature));
  CHECK_FALSE(estonian->asks_each_time_for(Purpose::authentication));
  CHECK_FALSE(estonian->asks_each_time_for(std::nullopt));
  const auto* spanish = find_card_profile("DGP-FNMT", "PKCS#15 emulated", "PIN1 (DNI electrónico)");
  REQUIRE(spanish != nullptr);
  CHECK(spanish->asks_each_time_for(Purpose::authentication));
  CHECK(spanish->asks_each_time_for(std::nullopt));
  // A card without such a purpose: no purpose is not that one.
  CHECK_FALSE(citizen_card().asks_each_time_for(std::nullopt));
}

TEST_CASE("every row of the table has a name of its own, a way to be recognised and its evidence") {
  std::set<std::string_view> names;
  for (const auto& profile : card_profiles()) {
    CAPTURE(std::string(profile.name));
    CHECK(names.insert(profile.name).second);
    CHECK_FALSE(profile.manufacturer.empty());
    CHECK_FALSE(profile.evidence.empty());
    if (!profile.login_hint.empty()) CHECK(profile.pin_entry == PinEntry::by_module);
    // As the fields of CK_TOKEN_INFO hold them.
    CHECK(profile.manufacturer.size() <= 32);
    CHECK(profile.model.size() <= 16);
    CHECK(profile.label_part.size() <= 32);
    CHECK(find_card_profile(profile.manufacturer, profile.model, profile.label_part) == &profile);
  }
}
