// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/mechanisms.hpp"

#include <string_view>

#include "base/error.hpp"

namespace eidtool::pkcs11 {

namespace {

constexpr std::array rows = {
    MechanismRow{HashAlgorithm::sha1, KeyType::rsa, Padding::pkcs1, CKM_SHA1_RSA_PKCS, CKM_RSA_PKCS},
    MechanismRow{HashAlgorithm::sha256, KeyType::rsa, Padding::pkcs1, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS},
    MechanismRow{HashAlgorithm::sha384, KeyType::rsa, Padding::pkcs1, CKM_SHA384_RSA_PKCS, CKM_RSA_PKCS},
    MechanismRow{HashAlgorithm::sha512, KeyType::rsa, Padding::pkcs1, CKM_SHA512_RSA_PKCS, CKM_RSA_PKCS},
    MechanismRow{HashAlgorithm::sha1, KeyType::rsa, Padding::pss, CKM_SHA1_RSA_PKCS_PSS, CKM_RSA_PKCS_PSS},
    MechanismRow{HashAlgorithm::sha256, KeyType::rsa, Padding::pss, CKM_SHA256_RSA_PKCS_PSS, CKM_RSA_PKCS_PSS},
    MechanismRow{HashAlgorithm::sha384, KeyType::rsa, Padding::pss, CKM_SHA384_RSA_PKCS_PSS, CKM_RSA_PKCS_PSS},
    MechanismRow{HashAlgorithm::sha512, KeyType::rsa, Padding::pss, CKM_SHA512_RSA_PKCS_PSS, CKM_RSA_PKCS_PSS},
    MechanismRow{HashAlgorithm::sha1, KeyType::ec, Padding::none, CKM_ECDSA_SHA1, CKM_ECDSA},
    MechanismRow{HashAlgorithm::sha256, KeyType::ec, Padding::none, CKM_ECDSA_SHA256, CKM_ECDSA},
    MechanismRow{HashAlgorithm::sha384, KeyType::ec, Padding::none, CKM_ECDSA_SHA384, CKM_ECDSA},
    MechanismRow{HashAlgorithm::sha512, KeyType::ec, Padding::none, CKM_ECDSA_SHA512, CKM_ECDSA},
    MechanismRow{HashAlgorithm::none, KeyType::ed25519, Padding::none, mechanism_eddsa, mechanism_eddsa},
};

struct HashRow {
  HashAlgorithm hash;
  CK_MECHANISM_TYPE mechanism;
  CK_RSA_PKCS_MGF_TYPE mask_generation;
  std::string_view digest_info_prefix;  // hex
};

constexpr std::array hash_rows = {
    HashRow{HashAlgorithm::sha1, CKM_SHA_1, CKG_MGF1_SHA1, "3021300906052b0e03021a05000414"},
    HashRow{HashAlgorithm::sha256, CKM_SHA256, CKG_MGF1_SHA256, "3031300d060960864801650304020105000420"},
    HashRow{HashAlgorithm::sha384, CKM_SHA384, CKG_MGF1_SHA384, "3041300d060960864801650304020205000430"},
    HashRow{HashAlgorithm::sha512, CKM_SHA512, CKG_MGF1_SHA512, "3051300d060960864801650304020305000440"},
};

const HashRow& row_of(HashAlgorithm hash) {
  for (const auto& row : hash_rows) {
    if (row.hash == hash) return row;
  }
  throw Error(ErrorKind::internal, "no mechanism for hash " + std::string(name(hash)));
}

}  // namespace

const MechanismRow& mechanisms_for(const SignatureAlgorithm& algorithm) {
  for (const auto& row : rows) {
    if (row.hash == algorithm.hash && row.key_type == algorithm.key_type && row.padding == algorithm.padding)
      return row;
  }
  throw Error(ErrorKind::internal, "no mechanism for " + std::string(algorithm.name));
}

CK_RSA_PKCS_PSS_PARAMS pss_parameters(HashAlgorithm hash) {
  const auto& row = row_of(hash);
  return {row.mechanism, row.mask_generation, digest_size(hash)};
}

Bytes digest_info(HashAlgorithm hash, BytesView digest) {
  auto bytes = from_hex(row_of(hash).digest_info_prefix).value();
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  return bytes;
}

}  // namespace eidtool::pkcs11
