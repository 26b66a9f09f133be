// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/pin.hpp"
#include "pkcs11/session.hpp"

namespace eidtool::pkcs11 {

enum class FinalTry { refuse, allow };

/// Presents PINs to tokens, for one command, and guards them:
/// - a PIN that was refused, or whose fate is unknown, is wiped; after that no PIN is asked for or
///   presented in this process any more, whatever the token;
/// - none is presented to a locked token, nor on the final try unless that was allowed;
/// - an accepted PIN serves the context-specific login of the first signature, no other.
class Authenticator {
 public:
  Authenticator(PinSource& source, FinalTry final_try) : source_(source), final_try_(final_try) {}

  /// C_Login as CKU_USER where the token wants one and nobody is logged in. `key` stands in the prompt.
  /// Throws token_unsupported where the card's module asks for the PIN by itself and wants a login all the
  /// same: that one is for something else, and no PIN is sent.
  void login(const Session& session, const std::string& key);

  /// C_Login as CKU_CONTEXT_SPECIFIC, between C_SignInit and C_Sign.
  void login_for_signature(const Session& session, const std::string& key);

  /// How often a PIN is still to be entered, or sent, for so many signatures that ask for it each: the one of
  /// the login serves the first of them too, but for a keypad, which hands none to eidtool.
  std::size_t entry_count(const Token& token, std::size_t signature_count) const;

  /// A PIN was refused or got lost: nothing goes on.
  bool is_spent() const { return spent_; }
  bool may_ask() const { return source_.may_ask(); }
  /// C_Login calls that were made.
  unsigned login_count() const { return login_count_; }

 private:
  void present(const Session& session, CK_USER_TYPE user, const std::string& key);
  Pin obtain(const PinRequest& request, bool for_signature);
  [[noreturn]] void refused(const Session& session, CK_RV login_rv);

  PinSource& source_;
  FinalTry final_try_;
  Pin accepted_;  // until the first signature
  bool spent_ = false;
  unsigned login_count_ = 0;
};

}  // namespace eidtool::pkcs11
