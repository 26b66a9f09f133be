// SPDX-License-Identifier: Apache-2.0
#include "crypto/public_key.hpp"

#include <botan/ecdsa.h>
#include <botan/ed25519.h>
#include <botan/pubkey.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/error.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/bridge.hpp"
#include "crypto/der.hpp"
#include "crypto/pss.hpp"

namespace eidtool::crypto {

namespace {

/// More than an RSA key of 16384 bits takes, where OpenSSL draws its line too: the arithmetic of a
/// stranger's larger one could keep a machine busy for hours.
constexpr std::size_t most_key_size = 4096;  // bytes of SubjectPublicKeyInfo

/// RSA exponents: those of 256 bits that FIPS 186-5 §A.1.1 allows, above 3072 bits 64 as in OpenSSL. A check costs as
/// much as the exponent is long; with one as long as a modulus of 16384 bits it is a second.
constexpr std::size_t most_exponent_size = 256;       // bits
constexpr std::size_t most_large_exponent_size = 64;  // bits
constexpr std::size_t large_modulus_size = 3072;      // bits

struct CurveRow {
  std::string_view oid;
  std::string_view name;
};

/// The curves that a certificate may name (RFC 5480 §2.1.1.1, RFC 5639 §4.1, SEC 2).
constexpr std::array curve_rows = {
    CurveRow{"1.2.840.10045.3.1.7", "P-256"},
    CurveRow{"1.3.132.0.34", "P-384"},
    CurveRow{"1.3.132.0.35", "P-521"},
    CurveRow{"1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"},
    CurveRow{"1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"},
    CurveRow{"1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"},
    CurveRow{"1.3.132.0.10", "secp256k1"},
};

/// The name of a curve; empty for one that is not in the table.
std::string_view curve_name(std::string_view oid) {
  for (const auto& row : curve_rows) {
    if (row.oid == oid) return row.name;
  }
  return {};
}

Error unsupported_key(const std::string& message) {
  return Error(ErrorKind::unsupported, message, "eidtool checks RSA, ECDSA on the usual curves, and Ed25519");
}

/// Throws unsupported for keys that eidtool does not check, so that whatever Botan refuses after
/// that is malformed.
KeyType check_supported(BytesView subject_public_key_info) {
  if (subject_public_key_info.size() > most_key_size)
    throw unsupported_key("a public key of more than 16384 bits is not supported");
  der::Reader outer(subject_public_key_info);
  auto key = outer.enter(der::tag::sequence);
  outer.end();
  auto algorithm = key.enter(der::tag::sequence);
  const auto type = algorithm.next_object_identifier();
  if (type == "1.2.840.113549.1.1.1") return KeyType::rsa;  // rsaEncryption
  if (type == "1.3.101.112") return KeyType::ed25519;       // id-Ed25519
  if (type != "1.2.840.10045.2.1") throw unsupported_key("public keys of type " + type + " are not supported");
  if (algorithm.next_tag() != der::tag::object_identifier) {
    throw unsupported_key("EC keys that spell out their curve instead of naming it are not supported");
  }
  const auto oid = algorithm.next_object_identifier();
  if (curve_name(oid).empty()) throw unsupported_key("EC keys on the curve " + oid + " are not supported");
  return KeyType::ec;
}

const Botan::EC_PublicKey& as_ec(const Botan::Public_Key& key) { return dynamic_cast<const Botan::EC_PublicKey&>(key); }

Error broken() {
  // What Botan says may hold bytes of the key, and helps nobody.
  return malformed("the public key is broken: its numbers are not those of a key");
}

std::size_t bit_size(BytesView number) {
  return number.empty() ? 0 : 8 * number.size() - static_cast<std::size_t>(std::countl_zero(number.front()));
}

/// RSAPublicKey (RFC 8017 §A.1.1): big-endian, without leading zeros.
struct RsaNumbers {
  Bytes modulus;
  Bytes exponent;
};

/// Of a SubjectPublicKeyInfo. Throws malformed, also for what Botan would refuse.
RsaNumbers rsa_numbers(BytesView subject_public_key_info) {
  der::Reader outer(subject_public_key_info);
  auto key = outer.enter(der::tag::sequence);
  (void)key.next(der::tag::sequence);
  const auto bits = key.next(der::tag::bit_string).content;
  key.end();
  if (bits.empty() || bits.front() != 0) throw broken();  // unused bits
  der::Reader wrapped(bits.subspan(1));
  auto numbers = wrapped.enter(der::tag::sequence);
  wrapped.end();
  const auto next = [&] {
    const auto content = numbers.next(der::tag::integer).content;
    const bool is_negative = !content.empty() && (content.front() & 0x80U) != 0;
    const auto number = der::without_leading_zeros(content);
    if (is_negative || number.empty()) throw broken();
    return der::copy(number);
  };
  RsaNumbers result{next(), next()};
  numbers.end();
  const bool is_even = (result.modulus.back() & 1U) == 0;
  if (is_even || bit_size(result.modulus) < 5) throw broken();
  return result;
}

/// With an exponent of 1, which Botan takes, the padded digest would be its own signature; RFC 8017 §3.1 has them odd
/// and from 3 on.
void check_exponent(const RsaNumbers& numbers) {
  const auto& exponent = numbers.exponent;
  if (bit_size(exponent) < 2 || (exponent.back() & 1U) == 0) {
    throw malformed("the public key is broken: its exponent is no odd number above 2");
  }
  const auto size = bit_size(numbers.modulus);
  const auto most = size > large_modulus_size ? most_large_exponent_size : most_exponent_size;
  if (bit_size(exponent) <= most) return;
  throw unsupported_key("RSA keys of " + std::to_string(size) + " bits with an exponent of more than " +
                        std::to_string(most) + " bits are not supported");
}

/// Botan's name for checking a ready digest.
std::string digest_scheme(const SignatureAlgorithm& algorithm, std::optional<std::size_t> salt_size) {
  switch (algorithm.padding) {
    case Padding::pkcs1: return "EMSA3(Raw," + bridge::hash_name(algorithm.hash) + ")";
    // No length: any salt.
    case Padding::pss:
      return "PSS_Raw(" + bridge::hash_name(algorithm.hash) + ",MGF1" +
             (salt_size ? "," + std::to_string(*salt_size) : "") + ")";
    case Padding::none: return "Raw";
  }
  return {};
}

/// `base^exponent`, which is not 0, by squaring and multiplying: all of it is public.
Botan::BigInt power(const Botan::BigInt& base, const Botan::BigInt& exponent, const Botan::Modular_Reducer& reducer) {
  auto result = base;
  for (auto bit = exponent.bits() - 1; bit > 0; --bit) {
    result = reducer.square(result);
    if (exponent.get_bit(bit - 1)) result = reducer.multiply(result, base);
  }
  return result;
}

bool check(const Botan::Public_Key& key, const std::string& scheme, BytesView message, BytesView signature) {
  Botan::PK_Verifier verifier(key, scheme);
  return verifier.verify_message(message.data(), message.size(), signature.data(), signature.size());
}

/// RFC 8032 §5.1.7 takes S, the little-endian second half, only below the order of the base point.
/// Botan 2.19 does not look: one signature would have several forms.
bool is_canonical_ed25519(BytesView signature) {
  static constexpr std::array<std::uint8_t, 32> order = {
      0x10, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
      0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7, 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed};
  return std::lexicographical_compare(signature.rbegin(), signature.rbegin() + 32, order.begin(), order.end());
}

/// As measured with Botan 2.19: RSA grows with the square of the modulus, and a check with the exponent as well; curves
/// with the square of their size.
std::optional<KeyCost> read_cost(BytesView subject_public_key_info) {
  der::Reader outer(subject_public_key_info);
  auto key = outer.enter(der::tag::sequence);
  const auto type = key.enter(der::tag::sequence).next_object_identifier();
  const auto bits = key.next(der::tag::bit_string).content;
  if (bits.size() < 2) return std::nullopt;
  if (type == "1.2.840.10045.2.1") {
    const bool is_compressed = bits[1] != 4;  // SEC 1 §2.3.4: a square root gives the other half
    const auto size = std::uint64_t{8} * (bits.size() - 2) / (is_compressed ? 1 : 2);
    return KeyCost{is_compressed ? size * size / 280 : 10, size * size / 280};
  }
  if (type != "1.2.840.113549.1.1.1") return std::nullopt;
  der::Reader wrapped(bits.subspan(1));
  auto numbers = wrapped.enter(der::tag::sequence);
  const auto size_of = [&] {
    return std::uint64_t{8} * der::without_leading_zeros(numbers.next(der::tag::integer).content).size();
  };
  const auto modulus = size_of();
  const auto square = modulus * modulus;
  return KeyCost{square / 20000 + 10, square * size_of() / 2700000 + 10};
}

}  // namespace

KeyCost key_cost(BytesView subject_public_key_info) {
  constexpr KeyCost least{10, 100};
  if (subject_public_key_info.size() > most_key_size) return least;
  try {
    return read_cost(subject_public_key_info).value_or(least);
  } catch (const Error&) {  // absent: it is refused before Botan sees it
    return least;
  }
}

std::uint64_t hashing_cost(std::uint64_t size) { return size / 400; }

std::uint64_t check_cost(const KeyCost& key, const SignatureScheme& scheme) {
  // verify_digest() works such a block out by itself, from the key as it stands.
  const bool is_by_hand = scheme.salt_size && scheme.mask_hash != scheme.algorithm->hash;
  return key.check + (is_by_hand ? key.load : 0);
}

struct PublicKey::Key {
  Bytes subject_public_key_info;
  std::optional<RsaNumbers> rsa{};
  std::unique_ptr<Botan::Public_Key> loaded{};
  /// Division by an RSA modulus as multiplication: to prepare it takes six times as long as the check of a signature.
  std::optional<Botan::Modular_Reducer> reducer{};

  const Botan::Public_Key& botan() {
    if (loaded) return *loaded;
    try {
      loaded = bridge::load_public_key(subject_public_key_info);
    } catch (const Botan::Exception&) {
      throw broken();
    }
    return *loaded;
  }
};

PublicKey::PublicKey(std::shared_ptr<Key> key) : key_(std::move(key)) {
  if (key_->rsa) {
    // An RSA key costs Botan as much as a signature: most keys of a card and of a chain check none.
    check_exponent(*key_->rsa);
    type_ = KeyType::rsa;
    size_ = bit_size(key_->rsa->modulus);
    return;
  }
  const auto* botan = &key_->botan();
  if (const auto* ec = dynamic_cast<const Botan::ECDSA_PublicKey*>(botan)) {
    type_ = KeyType::ec;
    size_ = ec->domain().get_order_bits();
  } else if (dynamic_cast<const Botan::Ed25519_PublicKey*>(botan) != nullptr) {
    type_ = KeyType::ed25519;
    size_ = 255;
  } else {
    throw unsupported_key("public keys of type " + botan->algo_name() + " are not supported");
  }
}

PublicKey PublicKey::from_der(BytesView subject_public_key_info) {
  const bool is_rsa = check_supported(subject_public_key_info) == KeyType::rsa;
  auto key = std::make_shared<Key>(Key{der::copy(subject_public_key_info)});
  if (is_rsa) key->rsa = rsa_numbers(subject_public_key_info);
  return PublicKey(std::move(key));
}

bool PublicKey::is_weak() const noexcept {
  constexpr std::size_t least_rsa_size = 2048;  // bits
  constexpr std::size_t least_ec_size = 224;
  return (type_ == KeyType::rsa && size_ < least_rsa_size) || (type_ == KeyType::ec && size_ < least_ec_size);
}

std::string PublicKey::description() const {
  switch (type_) {
    case KeyType::rsa: return "RSA " + std::to_string(size_);
    case KeyType::ec: {
      const auto oid = as_ec(key_->botan()).domain().get_curve_oid().to_string();
      const auto name = curve_name(oid);
      return "EC " + (name.empty() ? oid : std::string(name));
    }
    case KeyType::ed25519: return "Ed25519";
  }
  return {};
}

std::size_t PublicKey::signature_size() const {
  switch (type_) {
    case KeyType::rsa: return (size_ + 7) / 8;
    case KeyType::ec: return 2 * order_size();
    case KeyType::ed25519: return 64;
  }
  return 0;
}

std::size_t PublicKey::order_size() const { return type_ == KeyType::ec ? (size_ + 7) / 8 : 0; }

Bytes PublicKey::modulus() const { return key_->rsa ? key_->rsa->modulus : Bytes(); }

Bytes PublicKey::point() const { return type_ == KeyType::rsa ? Bytes() : key_->botan().public_key_bits(); }

bool PublicKey::verify_digest(const SignatureAlgorithm& algorithm, BytesView digest, BytesView signature,
                              std::optional<std::size_t> salt_size) const {
  if (algorithm.hash == HashAlgorithm::none || digest.size() != digest_size(algorithm.hash)) {
    throw Error(ErrorKind::internal, "a digest of " + std::to_string(digest.size()) + " bytes does not belong to " +
                                         std::string(algorithm.name));
  }
  if (algorithm.key_type != type_ || signature.size() != signature_size()) return false;
  return check(key_->botan(), digest_scheme(algorithm, salt_size), digest, signature);
}

bool PublicKey::verify_digest(const SignatureScheme& scheme, BytesView digest, BytesView signature) const {
  const auto& algorithm = *scheme.algorithm;
  if (!scheme.salt_size || scheme.mask_hash == algorithm.hash) {
    return verify_digest(algorithm, digest, signature, scheme.salt_size);
  }
  const auto block = recover(signature);
  return block && is_pss_block(*block, size_, digest, algorithm.hash, scheme.mask_hash, *scheme.salt_size);
}

bool PublicKey::verify_message(BytesView message, BytesView signature) const {
  if (type_ != KeyType::ed25519 || signature.size() != signature_size()) return false;
  return is_canonical_ed25519(signature) && check(key_->botan(), "Pure", message, signature);
}

std::optional<Bytes> PublicKey::recover(BytesView signature) const {
  if (type_ != KeyType::rsa || signature.size() != signature_size()) return std::nullopt;
  const Botan::BigInt number(signature.data(), signature.size());
  const Botan::BigInt modulus(key_->rsa->modulus.data(), key_->rsa->modulus.size());
  if (number >= modulus) return std::nullopt;
  if (!key_->reducer) key_->reducer.emplace(bridge::reducer(modulus));
  const Botan::BigInt exponent(key_->rsa->exponent.data(), key_->rsa->exponent.size());
  return bridge::to_bytes(power(number, exponent, *key_->reducer), signature_size());
}

std::optional<DigestInfo> parse_pkcs1_block(BytesView block) {
  constexpr std::size_t fewest_padding_bytes = 8;  // RFC 8017 §9.2, step 4
  if (block.size() < 2 || block[0] != 0 || block[1] != 1) return std::nullopt;
  const auto padding = block.subspan(2);
  const auto zero = std::ranges::find_if(padding, [](std::uint8_t byte) { return byte != 0xff; });
  const auto padding_size = static_cast<std::size_t>(zero - padding.begin());
  if (zero == padding.end() || *zero != 0 || padding_size < fewest_padding_bytes) return std::nullopt;

  der::Reader outer(padding.subspan(padding_size + 1));
  const auto info = outer.next_if(der::tag::sequence);
  if (!info || !outer.at_end()) return std::nullopt;
  der::Reader fields(info->content);
  const auto algorithm = fields.next_if(der::tag::sequence);
  const auto digest = fields.next_if(der::tag::octet_string);
  if (!algorithm || !digest || !fields.at_end()) return std::nullopt;
  der::Reader algorithm_fields(algorithm->content);
  const auto hash = algorithm_fields.next_if(der::tag::object_identifier);
  const auto oid = hash ? der::object_identifier_text(hash->content) : std::nullopt;
  if (!oid) return std::nullopt;
  const auto null = algorithm_fields.next_if(der::tag::null);
  if (!algorithm_fields.at_end() || (null && !null->content.empty())) return std::nullopt;

  DigestInfo result;
  result.oid = *oid;
  result.digest.assign(digest->content.begin(), digest->content.end());
  result.has_null_parameters = null.has_value();
  result.hash = hash_by_oid(result.oid);
  if (result.hash && result.digest.size() != digest_size(*result.hash)) return std::nullopt;
  return result;
}

}  // namespace eidtool::crypto
