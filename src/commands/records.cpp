// SPDX-License-Identifier: Apache-2.0
#include "commands/records.hpp"

#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "pkcs11/attributes.hpp"
#include "pkcs11/names.hpp"
#include "pkcs11/uri.hpp"

namespace eidtool::commands {

namespace {

void add_identity(cli::Record& record, const crypto::Certificate& certificate) {
  record.add("subject", certificate.subject())
      .add("issuer", certificate.issuer())
      .add("serial_number", certificate.serial_number());
}

void add_validity(cli::Record& record, const crypto::Certificate& certificate) {
  record.add("not_before", certificate.not_before()).add("not_after", certificate.not_after());
}

std::vector<std::string> usage_of(const pkcs11::Object& object) {
  constexpr std::array usages = {CKA_ENCRYPT,        CKA_DECRYPT, CKA_SIGN,   CKA_SIGN_RECOVER, CKA_VERIFY,
                                 CKA_VERIFY_RECOVER, CKA_WRAP,    CKA_UNWRAP, CKA_DERIVE};
  std::vector<std::string> names;
  for (const auto usage : usages) {
    if (object.flag(usage).value_or(false)) names.push_back(pkcs11::without_prefix(pkcs11::attribute_name(usage)));
  }
  return names;
}

/// Of what every key of a class has (PKCS#11 2.40 §4.8–4.10), what is shown. Usages of other classes are asked for too:
/// a module may have them.
std::vector<CK_ATTRIBUTE_TYPE> key_attributes(CK_OBJECT_CLASS object_class) {
  if (object_class == CKO_PUBLIC_KEY)
    return {CKA_KEY_TYPE, CKA_ENCRYPT, CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_WRAP, CKA_DERIVE};
  if (object_class == CKO_PRIVATE_KEY)
    return {CKA_KEY_TYPE, CKA_DECRYPT, CKA_SIGN, CKA_SIGN_RECOVER, CKA_UNWRAP, CKA_DERIVE};
  return {CKA_KEY_TYPE, CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE};
}

std::string key_type_text(CK_KEY_TYPE type) {
  constexpr CK_KEY_TYPE edwards = 0x40;  // PKCS#11 3.0
  return type == edwards ? "ed25519" : pkcs11::without_prefix(pkcs11::key_type_name(type));
}

void add_key(cli::Record& record, const pkcs11::Object& object, CK_OBJECT_CLASS object_class) {
  const auto key = object.with(key_attributes(object_class));
  if (const auto type = key.number(CKA_KEY_TYPE)) record.add("key_type", key_type_text(*type));
  if (const auto size = pkcs11::key_size(key)) record.add("key_size", static_cast<std::int64_t>(*size));
  record.add("usage", usage_of(key));
}

void add_certificate(cli::Record& record, const pkcs11::Token& token, const pkcs11::Object& object,
                     const std::string& label) {
  const auto value = object.attribute_if_any(CKA_VALUE);
  if (!value || value->empty()) return;
  std::optional<crypto::Certificate> certificate;
  try {
    certificate = crypto::Certificate::from_der(*value, label);
  } catch (const Error&) {  // absent: an object that only calls itself a certificate is listed all the same
    return;
  }
  try {
    const auto& key = certificate->public_key();
    record.add("key_type", std::string(name(key.type()))).add("key_size", static_cast<std::int64_t>(key.size()));
  } catch (const Error&) {  // absent: a kind of key that eidtool does not check
  }
  add_identity(record, *certificate);
  add_validity(record, *certificate);
  record.add("fingerprint_sha256", certificate->fingerprint_sha256()).add("key_usage", certificate->key_usage());
  const auto purpose = certificate->is_ca() ? std::nullopt : purpose_of(token, label, *certificate);
  record.add("purpose", purpose ? cli::Value(std::string(name(*purpose))) : cli::Value(nullptr));
}

cli::Record attributes_record(const pkcs11::Object& object, CK_OBJECT_CLASS object_class) {
  cli::Record record;
  using Absence = pkcs11::Object::Absence;
  const auto add = [&](CK_ATTRIBUTE_TYPE type, Absence absence, const std::string& text) {
    record.add(pkcs11::attribute_name(type), absence == Absence::none        ? text
                                             : absence == Absence::sensitive ? "(sensitive)"
                                                                             : "(absent)");
  };
  for (const auto type : pkcs11::attributes_of(object_class)) {
    const auto reading = object.read(type);
    add(type, reading.absence, pkcs11::attribute_text(type, reading.value));
  }
  for (const auto type : pkcs11::secret_attributes_of(object_class)) {
    const auto [size, absence] = object.measure(type);
    add(type, absence, "(" + counted(size, "secret byte", "secret bytes") + ", not read)");
  }
  return record;
}

}  // namespace

cli::Record signer_record(const crypto::Certificate& certificate) {
  cli::Record record;
  add_identity(record, certificate);
  if (!certificate.common_name().empty()) record.add("common_name", certificate.common_name());
  record.add("fingerprint_sha256", certificate.fingerprint_sha256());
  add_validity(record, certificate);
  return record;
}

cli::Record certificate_record(const crypto::Certificate& certificate, const std::string& file,
                               const std::string& encoding) {
  cli::Record record("certificate");
  record.heading(in_quotes(file) + ": certificate of " + brief(certificate.known_as()));
  record.add("file", file).add("encoding", encoding);
  add_identity(record, certificate);
  add_validity(record, certificate);
  record.add("fingerprint_sha256", certificate.fingerprint_sha256());
  return record;
}

std::optional<Purpose> purpose_of(const pkcs11::Token& token, const std::string& label,
                                  const crypto::Certificate& certificate) {
  const auto* profile = token.profile();
  if (profile != nullptr) {
    if (const auto purpose = profile->purpose_of(label)) return purpose;
  }
  return certificate.purpose();
}

cli::Record object_record(const pkcs11::Token& token, const pkcs11::Object& object, ObjectDetails details) {
  cli::Record record("object");
  const auto object_class = object.number(CKA_CLASS);
  const auto label = object.text(CKA_LABEL);
  const auto id = object.attribute_if_any(CKA_ID);
  const auto class_name =
      object_class ? pkcs11::without_prefix(pkcs11::object_class_name(*object_class)) : std::string("unknown");
  auto title = class_name;
  for (auto& c : title) c = c == '_' ? ' ' : c;
  record.heading(title + (label && !label->empty() ? " " + in_quotes(*label) : std::string(" without a label")));
  record.add("class", class_name).add_if("label", label);
  if (id && !id->empty()) record.add("id", *id);
  if (object_class == CKO_CERTIFICATE) {
    add_certificate(record, token, object, label.value_or(""));
  } else if (object_class == CKO_PRIVATE_KEY || object_class == CKO_PUBLIC_KEY || object_class == CKO_SECRET_KEY) {
    add_key(record, object, *object_class);
  }
  record.add_if("private", object.flag(CKA_PRIVATE));
  record.add("uri", pkcs11::object_uri(token.raw_info(), label, id, object_class));
  record.add("token", token.uri());
  if (details.attributes && object_class) record.add_record("attributes", attributes_record(object, *object_class));
  return record;
}

}  // namespace eidtool::commands
