// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.hpp"

#include <botan/pem.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <variant>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "crypto/algorithm_identifier.hpp"
#include "crypto/der.hpp"
#include "crypto/digest.hpp"
#include "crypto/pem.hpp"

namespace eidtool::crypto {

namespace {

constexpr std::size_t most_file_size = 1U << 20U;     // bytes, far above any certificate
constexpr std::size_t most_bundle_size = 16U << 20U;  // bytes, far above any bundle of certificates
constexpr std::size_t most_name_size = 16U << 10U;    // bytes; honest ones have some hundred
constexpr std::size_t most_extensions = 100;          // of one certificate; honest ones have some ten

/// By bit (RFC 5280 §4.2.1.3).
constexpr std::array<std::string_view, 9> key_usage_names = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                             "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                             "cRLSign",          "encipherOnly",   "decipherOnly"};
constexpr unsigned digital_signature = 1U << 0U;
constexpr unsigned non_repudiation = 1U << 1U;

bool read_basic_constraints(BytesView extension) {
  der::Reader outer(extension);
  auto constraints = outer.enter(der::tag::sequence);
  outer.end();
  const auto is_ca = constraints.next_if(der::tag::boolean);
  return is_ca && is_ca->content.size() == 1 && is_ca->content[0] != 0;
}

/// Bit n is that of key_usage_names.
unsigned read_key_usage(BytesView extension) {
  der::Reader outer(extension);
  const auto bits = outer.next(der::tag::bit_string).content;
  outer.end();
  return der::named_bits(bits);
}

bool contains(BytesView bytes, std::string_view text) {
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return all.find(text) != std::string_view::npos;
}

/// Whether bytes begin as PKCS #7 in DER.
bool is_pkcs7(BytesView bytes) {
  static constexpr std::string_view arc("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", 10);
  return contains(bytes.first(std::min<std::size_t>(bytes.size(), 16)), arc);
}

/// What the person gave instead of certificates.
Error no_certificate(BytesView content, const std::string& source) {
  constexpr std::string_view hint = "certificates are files in DER or PEM; 'eidtool export-cert' writes those of cards";
  const auto is = [&](const std::string& what) { return malformed(source + " " + what, std::string(hint)); };
  if (content.empty()) return is("is empty, no certificate");
  if (contains(content.first(std::min<std::size_t>(content.size(), 1024)), "%PDF-")) {
    return is("is a PDF document, no certificate");
  }
  if (contains(content, "PRIVATE KEY-----")) return is("holds a private key and no certificate");
  if (contains(content, "-----BEGIN PKCS7-----")) {
    return malformed(source + " is a PKCS#7 bundle, no certificate",
                     "'openssl pkcs7 -print_certs -in FILE' writes the certificates that are in it");
  }
  if (is_pkcs7(content)) {
    return malformed(source + " is a PKCS#7 bundle or signature, no certificate",
                     "'openssl pkcs7 -inform DER -print_certs -in FILE' writes the certificates that are in it");
  }
  if (contains(content, "-----BEGIN ")) return is("holds PEM of another kind and no certificate");
  return is("is no certificate: neither DER nor PEM");
}

/// The certificates in PEM (RFC 7468 §5), DER, one or more.
std::vector<Bytes> certificates_in_pem(std::string_view text, const std::string& source) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view end = "-----END CERTIFICATE-----";
  std::vector<Bytes> certificates;
  for (auto first = text.find(begin); first != std::string_view::npos; first = text.find(begin)) {
    text = text.substr(first + begin.size());
    const auto size = text.find(end);
    if (size == std::string_view::npos) throw malformed(source + " is cut off: the PEM has no END line");
    auto der = decode_base64(text.substr(0, size));
    if (!der) throw malformed(source + " is damaged: the PEM holds what is not base64");
    certificates.push_back(std::move(*der));
    text = text.substr(size + end.size());
  }
  if (certificates.empty()) throw no_certificate(as_bytes(text), source);
  return certificates;
}

/// What `place` has, made when it is asked for first.
template <typename Value, typename Make>
const Value& once(std::optional<Value>& place, const Make& make) {
  if (!place) place = make();
  return *place;
}

const Bytes& digest_once(std::map<HashAlgorithm, Bytes>& digests, HashAlgorithm hash, BytesView bytes) {
  const auto known = digests.find(hash);
  return known != digests.end() ? known->second : digests.emplace(hash, digest(hash, bytes)).first->second;
}

}  // namespace

struct Certificate::Content {
  Bytes der;
  SignedObject signed_object;
  Bytes subject_der;
  Bytes issuer_der;
  Bytes serial_number;
  Bytes serial_number_der;
  std::string subject;
  std::string issuer;
  std::string common_name;
  Time not_before;
  Time not_after;
  bool is_ca = false;
  std::optional<unsigned> key_usage;
  std::vector<Extension> extensions;
  Bytes public_key_bits;  // of the BIT STRING, without its count of unused bits
  Bytes subject_public_key_info;
  // Loaded when it is asked for: with large RSA keys that takes Botan 10 ms, and a stranger's file can hold a thousand
  // that nobody needs. A certificate with a key that eidtool does not check is still one that it can show.
  mutable std::optional<std::variant<Error, PublicKey>> loaded_key;
  // What a file with thousands of certificates and signers would have made again and again.
  mutable std::optional<std::string> comparable_subject;
  mutable std::optional<std::string> comparable_issuer;
  mutable std::map<HashAlgorithm, Bytes> fingerprints;
  mutable std::map<HashAlgorithm, Bytes> key_digests;
  mutable std::optional<Bytes> key_fingerprint;
  mutable std::optional<Bytes> key_identifier;

  const std::variant<Error, PublicKey>& public_key() const;
  void read();
  void read_public_key(BytesView whole);
  void read_extensions(der::Reader list);
};

/// RFC 5280 §4.1.
void Certificate::Content::read() {
  der::Reader outer(der);
  const auto certificate = outer.next(der::tag::sequence);
  if (!outer.at_end()) throw malformed("something follows after its end");
  signed_object = SignedObject::read(certificate.content);
  der::Reader to_be_signed(signed_object.content);
  auto body = to_be_signed.enter(der::tag::sequence);

  body.next_if(der::tag::context_constructed(0));  // version
  const auto serial_element = body.next(der::tag::integer);
  const auto serial = serial_element.content;
  serial_number_der = der::copy(serial_element.whole);
  if (serial.empty()) throw malformed("it has no serial number");
  const auto number = der::without_leading_zeros(serial);
  serial_number = der::copy(number.empty() ? serial.first(1) : number);
  // RFC 5280 §4.1.1.2: the same as outside, else it could be exchanged there.
  if (!AlgorithmIdentifier::read(body).means(signed_object.algorithm)) {
    throw malformed("it names two signature algorithms");
  }
  issuer_der = der::copy(body.next(der::tag::sequence).whole);
  auto validity = body.enter(der::tag::sequence);
  not_before = validity.next_time();
  not_after = validity.next_time();
  validity.end();
  subject_der = der::copy(body.next(der::tag::sequence).whole);
  read_public_key(body.next(der::tag::sequence).whole);
  body.next_if(der::tag::context(1));  // issuerUniqueID
  body.next_if(der::tag::context(2));  // subjectUniqueID
  if (const auto list = body.next_if(der::tag::context_constructed(3))) {
    der::Reader wrapped(list->content);
    read_extensions(wrapped.enter(der::tag::sequence));
    wrapped.end();
  }
  body.end();

  // They are shown for each signature that is called theirs.
  if (std::max(subject_der.size(), issuer_der.size()) > most_name_size) {
    throw malformed("it has a name of more than " + std::to_string(most_name_size >> 10U) + " KiB");
  }
  subject = distinguished_name_text(subject_der);
  issuer = distinguished_name_text(issuer_der);
  common_name = common_name_of(subject_der);
}

const std::variant<Error, PublicKey>& Certificate::Content::public_key() const {
  if (loaded_key) return *loaded_key;
  try {
    loaded_key = PublicKey::from_der(subject_public_key_info);
  } catch (const Error& error) {
    loaded_key = error;
  }
  return *loaded_key;
}

void Certificate::Content::read_public_key(BytesView whole) {
  subject_public_key_info = der::copy(whole);
  der::Reader outer(whole);
  auto fields = outer.enter(der::tag::sequence);
  fields.next(der::tag::sequence);
  const auto bits = fields.next(der::tag::bit_string).content;
  if (!bits.empty()) public_key_bits.assign(bits.begin() + 1, bits.end());
}

void Certificate::Content::read_extensions(der::Reader list) {
  while (!list.at_end()) {
    auto fields = list.enter(der::tag::sequence);
    Extension extension{fields.next_object_identifier(), false, {}};
    if (const auto critical = fields.next_if(der::tag::boolean)) {
      extension.critical = critical->content.size() == 1 && critical->content[0] != 0;
    }
    const auto value = fields.next(der::tag::octet_string).content;
    extension.value.assign(value.begin(), value.end());
    fields.end();
    if (extensions.size() == most_extensions) {
      throw malformed("it has more than " + std::to_string(most_extensions) + " extensions");
    }
    // RFC 5280 §4.2: once each. Two of one kind let two programs see two certificates.
    if (std::ranges::find(extensions, extension.oid, &Extension::oid) != extensions.end()) {
      throw malformed("it has the extension " + extension.oid + " twice");
    }
    if (extension.oid == "2.5.29.19") is_ca = read_basic_constraints(value);
    if (extension.oid == "2.5.29.15") key_usage = read_key_usage(value);
    extensions.push_back(std::move(extension));
  }
}

Certificate::Certificate(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

Certificate Certificate::from_der(BytesView der, const std::string& source) {
  if (der.empty() || der.front() != der::tag::sequence || is_pkcs7(der)) throw no_certificate(der, source);
  auto content = std::make_shared<Content>();
  content->der.assign(der.begin(), der.end());
  try {
    content->read();
  } catch (const Error& error) {
    throw malformed(source + " is no valid X.509 certificate: " + error.what());
  }
  return Certificate(std::move(content));
}

void unshare(std::vector<Certificate>& certificates) {
  for (auto& one : certificates) one = Certificate::from_der(one.der(), "the certificate");
}

std::vector<Certificate> Certificate::read_file(const std::filesystem::path& path, std::size_t most) {
  const auto bytes = read_small_file(path, most, "certificate");
  const auto source = in_quotes(path.string());
  try {
    if (is_der(bytes)) return {from_der(bytes, source)};
    std::vector<Certificate> certificates;
    for (const auto& der : certificates_in_pem({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, source)) {
      certificates.push_back(from_der(der, source));
    }
    return certificates;
  } catch (Error& error) {
    throw error.with_file(path.string());
  }
}

std::vector<Certificate> Certificate::read_bundle(const std::filesystem::path& path) {
  return read_file(path, most_bundle_size);
}

Certificate Certificate::read_file(const std::filesystem::path& path) {
  const auto certificates = read_file(path, most_file_size);
  if (certificates.size() == 1) return certificates.front();
  throw malformed(in_quotes(path.string()) + " holds several certificates",
                  "give a file with just the signer's certificate")
      .with_file(path.string());
}

const Bytes& Certificate::der() const noexcept { return content_->der; }
std::string Certificate::pem() const { return Botan::PEM_Code::encode(content_->der, "CERTIFICATE"); }
const std::string& Certificate::subject() const noexcept { return content_->subject; }
const std::string& Certificate::issuer() const noexcept { return content_->issuer; }
const std::string& Certificate::common_name() const noexcept { return content_->common_name; }
const Bytes& Certificate::subject_der() const noexcept { return content_->subject_der; }
const Bytes& Certificate::issuer_der() const noexcept { return content_->issuer_der; }
const std::string& Certificate::comparable_subject() const {
  return once(content_->comparable_subject, [&] { return comparable_name(content_->subject_der); });
}
const std::string& Certificate::comparable_issuer() const {
  return once(content_->comparable_issuer, [&] { return comparable_name(content_->issuer_der); });
}
const Bytes& Certificate::serial_number() const noexcept { return content_->serial_number; }
const Bytes& Certificate::serial_number_der() const noexcept { return content_->serial_number_der; }
bool Certificate::has_serial_number(BytesView integer) const {
  der::Reader reader(content_->serial_number_der);
  return der::same_integer(reader.next().content, integer);
}
Time Certificate::not_before() const noexcept { return content_->not_before; }
Time Certificate::not_after() const noexcept { return content_->not_after; }
const Bytes& Certificate::fingerprint(HashAlgorithm hash) const {
  return digest_once(content_->fingerprints, hash, content_->der);
}
const Bytes& Certificate::key_digest(HashAlgorithm hash) const {
  return digest_once(content_->key_digests, hash, content_->public_key_bits);
}
bool Certificate::is_ca() const noexcept { return content_->is_ca; }
std::optional<unsigned> Certificate::key_usage_bits() const noexcept { return content_->key_usage; }

std::vector<std::string> Certificate::key_usage() const {
  std::vector<std::string> names;
  for (std::size_t index = 0; index < key_usage_names.size(); ++index) {
    if ((content_->key_usage.value_or(0) & (1U << index)) != 0) names.emplace_back(key_usage_names[index]);
  }
  return names;
}

std::optional<Purpose> Certificate::purpose() const noexcept {
  const unsigned usage = content_->key_usage.value_or(0);
  if ((usage & non_repudiation) != 0) return Purpose::signature;
  if ((usage & digital_signature) != 0) return Purpose::authentication;
  return std::nullopt;
}

const Extension* Certificate::extension(std::string_view oid) const noexcept {
  const auto found = std::ranges::find(content_->extensions, oid, &Extension::oid);
  return found == content_->extensions.end() ? nullptr : &*found;
}

const std::vector<Extension>& Certificate::extensions() const noexcept { return content_->extensions; }

const Bytes& Certificate::public_key_bits() const noexcept { return content_->public_key_bits; }

const Bytes& Certificate::subject_public_key_info() const noexcept { return content_->subject_public_key_info; }

const Bytes& Certificate::key_fingerprint() const {
  return once(content_->key_fingerprint,
              [&] { return digest(HashAlgorithm::sha256, content_->subject_public_key_info); });
}

const Bytes& Certificate::key_identifier() const {
  return once(content_->key_identifier, [&] {
    if (const auto* identifier = extension("2.5.29.14")) {
      der::Reader reader(identifier->value);
      const auto octets = reader.next_if(der::tag::octet_string);
      if (octets && reader.at_end()) return der::copy(octets->content);
    }
    return key_digest(HashAlgorithm::sha1);
  });
}

const SignedObject& Certificate::signed_object() const noexcept { return content_->signed_object; }

bool Certificate::is_issued_by(const Certificate& issuer) const {
  if (issuer.comparable_subject() != comparable_issuer()) return false;
  try {
    return signed_object().is_signed_by(issuer.public_key());
  } catch (const Error&) {  // absent: a signature or a key of a kind that eidtool does not check
    return false;
  }
}

const PublicKey& Certificate::public_key() const {
  if (const auto* error = std::get_if<Error>(&content_->public_key())) throw Error(*error);
  return std::get<PublicKey>(content_->public_key());
}

KeyCost Certificate::key_cost() const { return crypto::key_cost(content_->subject_public_key_info); }

bool Certificate::may_load(Work& work) const { return work.may_take_once(content_, key_cost().load); }

const PublicKey* Certificate::public_key_if_any() const { return std::get_if<PublicKey>(&content_->public_key()); }

}  // namespace eidtool::crypto
