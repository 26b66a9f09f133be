// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one place that knows Botan 2.19 from Botan 3. Included by .cpp files alone.

#include <botan/bigint.h>
#include <botan/reducer.h>
#include <botan/version.h>
#include <botan/x509_key.h>

#include <memory>
#include <string>

#include "base/algorithms.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace eidtool::crypto::bridge {

/// As Botan names it: `SHA-256`.
inline std::string hash_name(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::sha1: return "SHA-1";
    case HashAlgorithm::sha256: return "SHA-256";
    case HashAlgorithm::sha384: return "SHA-384";
    case HashAlgorithm::sha512: return "SHA-512";
    case HashAlgorithm::none: break;
  }
  throw Error(ErrorKind::internal, "there is no hash function named none");
}

/// Throws Botan's exceptions.
inline std::unique_ptr<Botan::Public_Key> load_public_key(const Bytes& subject_public_key_info) {
  return std::unique_ptr<Botan::Public_Key>(Botan::X509::load_key(subject_public_key_info));
}

/// For arithmetic modulo a number that is public. (From 3.8 on Botan calls its header deprecated, without another.)
inline Botan::Modular_Reducer reducer(const Botan::BigInt& modulus) {
#if BOTAN_VERSION_CODE >= BOTAN_VERSION_CODE_FOR(3, 7, 0)
  return Botan::Modular_Reducer::for_public_modulus(modulus);
#else
  return Botan::Modular_Reducer(modulus);
#endif
}

/// Big-endian with leading zeros up to `size` bytes, into which the number must fit.
inline Bytes to_bytes(const Botan::BigInt& number, std::size_t size) {
  Bytes bytes(size);
#if BOTAN_VERSION_MAJOR >= 3
  number.serialize_to(bytes);
#else
  number.binary_encode(bytes.data(), bytes.size());
#endif
  return bytes;
}

}  // namespace eidtool::crypto::bridge
