// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"

namespace Botan {
class Private_Key;
}

namespace eidtool::virtual_card {

/// The key of a certification authority, RSA 3072 or EC P-384. It lives in memory and is gone, wiped by Botan,
/// when its last copy ends, unless somebody asks for it.
class AuthorityKey {
 public:
  /// `rsa` or `ec`.
  static AuthorityKey generate(KeyType type);

  /// SubjectPublicKeyInfo, DER.
  Bytes public_key_info() const;
  /// PrivateKeyInfo (PKCS#8), DER, for who wants to issue more with it.
  Bytes private_key_info() const;
  /// AlgorithmIdentifier of what sign() makes, DER: sha256WithRSAEncryption or ecdsa-with-SHA256.
  Bytes signature_algorithm() const;
  /// As it goes into a certificate: for EC a DER Ecdsa-Sig-Value.
  Bytes sign(BytesView message) const;

 private:
  explicit AuthorityKey(KeyType type, std::shared_ptr<const Botan::Private_Key> key);

  KeyType type_;
  std::shared_ptr<const Botan::Private_Key> key_;
};

}  // namespace eidtool::virtual_card
