// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/authority_key.hpp"

#include <botan/pk_algs.h>
#include <botan/pk_keys.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>

#include <utility>

#include "crypto/asn1.hpp"
#include "crypto/ecdsa_signature.hpp"

namespace eidtool::virtual_card {

namespace asn1 = crypto::asn1;

AuthorityKey::AuthorityKey(KeyType type, std::shared_ptr<const Botan::Private_Key> key)
    : type_(type), key_(std::move(key)) {}

AuthorityKey AuthorityKey::generate(KeyType type) {
  Botan::System_RNG random;
  return AuthorityKey(type, type == KeyType::rsa ? Botan::create_private_key("RSA", random, "3072")
                                                 : Botan::create_private_key("ECDSA", random, "secp384r1"));
}

Bytes AuthorityKey::public_key_info() const { return key_->subject_public_key(); }

Bytes AuthorityKey::private_key_info() const {
  const auto bytes = Botan::PKCS8::BER_encode(*key_);
  return {bytes.begin(), bytes.end()};
}

Bytes AuthorityKey::signature_algorithm() const {
  // RSA has NULL parameters, ECDSA has none (RFC 4055 §5, RFC 5758 §3.2).
  return type_ == KeyType::rsa ? asn1::sequence({asn1::object_identifier("1.2.840.113549.1.1.11"), asn1::null()})
                               : asn1::sequence({asn1::object_identifier("1.2.840.10045.4.3.2")});
}

Bytes AuthorityKey::sign(BytesView message) const {
  Botan::System_RNG random;
  Botan::PK_Signer signer(*key_, random, type_ == KeyType::rsa ? "EMSA3(SHA-256)" : "EMSA1(SHA-256)");
  const auto signature = signer.sign_message(message.data(), message.size(), random);
  return type_ == KeyType::rsa ? signature : crypto::ecdsa_to_der(signature);
}

}  // namespace eidtool::virtual_card
