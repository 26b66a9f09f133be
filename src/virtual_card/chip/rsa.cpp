// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/rsa.hpp"

#include <botan/data_src.h>
#include <botan/exceptn.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>

#include <array>
#include <string>

#include "base/error.hpp"

namespace eidtool::virtual_card::chip {

namespace {

constexpr std::array algorithms = {
    AlgorithmReference{0x02, HashAlgorithm::none, Padding::pkcs1},
    AlgorithmReference{0x12, HashAlgorithm::sha1, Padding::pkcs1},
    AlgorithmReference{0x42, HashAlgorithm::sha256, Padding::pkcs1},
    AlgorithmReference{0x52, HashAlgorithm::sha384, Padding::pkcs1},
    AlgorithmReference{0x62, HashAlgorithm::sha512, Padding::pkcs1},
    AlgorithmReference{0x15, HashAlgorithm::sha1, Padding::pss},
    AlgorithmReference{0x45, HashAlgorithm::sha256, Padding::pss},
    AlgorithmReference{0x55, HashAlgorithm::sha384, Padding::pss},
    AlgorithmReference{0x65, HashAlgorithm::sha512, Padding::pss},
};

// The longest free form: a DigestInfo of SHA-1 has 35 bytes, MD5 and SHA-1 side by side 36.
constexpr std::size_t largest_free_form = 36;

/// As Botan calls the hash: `SHA-256`.
std::string botan_name(HashAlgorithm hash) {
  switch (hash) {
    case HashAlgorithm::sha1: return "SHA-1";
    case HashAlgorithm::sha256: return "SHA-256";
    case HashAlgorithm::sha384: return "SHA-384";
    case HashAlgorithm::sha512: return "SHA-512";
    case HashAlgorithm::none: break;
  }
  return {};
}

/// Names that mean "this is the digest already", in both Botans.
std::string padding_of(const AlgorithmReference& algorithm) {
  const auto hash = botan_name(algorithm.hash);
  if (algorithm.padding == Padding::pss) {
    return "PSS_Raw(" + hash + ",MGF1," + std::to_string(digest_size(algorithm.hash)) + ")";
  }
  return hash.empty() ? "EMSA3(Raw)" : "EMSA3(Raw," + hash + ")";
}

}  // namespace

const AlgorithmReference* find_algorithm(std::uint8_t number) {
  for (const auto& algorithm : algorithms) {
    if (algorithm.number == number) return &algorithm;
  }
  return nullptr;
}

bool takes(const AlgorithmReference& algorithm, std::size_t input_size) {
  if (algorithm.hash != HashAlgorithm::none) return input_size == digest_size(algorithm.hash);
  return input_size > 0 && input_size <= largest_free_form;
}

Bytes rsa_signature(const Bytes& private_key_info, const AlgorithmReference& algorithm, BytesView input) {
  try {
    Botan::DataSource_Memory source(private_key_info);
    const auto key = Botan::PKCS8::load_key(source);
    if (key->algo_name() != "RSA") throw malformed("the card's key is not one of RSA");
    Botan::System_RNG random;
    Botan::PK_Signer signer(*key, random, padding_of(algorithm));
    return signer.sign_message(input.data(), input.size(), random);
  } catch (const Botan::Exception& exception) {
    throw malformed(std::string("the card's key cannot sign: ") + exception.what());
  }
}

}  // namespace eidtool::virtual_card::chip
