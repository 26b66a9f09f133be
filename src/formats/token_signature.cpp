// SPDX-License-Identifier: Apache-2.0
#include "formats/token_signature.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "crypto/ecdsa_signature.hpp"

namespace eidtool::formats {

bool is_signature_of(const crypto::PublicKey& key, const SignatureAlgorithm& algorithm, Content& signed_content,
                     BytesView signature) {
  if (algorithm.hash == HashAlgorithm::none) {
    return key.verify_message(signed_content.whole(most_one_piece_size), signature);
  }
  return key.verify_digest(algorithm, signed_content.digest(algorithm.hash), signature);
}

crypto::Certificate certificate_of(const Signer& signer, const std::optional<crypto::Certificate>& known) {
  if (known && known->der() == signer.certificate()) return *known;
  return crypto::Certificate::from_der(signer.certificate(), "the token's certificate");
}

Bytes token_signature(Signer& signer, const crypto::Certificate& certificate, const SignatureAlgorithm& algorithm,
                      Content& signed_content, const std::string& document) {
  auto signature = signer.sign(algorithm, signed_content);
  if (!is_signature_of(certificate.public_key(), algorithm, signed_content, signature)) {
    throw Error(ErrorKind::bad_module_signature,
                "the signature that the token made of " + in_quotes(document) +
                    " does not verify with the token's certificate; nothing was written",
                "the certificate may belong to another key, or the module is faulty");
  }
  return algorithm.key_type == KeyType::ec ? crypto::ecdsa_to_der(signature) : signature;
}

}  // namespace eidtool::formats
