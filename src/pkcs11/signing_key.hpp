// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/signer.hpp"
#include "pkcs11/authenticator.hpp"
#include "pkcs11/session.hpp"

namespace eidtool::pkcs11 {

/// Ed25519 hashes the message twice (RFC 8032 §5.1.6), so tokens take it in one piece.
inline constexpr std::uint64_t largest_single_piece = 256ULL << 20U;  // bytes

/// The facts about a key that its certificate tells, handed in: pkcs11/ parses no X.509.
struct KeyFacts {
  KeyType type;
  std::size_t signature_size;  // bytes: the modulus, twice the order, 64
  std::size_t order_size;      // bytes; EC only
};

/// A private key on a token with the certificate that belongs to it. Chooses the mechanism, asks for
/// the PIN again where the key demands it. Ends with its session.
class SigningKey : public Signer {
 public:
  SigningKey(Object private_key, Session session, Authenticator& authenticator, std::string label, Bytes certificate,
             KeyFacts facts);

  KeyType key_type() const override { return facts_.type; }
  const Bytes& certificate() const override { return certificate_; }
  std::size_t max_signature_size() const override { return facts_.signature_size; }
  /// See Signer::sign(). Throws token_unsupported naming the digests that the token can sign; what
  /// error_for() makes; what Authenticator throws.
  Bytes sign(const SignatureAlgorithm& algorithm, Message& message) override;

  /// Whether sign() asks for the message's digest: then it may be computed before, without holding the key up.
  bool takes_digest(const SignatureAlgorithm& algorithm, const Message& message) const;

  /// The same key for another thread: login and handles hold for all sessions of a program (usage guide 2.40 §2.6).
  /// Throws what check() makes where the token gives no further session.
  SigningKey in_another_session() const;

  /// CKA_ALWAYS_AUTHENTICATE, or the card's profile says so.
  bool asks_before_every_signature() const { return always_authenticate_; }

  /// How the last signature was made, for --verbose: `CKM_SHA256_RSA_PKCS`.
  const std::string& last_mechanism() const { return last_mechanism_; }

 private:
  enum class Way { hashing, raw };
  std::vector<Way> ways(const SignatureAlgorithm& algorithm, const Message& message) const;
  CK_RV sign_by(Way way, const SignatureAlgorithm& algorithm, Message& message, Bytes& signature,
                const char*& function);
  /// With a hint where the key forgot its login.
  Error failure(CK_RV rv, const char* function) const;
  CK_RV begin(CK_MECHANISM& mechanism, const char*& function);
  CK_RV finish(const Bytes* input, Bytes& signature, const char*& function);

  Object key_;
  Session session_;
  Authenticator& authenticator_;
  std::string label_;
  Bytes certificate_;
  KeyFacts facts_;
  bool always_authenticate_;
  bool pin_was_spent_ = false;  // for the signature at hand
  std::shared_ptr<std::atomic<bool>> has_signed_ = std::make_shared<std::atomic<bool>>(false);  // in any session
  std::vector<Mechanism> mechanisms_;
  std::string last_mechanism_;
};

/// The hashes that a token can sign with for a kind of key and padding, `none` standing for Ed25519:
/// asked before a PIN is.
std::vector<HashAlgorithm> signable_hashes(const Token& token, KeyType key_type, Padding padding);

/// Throws token_unsupported, saying what the token can do, unless it can sign so.
void check_signable(const Token& token, const SignatureAlgorithm& algorithm);

}  // namespace eidtool::pkcs11
