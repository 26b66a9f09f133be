// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/card_profiles.hpp"

#include <algorithm>
#include <array>

namespace eidtool::pkcs11 {

namespace {

// Labels of keys and certificates. Those of CA certificates stay without a purpose: on the Citizen Card
// `AUTHENTICATION SUB CA` and `SIGNATURE SUB CA`, which is why the word CITIZEN belongs to the part.
constexpr std::array portuguese_purposes = {
    LabelPurpose{"CITIZEN AUTHENTICATION", Purpose::authentication},
    LabelPurpose{"CITIZEN SIGNATURE", Purpose::signature},
};
constexpr std::array belgian_purposes = {
    LabelPurpose{"Authentication", Purpose::authentication},
    LabelPurpose{"Signature", Purpose::signature},
};
constexpr std::array estonian_purposes = {
    LabelPurpose{"Isikutuvastus", Purpose::authentication},
    LabelPurpose{"Allkirjastamine", Purpose::signature},
};
constexpr std::array spanish_purposes = {
    LabelPurpose{"Autenticacion", Purpose::authentication},
    LabelPurpose{"FirmaDigital", Purpose::signature},
};
constexpr std::array yubikey_purposes = {
    LabelPurpose{"for PIV Authentication", Purpose::authentication},
    LabelPurpose{"for Digital Signature", Purpose::signature},
};

// Labels of tokens: one each PIN, as OpenSC makes them.
constexpr std::array portuguese_pins = {
    PinName{"Auth PIN", "authentication PIN"},
    PinName{"Sign PIN", "signature PIN"},
    PinName{"Address PIN", "address PIN"},
};
constexpr std::array estonian_pins = {
    PinName{"PIN1", "PIN1 (authentication)"},
    PinName{"PIN2", "PIN2 (signature)"},
};
constexpr std::array yubikey_pins = {
    PinName{"", "PIV PIN"},
};

constexpr std::array profiles = {
    CardProfile{
        .name = "Virtual citizen (SoftHSM)",
        .manufacturer = "SoftHSM project",
        .model = "SoftHSM v2",
        .label_part = "CARTAO DE CIDADAO",
        .purposes = portuguese_purposes,
        .pin_names = portuguese_pins,
        .route = Route::by_size,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = false,
        .always_authenticate_purpose = Purpose::signature,
        .evidence = "Made by eidtool-virtual-card; token info measured with SoftHSM 2.6.1.",
    },
    CardProfile{
        .name = "Portuguese Citizen Card",
        .manufacturer = "GEMALTO",
        .model = "PKCS#15 emulated",
        // `CARTAO DE CIDADAO (Auth PIN)`; before OpenSC 0.20 `Auth PIN (CARTAO DE CIDADAO)`.
        .label_part = "CARTAO DE CIDADAO",
        .purposes = portuguese_purposes,
        .pin_names = portuguese_pins,
        .route = Route::hashing_only,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = false,
        .evidence =
            "Token info and the refusal of CKM_RSA_PKCS over a SHA-256 DigestInfo measured through OpenSC 0.23 on an "
            "emulated card; PIN names in its pkcs15-pteid.c.",
    },
    CardProfile{
        .name = "Portuguese Citizen Card (vendor module)",
        .manufacturer = "Portuguese Government",
        .model = "Portuguese eID N",  // the module writes `Portuguese eID NG` into a field of 16 bytes
        .label_part = "",             // the card's own, or `CITIZEN CARD` without contact
        .purposes = portuguese_purposes,
        .pin_names = {},
        .route = Route::hashing_only,
        .pin_entry = PinEntry::by_module,  // its C_Login wants the CAN, not the PIN
        .asks_before_every_signature = false,
        .login_hint = "without contact the module wants the number printed on the card (CAN) first, not a PIN: put the "
                      "card into a reader with its chip",
        .evidence =
            "Token info and C_Login read in cal.cpp and session.c, labels in PKCS15.cpp of amagovpt/autenticacao.gov "
            "(April 2026); not tried with a card.",
    },
    CardProfile{
        .name = "Belgian eID",
        .manufacturer = "Belgium Government",
        .model = "Belgium eID",
        .label_part = "",
        .purposes = belgian_purposes,
        .pin_names = {},
        .route = Route::by_size,
        .pin_entry = PinEntry::by_module,
        .asks_before_every_signature = false,
        .evidence =
            "Token info, without CKF_LOGIN_REQUIRED, read in cal.cpp and labels in pkcs15.cpp of Fedict/eid-mw (June "
            "2026); not tried with a card.",
    },
    CardProfile{
        .name = "Estonian or Latvian ID card",
        .manufacturer = "IDEMIA",
        .model = "PKCS#15 emulated",
        .label_part = "",  // the holder's name and the PIN
        .purposes = estonian_purposes,
        .pin_names = estonian_pins,
        .route = Route::by_size,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = false,  // the key says so itself
        .always_authenticate_purpose = Purpose::signature,
        .evidence =
            "Read in OpenSC's pkcs15-esteid2018.c (August 2026), which serves both countries; not tried with a card.",
    },
    CardProfile{
        .name = "Estonian ID card",
        .manufacturer = "Thales",
        .model = "PKCS#15 emulated",
        .label_part = "",
        .purposes = estonian_purposes,
        .pin_names = estonian_pins,
        .route = Route::by_size,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = false,
        .always_authenticate_purpose = Purpose::signature,
        .evidence = "Read in OpenSC's pkcs15-esteid2025.c (August 2026); not tried with a card.",
    },
    CardProfile{
        .name = "Spanish DNIe",
        .manufacturer = "DGP-FNMT",
        .model = "PKCS#15 emulated",
        .label_part = "",
        .purposes = spanish_purposes,
        .pin_names = {},
        .route = Route::by_size,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = true,
        .evidence = "Token info and CKR_USER_NOT_LOGGED_IN for the second signature in OpenSC#810 and #3613, labels in "
                    "OpenSC#451; "
                    "not tried with a card.",
    },
    CardProfile{
        .name = "YubiKey PIV",
        .manufacturer = "Yubico (www.yubico.com)",
        .model = "",  // `YubiKey YK5`, by the device
        .label_part = "YubiKey PIV",
        .purposes = yubikey_purposes,
        .pin_names = yubikey_pins,
        .route = Route::by_size,
        .pin_entry = PinEntry::by_eidtool,
        .asks_before_every_signature = false,
        .evidence =
            "Token info read in token.c and labels in objects.c of libykcs11 (October 2025); not tried with a device.",
    },
};

/// The row whose label part the label contains; null where none does.
template <typename Rows>
auto find_by_label(const Rows& rows, std::string_view label) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& candidate) {
    return label.find(candidate.label_part) != std::string_view::npos;
  });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

std::optional<Purpose> CardProfile::purpose_of(std::string_view label) const {
  const auto* row = find_by_label(purposes, label);
  if (row == nullptr) return std::nullopt;
  return row->purpose;
}

bool CardProfile::asks_each_time_for(std::optional<Purpose> purpose) const {
  return asks_before_every_signature || (purpose && purpose == always_authenticate_purpose);
}

std::string_view CardProfile::pin_name_for(std::string_view token_label) const {
  const auto* row = find_by_label(pin_names, token_label);
  return row == nullptr ? "PIN" : row->name;
}

std::span<const CardProfile> card_profiles() { return profiles; }

const CardProfile* find_card_profile(std::string_view manufacturer, std::string_view model, std::string_view label) {
  const auto fits = [](std::string_view wanted, std::string_view field) { return wanted.empty() || wanted == field; };
  const auto row = std::find_if(profiles.begin(), profiles.end(), [&](const CardProfile& profile) {
    return fits(profile.manufacturer, manufacturer) && fits(profile.model, model) &&
           label.find(profile.label_part) != std::string_view::npos;
  });
  return row == profiles.end() ? nullptr : &*row;
}

}  // namespace eidtool::pkcs11
