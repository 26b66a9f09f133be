// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/purpose.hpp"
#include "virtual_card/authority_key.hpp"
#include "virtual_card/certificate_builder.hpp"
#include "virtual_card/citizen.hpp"

namespace eidtool::virtual_card {

/// A certification authority: its key, its certificate, and where it publishes.
struct Authority {
  AuthorityKey key;
  Bytes name;  // DER
  Bytes certificate;
  std::string crl_url;          // of the list that it issues
  std::string certificate_url;  // of its own certificate
  std::string ocsp_url;         // of its responder
};

/// The authorities above a virtual citizen, as they are above a real one, all names ending in VIRTUAL:
/// ECRaizEstado, Cartão de Cidadão, and below that one for authentication and one for qualified signatures.
class Pki {
 public:
  /// Makes the keys and certificates. They outlast `citizens`, the validity of what will be issued,
  /// each level the one below, and are valid at `now`, so that an expired certificate is expired alone.
  static Pki create(KeyType authority_key_type, Validity citizens, Time now);

  const Authority& root() const { return root_; }
  const Authority& citizen_card() const { return citizen_card_; }
  const Authority& issuer(Purpose purpose) const {
    return purpose == Purpose::signature ? signature_ : authentication_;
  }

  /// The citizen's certificate for a purpose, DER; the public key as SubjectPublicKeyInfo.
  Bytes issue(Purpose purpose, const Citizen& citizen, const Bytes& public_key_info, Validity validity) const;

 private:
  Pki(Authority root, Authority citizen_card, Authority authentication, Authority signature);

  Authority root_;
  Authority citizen_card_;
  Authority authentication_;
  Authority signature_;
};

}  // namespace eidtool::virtual_card
