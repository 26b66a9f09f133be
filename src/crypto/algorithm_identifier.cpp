// SPDX-License-Identifier: Apache-2.0
#include "crypto/algorithm_identifier.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "crypto/asn1.hpp"

namespace eidtool::crypto {

namespace {

struct HashRow {
  std::string_view oid;
  HashAlgorithm hash;
};

/// RFC 8017 appendix B.1.
constexpr std::array hash_rows = {
    HashRow{"1.3.14.3.2.26", HashAlgorithm::sha1},
    HashRow{"2.16.840.1.101.3.4.2.1", HashAlgorithm::sha256},
    HashRow{"2.16.840.1.101.3.4.2.2", HashAlgorithm::sha384},
    HashRow{"2.16.840.1.101.3.4.2.3", HashAlgorithm::sha512},
};

struct ForeignRow {
  std::string_view oid;
  std::string_view name;
};

constexpr std::array foreign_hash_rows = {
    ForeignRow{"1.2.840.113549.2.2", "MD2"},
    ForeignRow{"1.2.840.113549.2.5", "MD5"},
    ForeignRow{"1.3.36.3.2.1", "RIPEMD-160"},
    ForeignRow{"2.16.840.1.101.3.4.2.4", "SHA-224"},
    ForeignRow{"2.16.840.1.101.3.4.2.5", "SHA-512/224"},
    ForeignRow{"2.16.840.1.101.3.4.2.6", "SHA-512/256"},
    ForeignRow{"2.16.840.1.101.3.4.2.7", "SHA3-224"},
    ForeignRow{"2.16.840.1.101.3.4.2.8", "SHA3-256"},
    ForeignRow{"2.16.840.1.101.3.4.2.9", "SHA3-384"},
    ForeignRow{"2.16.840.1.101.3.4.2.10", "SHA3-512"},
};

constexpr std::string_view rsa_encryption = "1.2.840.113549.1.1.1";
constexpr std::string_view rsa_pss = "1.2.840.113549.1.1.10";
constexpr std::string_view mgf1 = "1.2.840.113549.1.1.8";
constexpr std::string_view ec_public_key = "1.2.840.10045.2.1";
constexpr std::string_view ed25519 = "1.3.101.112";

struct SignatureRow {
  std::string_view oid;
  KeyType key_type;
  HashAlgorithm hash;
};

/// Identifiers that name key and hash at once.
constexpr std::array signature_rows = {
    SignatureRow{"1.2.840.113549.1.1.5", KeyType::rsa, HashAlgorithm::sha1},
    SignatureRow{"1.2.840.113549.1.1.11", KeyType::rsa, HashAlgorithm::sha256},
    SignatureRow{"1.2.840.113549.1.1.12", KeyType::rsa, HashAlgorithm::sha384},
    SignatureRow{"1.2.840.113549.1.1.13", KeyType::rsa, HashAlgorithm::sha512},
    SignatureRow{"1.2.840.10045.4.1", KeyType::ec, HashAlgorithm::sha1},
    SignatureRow{"1.2.840.10045.4.3.2", KeyType::ec, HashAlgorithm::sha256},
    SignatureRow{"1.2.840.10045.4.3.3", KeyType::ec, HashAlgorithm::sha384},
    SignatureRow{"1.2.840.10045.4.3.4", KeyType::ec, HashAlgorithm::sha512},
};

constexpr std::array foreign_signature_rows = {
    ForeignRow{"1.2.840.113549.1.1.2", "MD2 and RSA"},      ForeignRow{"1.2.840.113549.1.1.4", "MD5 and RSA"},
    ForeignRow{"1.2.840.113549.1.1.14", "SHA-224 and RSA"}, ForeignRow{"1.2.840.10040.4.1", "DSA"},
    ForeignRow{"1.2.840.10040.4.3", "SHA-1 and DSA"},       ForeignRow{"2.16.840.1.101.3.4.3.2", "SHA-256 and DSA"},
    ForeignRow{"1.2.840.10045.4.3.1", "SHA-224 and ECDSA"}, ForeignRow{"1.3.101.113", "Ed448"},
    ForeignRow{"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},     ForeignRow{"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
    ForeignRow{"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
};

Error unsupported(const std::string& what) {
  return Error(ErrorKind::unsupported, "it was made with " + what + ", which eidtool does not check");
}

HashAlgorithm supported_hash(const std::string& oid) {
  if (const auto hash = hash_by_oid(oid)) return *hash;
  throw unsupported(foreign_hash_name(oid));
}

/// RSASSA-PSS-params, the defaults of RFC 8017 appendix A.2.3 in place of what is absent.
SignatureScheme read_pss(const AlgorithmIdentifier& identifier) {
  // Absent parameters are for keys, never for signatures (RFC 4055 §3.1).
  if (identifier.parameters.empty()) throw malformed("its PSS parameters are missing");
  der::Reader outer(identifier.parameters);
  auto fields = outer.enter(der::tag::sequence);
  outer.end();
  auto hash = HashAlgorithm::sha1;
  auto mask_hash = HashAlgorithm::sha1;
  std::size_t salt_size = 20;
  if (const auto field = fields.next_if(der::tag::context_constructed(0))) {
    der::Reader reader(field->content);
    hash = supported_hash(AlgorithmIdentifier::read(reader).oid);
    reader.end();
  }
  if (const auto field = fields.next_if(der::tag::context_constructed(1))) {
    der::Reader reader(field->content);
    const auto mask = AlgorithmIdentifier::read(reader);
    reader.end();
    if (mask.oid != mgf1) throw unsupported("PSS and the mask generation function " + mask.oid);
    der::Reader parameters(mask.parameters);
    mask_hash = supported_hash(AlgorithmIdentifier::read(parameters).oid);
    parameters.end();
  }
  if (const auto field = fields.next_if(der::tag::context_constructed(2))) {
    der::Reader reader(field->content);
    const auto number = der::without_leading_zeros(reader.next(der::tag::integer).content);
    reader.end();
    if (number.size() > 2) throw malformed("its PSS salt is longer than any key");
    salt_size = 0;
    for (const auto byte : number) salt_size = (salt_size << 8U) | byte;
  }
  if (const auto field = fields.next_if(der::tag::context_constructed(3))) {
    der::Reader reader(field->content);
    const auto trailer = reader.next(der::tag::integer).content;
    reader.end();
    if (trailer.size() != 1 || trailer[0] != 1) throw unsupported("PSS and a trailer other than BC");
  }
  fields.end();
  return {find_signature_algorithm(KeyType::rsa, Padding::pss, hash), salt_size, mask_hash};
}

SignatureScheme without_salt(KeyType key_type, HashAlgorithm hash) {
  const auto padding = key_type == KeyType::rsa ? Padding::pkcs1 : Padding::none;
  return {find_signature_algorithm(key_type, padding, hash), std::nullopt};
}

/// Only PSS has parameters, and an EC key its curve where its identifier stands for the signature's.
void check_parameters(const AlgorithmIdentifier& identifier) {
  if (identifier.oid == rsa_pss || identifier.oid == ec_public_key || identifier.has_no_parameters()) return;
  throw malformed("its signature algorithm has parameters that it does not take");
}

SignatureScheme read_scheme(const AlgorithmIdentifier& identifier, std::optional<HashAlgorithm> digest) {
  if (identifier.oid == rsa_pss) return read_pss(identifier);
  if (identifier.oid == ed25519)
    return {find_signature_algorithm(KeyType::ed25519, Padding::none, HashAlgorithm::none), std::nullopt};
  if (digest && identifier.oid == rsa_encryption) return without_salt(KeyType::rsa, *digest);
  // RFC 3278 had no identifier for other hash functions yet.
  if (digest && identifier.oid == ec_public_key) return without_salt(KeyType::ec, *digest);
  const auto* row = std::ranges::find(signature_rows, identifier.oid, &SignatureRow::oid);
  if (row != signature_rows.end()) return without_salt(row->key_type, row->hash);
  const auto* foreign = std::ranges::find(foreign_signature_rows, identifier.oid, &ForeignRow::oid);
  throw unsupported(foreign == foreign_signature_rows.end() ? "the signature algorithm " + identifier.oid
                                                            : std::string(foreign->name));
}

}  // namespace

AlgorithmIdentifier AlgorithmIdentifier::read(der::Reader& reader) {
  auto fields = reader.enter(der::tag::sequence);
  AlgorithmIdentifier identifier{fields.next_object_identifier(), {}};
  if (!fields.at_end()) {
    const auto parameters = fields.next().whole;
    identifier.parameters.assign(parameters.begin(), parameters.end());
  }
  fields.end();
  return identifier;
}

Bytes AlgorithmIdentifier::der() const { return asn1::sequence({asn1::object_identifier(oid), parameters}); }

bool AlgorithmIdentifier::has_no_parameters() const { return parameters.empty() || parameters == asn1::null(); }

bool AlgorithmIdentifier::means(const AlgorithmIdentifier& other) const {
  return oid == other.oid && (parameters == other.parameters || (has_no_parameters() && other.has_no_parameters()));
}

std::optional<HashAlgorithm> hash_by_oid(std::string_view oid) {
  const auto* row = std::ranges::find(hash_rows, oid, &HashRow::oid);
  if (row == hash_rows.end()) return std::nullopt;
  return row->hash;
}

std::string foreign_hash_name(std::string_view oid) {
  const auto* row = std::ranges::find(foreign_hash_rows, oid, &ForeignRow::oid);
  return row == foreign_hash_rows.end() ? "the hash function " + std::string(oid) : std::string(row->name);
}

AlgorithmIdentifier identifier_of(HashAlgorithm hash) {
  const auto* row = std::ranges::find(hash_rows, hash, &HashRow::hash);
  if (row == hash_rows.end()) throw Error(ErrorKind::internal, "there is no identifier of no hash function");
  return {std::string(row->oid), {}};
}

AlgorithmIdentifier identifier_of(const SignatureAlgorithm& algorithm) {
  if (algorithm.key_type == KeyType::ed25519) return {std::string(ed25519), {}};
  if (algorithm.padding == Padding::pss) {
    // RFC 4055 §3.1 wants NULL in the identifiers of hash functions here.
    const auto hash = AlgorithmIdentifier{identifier_of(algorithm.hash).oid, asn1::null()}.der();
    const auto salt_size = static_cast<std::uint8_t>(digest_size(algorithm.hash));
    std::vector<Bytes> fields;
    // DER leaves defaults out, and they are SHA-1's.
    if (algorithm.hash != HashAlgorithm::sha1) {
      fields.push_back(asn1::context_constructed(0, hash));
      fields.push_back(asn1::context_constructed(1, AlgorithmIdentifier{std::string(mgf1), hash}.der()));
      fields.push_back(asn1::context_constructed(2, asn1::integer(salt_size)));
    }
    return {std::string(rsa_pss), asn1::sequence(fields)};
  }
  for (const auto& row : signature_rows) {
    if (row.key_type != algorithm.key_type || row.hash != algorithm.hash) continue;
    return {std::string(row.oid), row.key_type == KeyType::rsa ? asn1::null() : Bytes()};
  }
  throw Error(ErrorKind::internal, "no identifier of " + std::string(algorithm.name) + " is known");
}

SignatureScheme signature_scheme(const AlgorithmIdentifier& identifier, std::optional<HashAlgorithm> digest) {
  const auto scheme = read_scheme(identifier, digest);
  check_parameters(identifier);
  const auto hash = scheme.algorithm->hash;
  if (digest && hash != HashAlgorithm::none && hash != *digest) {
    throw malformed("its algorithms contradict each other: the digest is " + std::string(name(*digest)) +
                    ", the signature's own " + std::string(name(hash)));
  }
  return scheme;
}

}  // namespace eidtool::crypto
