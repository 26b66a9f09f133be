// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/signing_key.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "pkcs11/check.hpp"
#include "pkcs11/mechanisms.hpp"
#include "pkcs11/names.hpp"

namespace eidtool::pkcs11 {

namespace {

bool is_listed(const std::vector<Mechanism>& mechanisms, CK_MECHANISM_TYPE type) {
  return std::any_of(mechanisms.begin(), mechanisms.end(), [type](const Mechanism& mechanism) {
    // Some modules set no flags at all.
    return mechanism.type == type && ((mechanism.flags & CKF_SIGN) != 0 || mechanism.flags == 0);
  });
}

Route route_of(const Token& token) {
  const auto* profile = token.profile();
  return profile == nullptr ? Route::by_size : profile->route;
}

bool can_sign(const std::vector<Mechanism>& mechanisms, Route route, const MechanismRow& row) {
  const bool by_hashing = route != Route::raw_only && is_listed(mechanisms, row.hashing);
  const bool by_raw = route != Route::hashing_only && is_listed(mechanisms, row.raw);
  return by_hashing || by_raw;
}

std::vector<HashAlgorithm> signable_hashes(const std::vector<Mechanism>& mechanisms, Route route, KeyType key_type,
                                           Padding padding) {
  std::vector<HashAlgorithm> hashes;
  for (const auto& algorithm : signature_algorithms) {
    if (algorithm.key_type != key_type || algorithm.padding != padding) continue;
    if (can_sign(mechanisms, route, mechanisms_for(algorithm))) hashes.push_back(algorithm.hash);
  }
  return hashes;
}

/// Answers to a mechanism that was listed and is not to be had, or not for this input.
bool is_refusal(CK_RV rv) {
  switch (rv) {
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
    case CKR_FUNCTION_NOT_SUPPORTED:
    case CKR_ARGUMENTS_BAD:
    case CKR_DATA_INVALID:
    case CKR_DATA_LEN_RANGE:
    case CKR_KEY_TYPE_INCONSISTENT:
    case CKR_KEY_FUNCTION_NOT_PERMITTED: return true;
    default: return false;
  }
}

/// Answers to a signature that does not begin because of one that was refused before.
bool cannot_begin(CK_RV rv) { return rv == CKR_OPERATION_ACTIVE || rv == CKR_SESSION_COUNT; }

Error cannot_sign(const std::string& subject, const SignatureAlgorithm& algorithm,
                  const std::vector<HashAlgorithm>& hashes) {
  auto what = subject + " cannot sign with " + std::string(algorithm.name);
  std::vector<std::string> names;
  for (const auto hash : hashes) {
    if (hash != HashAlgorithm::none && hash != algorithm.hash) names.emplace_back(name(hash));
  }
  if (names.empty())
    return Error(ErrorKind::token_unsupported, what, "'eidtool slots --mechanisms' lists what it can do");
  return Error(ErrorKind::token_unsupported, what,
               "with this kind of key it lists mechanisms for --digest " + join(names, ", "));
}

}  // namespace

std::vector<HashAlgorithm> signable_hashes(const Token& token, KeyType key_type, Padding padding) {
  return signable_hashes(token.mechanisms(), route_of(token), key_type, padding);
}

void check_signable(const Token& token, const SignatureAlgorithm& algorithm) {
  const auto hashes = signable_hashes(token, algorithm.key_type, algorithm.padding);
  if (std::find(hashes.begin(), hashes.end(), algorithm.hash) == hashes.end()) {
    throw cannot_sign(token.subject(), algorithm, hashes);
  }
}

SigningKey::SigningKey(Object private_key, Session session, Authenticator& authenticator, std::string label,
                       Bytes certificate, KeyFacts facts)
    : key_(std::move(private_key)),
      session_(std::move(session)),
      authenticator_(authenticator),
      label_(std::move(label)),
      certificate_(std::move(certificate)),
      facts_(facts),
      mechanisms_(session_.token().mechanisms()) {
  const auto* profile = session_.token().profile();
  always_authenticate_ = key_.flag(CKA_ALWAYS_AUTHENTICATE).value_or(false) ||
                         (profile != nullptr && profile->asks_before_every_signature);
}

std::vector<SigningKey::Way> SigningKey::ways(const SignatureAlgorithm& algorithm, const Message& message) const {
  const auto& row = mechanisms_for(algorithm);
  const auto route = route_of(session_.token());
  std::vector<Way> ways;
  if (route != Route::raw_only && is_listed(mechanisms_, row.hashing)) ways.push_back(Way::hashing);
  if (route != Route::hashing_only && row.raw != row.hashing && is_listed(mechanisms_, row.raw))
    ways.push_back(Way::raw);
  // A token takes a large document at the speed of its line; the host hashes it at that of memory.
  if (route == Route::by_size && !message.is_small()) std::reverse(ways.begin(), ways.end());
  return ways;
}

bool SigningKey::takes_digest(const SignatureAlgorithm& algorithm, const Message& message) const {
  if (algorithm.hash == HashAlgorithm::none) return false;
  const auto wanted = ways(algorithm, message);
  return !wanted.empty() && wanted.front() == Way::raw;
}

SigningKey SigningKey::in_another_session() const {
  auto other = *this;
  other.session_ = session_.token().open_session();
  return other;
}

Bytes SigningKey::sign(const SignatureAlgorithm& algorithm, Message& message) {
  const auto wanted = ways(algorithm, message);
  const auto refuse = [&] {
    return cannot_sign(session_.token().subject(), algorithm,
                       signable_hashes(mechanisms_, route_of(session_.token()), algorithm.key_type, algorithm.padding));
  };
  if (wanted.empty()) throw refuse();
  struct Answer {
    const char* function;
    CK_RV rv;
  };
  std::optional<Answer> first_refusal;
  for (const auto way : wanted) {
    Bytes signature;
    Answer answer{"C_Sign", CKR_OK};
    pin_was_spent_ = false;
    answer.rv = sign_by(way, algorithm, message, signature, answer.function);
    if (answer.rv == CKR_OK) {
      *has_signed_ = true;
      return signature;
    }
    // The way that failed first is the one that the card was thought to take: what became of the other, or
    // that it could not even begin, says less.
    const bool says_more = !first_refusal || !(is_refusal(answer.rv) || cannot_begin(answer.rv));
    if (says_more && !is_refusal(answer.rv)) {
      throw failure(answer.rv, answer.function);
    }
    if (!first_refusal) first_refusal = answer;
    // The other way is worth a try where it costs neither a PIN nor input that cannot be had again.
    const bool digest_suffices = way == Way::hashing;
    if (pin_was_spent_ || (!message.readable() && !digest_suffices)) break;
  }
  const auto refusal = refuse();
  const auto& [function, rv] = first_refusal.value();
  throw Error(refusal.kind(), std::string(refusal.what()) + ": " + function + " answered " + return_value_name(rv),
              refusal.hint())
      .with_function(function, rv);
}

Error SigningKey::failure(CK_RV rv, const char* function) const {
  auto error = error_for(rv, function, session_.token().subject());
  if (rv != CKR_USER_NOT_LOGGED_IN || always_authenticate_) return error;
  // As a DNIe does (OpenSC#810), whose profile says so.
  return Error(error.kind(), error.what(),
               *has_signed_ ? "the key forgets its login after a signature: sign the documents one at a time"
                            : "the key wants the PIN at every signature and does not say so, or another program logged "
                              "out: eidtool has no way to ask for it")
      .with_function(function, rv);
}

CK_RV SigningKey::begin(CK_MECHANISM& mechanism, const char*& function) {
  const auto& functions = session_.functions();
  function = "C_SignInit";
  const auto rv = functions.C_SignInit(session_.handle(), &mechanism, key_.handle());
  if (rv != CKR_OPERATION_ACTIVE) return rv;
  // A module that keeps an operation open which it refused, though that ends it (PKCS#11 2.40 §5.11). Another
  // session has none; login and handles hold for all sessions of a program (usage guide 2.40 §2.6), so
  // that this costs no PIN. The old one stays open until the key ends.
  CK_SESSION_HANDLE handle = 0;
  function = "C_OpenSession";
  const auto opened =
      functions.C_OpenSession(session_.token().slot_id(), CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  if (opened != CKR_OK) return opened;
  session_ = Session(session_.token(), handle);
  function = "C_SignInit";
  return functions.C_SignInit(session_.handle(), &mechanism, key_.handle());
}

CK_RV SigningKey::sign_by(Way way, const SignatureAlgorithm& algorithm, Message& message, Bytes& signature,
                          const char*& function) {
  const auto& row = mechanisms_for(algorithm);
  CK_MECHANISM mechanism{way == Way::hashing ? row.hashing : row.raw, nullptr, 0};
  CK_RSA_PKCS_PSS_PARAMS pss{};
  if (algorithm.padding == Padding::pss) {
    pss = pss_parameters(algorithm.hash);
    mechanism.pParameter = &pss;
    mechanism.ulParameterLen = sizeof pss;
  }
  last_mechanism_ = mechanism_name(mechanism.mechanism);

  // What is given in one piece is made ready first: no PIN is asked for before a long read.
  const bool streams = way == Way::hashing && !message.is_small() && algorithm.key_type != KeyType::ed25519;
  Bytes input;
  if (way == Way::raw) {
    input = message.digest(algorithm.hash);
    if (algorithm.padding == Padding::pkcs1) input = digest_info(algorithm.hash, input);
    // FIPS 186-5 §6.4.1: the leftmost bits of the digest, as many as the order has.
    if (algorithm.key_type == KeyType::ec && input.size() > facts_.order_size) input.resize(facts_.order_size);
  } else if (!streams) {
    input = message.whole(largest_single_piece);
  }

  const auto* profile = session_.token().profile();
  const bool module_asks = profile != nullptr && profile->pin_entry == PinEntry::by_module;
  const standard_streams::LendTerminal lent(module_asks && authenticator_.may_ask());
  const Unhurried unhurried(module_asks);
  auto rv = begin(mechanism, function);
  if (rv != CKR_OK) return rv;
  if (always_authenticate_ && !module_asks) {
    pin_was_spent_ = true;
    authenticator_.login_for_signature(session_, label_);
  }
  if (!streams) return finish(&input, signature, function);
  function = "C_SignUpdate";
  message.give(algorithm.hash, [&](BytesView piece) {
    // After a failure the operation is over; the rest is only hashed, so that the digest is known.
    if (rv != CKR_OK) return;
    // Cryptoki takes the data by a pointer to non-const and only reads it.
    rv = session_.functions().C_SignUpdate(session_.handle(), const_cast<CK_BYTE*>(piece.data()), piece.size());
  });
  if (rv != CKR_OK) return rv;
  return finish(nullptr, signature, function);
}

CK_RV SigningKey::finish(const Bytes* input, Bytes& signature, const char*& function) {
  function = input == nullptr ? "C_SignFinal" : "C_Sign";
  constexpr std::size_t largest_signature = 64U << 10U;
  // An empty document has an address all the same: SoftHSM 2.6.1 answers CKR_ARGUMENTS_BAD to a null one.
  constexpr CK_BYTE nothing = 0;
  signature.assign(std::max<std::size_t>(facts_.signature_size, 512), 0);
  for (;;) {
    CK_ULONG size = signature.size();
    const auto rv = input == nullptr
                        ? session_.functions().C_SignFinal(session_.handle(), signature.data(), &size)
                        : session_.functions().C_Sign(session_.handle(),
                                                      const_cast<CK_BYTE*>(input->empty() ? &nothing : input->data()),
                                                      input->size(), signature.data(), &size);
    if (rv == CKR_BUFFER_TOO_SMALL && size > signature.size() && size <= largest_signature) {
      signature.resize(size);  // the operation goes on (PKCS#11 2.40 §5.2)
      continue;
    }
    if (rv == CKR_OK && size > signature.size()) {
      throw Error(ErrorKind::module_failed,
                  session_.token().subject() + " claims a signature of " + std::to_string(size) + " bytes");
    }
    if (rv == CKR_OK) signature.resize(size);
    return rv;
  }
}

}  // namespace eidtool::pkcs11
