// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/purpose.hpp"

namespace eidtool::pkcs11 {

/// Which of the two ways to the same bytes a card takes.
enum class Route {
  by_size,       // the hashing mechanism for small documents, the raw one above
  hashing_only,  // the raw mechanism is listed and refuses
  raw_only,
};

/// Who asks the person for the PIN.
enum class PinEntry {
  by_eidtool,  // or the reader's keypad, where the token says so
  by_module,   // the module's own dialogue inside C_Sign; C_Login is never called, and wants no PIN
};

struct LabelPurpose {
  std::string_view label_part;  // of a key or certificate
  Purpose purpose;
};

struct PinName {
  std::string_view label_part;  // of a token
  std::string_view name;        // of its PIN
};

/// What eidtool knows of a card beyond what the token says of itself. Advice on names, purposes and
/// routes, never proof of anything: whoever makes a token chooses what it calls itself.
struct CardProfile {
  std::string_view name;

  // How it is recognised; an empty text fits any.
  std::string_view manufacturer;  // the whole field
  std::string_view model;         // the whole field
  std::string_view label_part;    // anywhere in the token's label

  std::span<const LabelPurpose> purposes;
  std::span<const PinName> pin_names;  // the first that fits; where none does it is just "PIN"
  Route route;
  PinEntry pin_entry;
  bool asks_before_every_signature;  // though CKA_ALWAYS_AUTHENTICATE is false
  // Whose keys have CKA_ALWAYS_AUTHENTICATE: mostly they are invisible until the login, and how often the PIN
  // will be asked for is to be said before. The key itself decides.
  std::optional<Purpose> always_authenticate_purpose = std::nullopt;
  // PinEntry::by_module alone: what to do where the token wants a login after all.
  std::string_view login_hint = {};

  std::string_view evidence;  // where all this was seen

  /// The purpose that the label of a key or certificate names.
  std::optional<Purpose> purpose_of(std::string_view label) const;
  /// Whether its keys for this purpose ask for the PIN at every signature, as far as is known without them.
  bool asks_each_time_for(std::optional<Purpose> purpose) const;
  /// What the card's holder calls the PIN of a token: `authentication PIN`.
  std::string_view pin_name_for(std::string_view token_label) const;
};

/// The table, a row each.
std::span<const CardProfile> card_profiles();

/// The first row that fits; null where none does.
const CardProfile* find_card_profile(std::string_view manufacturer, std::string_view model, std::string_view label);

}  // namespace eidtool::pkcs11
