// SPDX-License-Identifier: Apache-2.0
#include "commands/choose_key.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/modules.hpp"
#include "commands/records.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::commands {

namespace {

/// A key object that the token shows, private or public, with what it tells of its public half.
struct VisibleKey {
  pkcs11::Object object;
  Bytes id;
  std::string label;
};

std::vector<VisibleKey> visible_keys(const pkcs11::Session& session, CK_OBJECT_CLASS object_class) {
  std::vector<VisibleKey> keys;
  for (const auto& found : session.find(pkcs11::Template().add_number(CKA_CLASS, object_class))) {
    const auto object = found.with({CKA_ID, CKA_LABEL});
    auto id = object.attribute_if_any(CKA_ID).value_or(Bytes());
    auto label = object.text(CKA_LABEL).value_or("");
    keys.push_back({found, std::move(id), std::move(label)});
  }
  return keys;
}

/// False where the object tells a public half that is not the certificate's; most private keys tell
/// nothing of theirs but the modulus.
bool may_belong(const pkcs11::Object& key, const crypto::Certificate& certificate) {
  const auto& expected = certificate.public_key();
  if (const auto modulus = key.attribute_if_any(CKA_MODULUS); modulus && !modulus->empty()) {
    const auto first = std::find_if(modulus->begin(), modulus->end(), [](std::uint8_t byte) { return byte != 0; });
    return expected.modulus() == Bytes(first, modulus->end());
  }
  if (const auto point = key.attribute_if_any(CKA_EC_POINT); point && !point->empty()) {
    // In an OCTET STRING (PKCS#11 2.40 §2.3.3), by some modules bare: the point stands at the end.
    const auto own = expected.point();
    return !own.empty() && point->size() >= own.size() && std::equal(own.rbegin(), own.rend(), point->rbegin());
  }
  return true;
}

/// What one token offers, and why some of it is no candidate: said where nothing is left to choose.
struct Offer {
  std::vector<Pair> pairs;
  std::vector<std::string> reasons;
};

class Collector {
 public:
  Collector(const Selection& selection, Offer& offer) : selection_(selection), offer_(offer) {}

  void collect(const pkcs11::Token& token) {
    const auto session = token.open_session();
    const auto private_keys = visible_keys(session, CKO_PRIVATE_KEY);
    const auto public_keys = visible_keys(session, CKO_PUBLIC_KEY);
    std::vector<bool> paired(private_keys.size(), false);
    for (const auto& found : session.find(pkcs11::Template().add_number(CKA_CLASS, CKO_CERTIFICATE))) {
      consider(session, found.with({CKA_VALUE, CKA_TOKEN, CKA_LABEL, CKA_ID}), private_keys, public_keys, paired);
    }
    for (std::size_t index = 0; index < private_keys.size(); ++index) {
      if (!paired[index]) consider_lone_key(session, private_keys[index]);
    }
  }

 private:
  void consider(const pkcs11::Session& session, const pkcs11::Object& object,
                const std::vector<VisibleKey>& private_keys, const std::vector<VisibleKey>& public_keys,
                std::vector<bool>& paired) {
    const auto& token = session.token();
    const auto value = object.attribute_if_any(CKA_VALUE);
    // A session object (CKA_TOKEN false), such as a YubiKey's attestation, is nobody's certificate.
    if (!value || value->empty() || !object.flag(CKA_TOKEN).value_or(true)) return;
    const auto label = object.text(CKA_LABEL).value_or("");
    const auto id = object.attribute_if_any(CKA_ID).value_or(Bytes());
    // Twins: the same certificate under the same id and label is one, for whoever chooses.
    const bool is_known = std::any_of(offer_.pairs.begin(), offer_.pairs.end(), [&](const Pair& pair) {
      return pair.certificate && pair.certificate->der() == *value && pair.id == id && pair.label == label &&
             pair.token().slot_id() == token.slot_id() && pair.token().module() == token.module();
    });
    if (is_known) return;
    const auto has_id = [&](const VisibleKey& key) { return equal_ignoring_trailing_zeros(key.id, id); };
    std::optional<crypto::Certificate> certificate;
    try {
      certificate = crypto::Certificate::from_der(*value, "certificate " + in_quotes(label));
      // Loading a key costs as much as a signature, and cards hold authorities' certificates for reference.
      const bool has_keys = std::ranges::any_of(private_keys, has_id) || std::ranges::any_of(public_keys, has_id);
      if (certificate->is_ca() && !has_keys) return;
      (void)certificate->public_key();
    } catch (const Error& error) {  // absent: what cannot be read is no candidate
      offer_.reasons.emplace_back(error.what());
      return;
    }
    Pair pair{session, certificate, std::nullopt, label, label, {}, id, purpose_of(token, label, *certificate), ""};
    bool has_visible_key = false;
    bool belongs_to_another = false;
    std::vector<std::string> labels = {label};
    const auto look_at = [&](const VisibleKey& key) {
      if (!has_id(key)) return false;
      const bool belongs = may_belong(key.object, *certificate);
      has_visible_key = has_visible_key || belongs;
      belongs_to_another = belongs_to_another || !belongs;
      if (belongs) labels.push_back(key.label);
      return belongs;
    };
    for (std::size_t index = 0; index < private_keys.size(); ++index) {
      if (!look_at(private_keys[index])) continue;
      pair.private_key = private_keys[index].object;
      paired[index] = true;
    }
    for (const auto& key : public_keys) look_at(key);
    // A CA's certificate counts only where it is named and its key is there to be seen.
    if (certificate->is_ca() && !(selection_.names_object() && has_visible_key)) return;
    if (belongs_to_another && !has_visible_key) {
      offer_.reasons.push_back("certificate " + in_quotes(label) + " does not belong to the key with the same id on " +
                               token.subject());
      return;
    }
    if (!matches(pair, labels)) return;
    if (labels.size() > 1 && !labels[1].empty()) pair.key_label = labels[1];
    pair.uri = pkcs11::object_uri(token.raw_info(), label, pair.id, CKO_CERTIFICATE);
    offer_.pairs.push_back(std::move(pair));
  }

  void consider_lone_key(const pkcs11::Session& session, const VisibleKey& key) {
    Pair pair{session, std::nullopt, key.object, key.label, key.label, {}, key.id, std::nullopt, ""};
    const auto* profile = session.token().profile();
    if (profile != nullptr) pair.purpose = profile->purpose_of(key.label);
    if (!matches(pair, {key.label})) return;
    pair.uri = pkcs11::object_uri(session.token().raw_info(), key.label, key.id, CKO_PRIVATE_KEY);
    offer_.pairs.push_back(std::move(pair));
  }

  bool matches(Pair& pair, const std::vector<std::string>& labels) const {
    if (!selection_.matches_id(pair.id)) return false;
    if (selection_.purpose && selection_.purpose != pair.purpose) return false;
    const auto* profile = pair.token().profile();
    for (const auto& wanted : selection_.labels()) {
      if (std::find(labels.begin(), labels.end(), wanted) != labels.end()) continue;
      // The label of a key that is invisible before the login: the card's profile knows whose it is, and
      // private_key_of() looks whether it is really called so. Where a key is visible, it was compared.
      const bool no_key_is_visible = labels.size() == 1 && pair.certificate;
      if (!no_key_is_visible || profile == nullptr || !pair.purpose || profile->purpose_of(wanted) != pair.purpose)
        return false;
      // --label and the URI may name one key, not two.
      if (!pair.wanted_key_label.empty() && pair.wanted_key_label != wanted) return false;
      pair.wanted_key_label = wanted;
    }
    return true;
  }

  const Selection& selection_;
  Offer& offer_;
};

std::string listed(const std::vector<Pair>& pairs) {
  std::vector<std::string> lines;
  for (const auto& pair : pairs) {
    auto line = "--uri '" + pair.uri + "'";
    if (pair.purpose) line += std::string("  (") + name(*pair.purpose) + ")";
    lines.push_back(line);
  }
  return join(lines, "\n");
}

Error nothing_found(const std::vector<pkcs11::Token>& tokens, const Offer& offer, const Selection& selection) {
  if (tokens.empty()) {
    return Error(ErrorKind::not_found,
                 selection.words.empty() ? "no token was found" : "no token fits " + selection.description(),
                 "is the card in the reader? 'eidtool slots' shows what is there");
  }
  if (!offer.reasons.empty()) {
    return Error(ErrorKind::not_found, "no usable key and certificate were found: " + offer.reasons.front(),
                 "'eidtool objects' lists what the tokens hold");
  }
  return Error(ErrorKind::not_found,
               selection.words.empty() ? "no key with a certificate was found on " + tokens.front().subject()
                                       : "no key with a certificate fits " + selection.description(),
               "'eidtool objects' lists what the tokens hold");
}

/// Throws not_found where nothing can be chosen from.
Offer offer_of(const TokenSearch& search, const Selection& selection, cli::Context& context) {
  const auto& tokens = search.tokens;
  Offer offer;
  for (const auto& token : tokens) {
    try {
      Collector(selection, offer).collect(token);
    } catch (const Error& error) {  // one of a batch: another token may hold what is wanted
      if (tokens.size() == 1) throw;
      context.console.warning(error.what());
    }
  }
  if (!offer.pairs.empty()) return offer;
  if (!tokens.empty()) search.say_left_out(context);
  throw nothing_found(tokens, offer, selection);
}

const Pair* only_one_for(const std::vector<Pair>& pairs, Purpose purpose) {
  const Pair* found = nullptr;
  for (const auto& pair : pairs) {
    if (pair.purpose != purpose) continue;
    if (found != nullptr) return nullptr;
    found = &pair;
  }
  return found;
}

/// The pair for authentication where one card holds one of each purpose: every citizen has it, while
/// the one for signature has to be activated at a desk.
const Pair* usual_pair(const std::vector<Pair>& pairs, cli::Context& context) {
  const auto* authentication = only_one_for(pairs, Purpose::authentication);
  const auto* signature = only_one_for(pairs, Purpose::signature);
  if (authentication == nullptr || signature == nullptr) return nullptr;
  for (const auto& pair : pairs) {
    if (!pair.token().same_card(authentication->token())) return nullptr;
  }
  context.console.notice("using " + in_quotes(authentication->label) + " (authentication); --as signature takes " +
                         in_quotes(signature->label));
  return authentication;
}

/// Without a word on the key, one that is for nothing in particular is not chosen.
std::vector<Pair> with_a_purpose(const std::vector<Pair>& pairs) {
  std::vector<Pair> kept;
  for (const auto& pair : pairs) {
    if (pair.purpose) kept.push_back(pair);
  }
  return kept;
}

Pair choose_from(const std::vector<Pair>& all, const Selection& selection, cli::Context& context) {
  const auto pairs = selection.says_nothing_of_key() ? with_a_purpose(all) : all;
  if (pairs.size() == 1) return pairs.front();
  if (pairs.empty()) {
    throw Error(ErrorKind::ambiguous, "no certificate says what its key is for: choose one by name", listed(all));
  }
  if (selection.says_nothing_of_key()) {
    if (const auto* usual = usual_pair(pairs, context)) return *usual;
  }
  throw Error(ErrorKind::ambiguous, std::to_string(pairs.size()) + " keys could be meant: choose one", listed(pairs));
}

}  // namespace

Pair choose_pair(const Selection& selection, cli::Context& context) {
  const auto object_class = selection.uri ? selection.uri->object_class() : std::nullopt;
  if (object_class && object_class != CKO_PRIVATE_KEY && object_class != CKO_PUBLIC_KEY &&
      object_class != CKO_CERTIFICATE) {
    throw Error(ErrorKind::not_found, "the URI names neither a key nor a certificate",
                "its type is one of private, public, cert");
  }
  const auto search = find_tokens(selection, context);
  const auto offer = offer_of(search, selection, context);
  if (selection.says_nothing_of_key()) {
    // It may have been the usual one: another is not to take its place without a word.
    for (const auto& reason : offer.reasons) context.console.warning("passed over: " + reason);
  }
  auto pair = choose_from(offer.pairs, selection, context);
  context.console.detail("chose " + pair.uri);
  return pair;
}

pkcs11::Token choose_token(const Selection& selection, cli::Context& context) {
  const auto search = find_tokens(selection, context);
  if (search.tokens.size() == 1) return search.tokens.front();
  const auto offer = offer_of(search, selection, context);
  return choose_from(offer.pairs, selection, context).token();
}

pkcs11::Object private_key_of(const Pair& pair) {
  std::vector<VisibleKey> same_id;
  for (auto& key : visible_keys(pair.session, CKO_PRIVATE_KEY)) {
    if (equal_ignoring_trailing_zeros(key.id, pair.id)) same_id.push_back(std::move(key));
  }
  if (same_id.empty()) {
    throw Error(ErrorKind::not_found,
                pair.token().subject() + " holds no private key for certificate " + in_quotes(pair.label),
                "'eidtool objects --login' lists the keys");
  }
  std::vector<VisibleKey> matching;
  for (auto& key : same_id) {
    if (may_belong(key.object, *pair.certificate)) matching.push_back(std::move(key));
  }
  if (matching.empty()) {
    throw Error(ErrorKind::not_found,
                "certificate " + in_quotes(pair.label) + " on " + pair.token().subject() +
                    " belongs to another key than the one with its id",
                "'eidtool objects --login' lists the keys");
  }
  const auto is_another = [&](const VisibleKey& key) { return key.label != pair.wanted_key_label; };
  if (!pair.wanted_key_label.empty()) {
    matching.erase(std::remove_if(matching.begin(), matching.end(), is_another), matching.end());
  }
  if (matching.empty()) {
    throw Error(ErrorKind::not_found,
                "no key on " + pair.token().subject() + " has the label " + in_quotes(pair.wanted_key_label),
                "'eidtool objects --login' lists the keys");
  }
  if (matching.size() > 1) {
    throw Error(ErrorKind::ambiguous, pair.token().subject() + " holds " + std::to_string(matching.size()) +
                                          " private keys with the id of certificate " + in_quotes(pair.label));
  }
  return matching.front().object;
}

pkcs11::SigningKey open_signing_key(const Pair& pair, pkcs11::Authenticator& authenticator) {
  authenticator.login(pair.session, pair.key_label);
  const auto& key = pair.certificate->public_key();
  return pkcs11::SigningKey(private_key_of(pair), pair.session, authenticator, pair.key_label, pair.certificate->der(),
                            {key.type(), key.signature_size(), key.order_size()});
}

}  // namespace eidtool::commands
