// SPDX-License-Identifier: Apache-2.0
#include "base/algorithms.hpp"

namespace eidtool {

namespace {

struct HashRow {
  HashAlgorithm hash;
  std::string_view name;
  std::size_t digest_size;  // bytes
};

constexpr std::array hash_rows = {
    HashRow{HashAlgorithm::none, "none", 0},      HashRow{HashAlgorithm::sha1, "sha1", 20},
    HashRow{HashAlgorithm::sha256, "sha256", 32}, HashRow{HashAlgorithm::sha384, "sha384", 48},
    HashRow{HashAlgorithm::sha512, "sha512", 64},
};

const HashRow& row_of(HashAlgorithm hash) {
  for (const auto& row : hash_rows) {
    if (row.hash == hash) return row;
  }
  return hash_rows.front();
}

}  // namespace

const SignatureAlgorithm* find_signature_algorithm(KeyType key_type, Padding padding, HashAlgorithm hash) {
  for (const auto& row : signature_algorithms) {
    if (row.key_type == key_type && row.padding == padding && row.hash == hash) return &row;
  }
  return nullptr;
}

std::string_view name(KeyType key_type) {
  switch (key_type) {
    case KeyType::rsa: return "rsa";
    case KeyType::ec: return "ec";
    case KeyType::ed25519: return "ed25519";
  }
  return "";
}

std::string_view name(Padding padding) {
  switch (padding) {
    case Padding::none: return "none";
    case Padding::pkcs1: return "pkcs1";
    case Padding::pss: return "pss";
  }
  return "";
}

std::string_view name(HashAlgorithm hash) { return row_of(hash).name; }

std::optional<HashAlgorithm> hash_by_name(std::string_view name) {
  for (const auto& row : hash_rows) {
    if (row.name == name && row.hash != HashAlgorithm::none) return row.hash;
  }
  return std::nullopt;
}

std::size_t digest_size(HashAlgorithm hash) { return row_of(hash).digest_size; }

}  // namespace eidtool
