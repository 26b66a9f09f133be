// SPDX-License-Identifier: Apache-2.0
#include "pkcs11/uri.hpp"

#include <p11-kit/uri.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "pkcs11/slot.hpp"

namespace eidtool::pkcs11 {

namespace {

enum class Place { path, query };

/// What a value may be once it is decoded.
enum class FieldKind {
  bytes,    // anything
  field,    // a fixed field of Cryptoki: no zero byte, of a size
  string,   // no zero byte
  number,   // p11-kit checks it
  version,  // likewise
  type,
};

struct Attribute {
  std::string_view name;
  Place place;
  FieldKind kind;
  std::size_t most;  // bytes; for fields
};

// RFC 7512 §2.3. p11-kit also takes names of older drafts (`objecttype`, `pinfile`); those are not here.
constexpr std::array known_attributes = {
    Attribute{"token", Place::path, FieldKind::field, sizeof(CK_TOKEN_INFO::label)},
    Attribute{"manufacturer", Place::path, FieldKind::field, sizeof(CK_TOKEN_INFO::manufacturerID)},
    Attribute{"serial", Place::path, FieldKind::field, sizeof(CK_TOKEN_INFO::serialNumber)},
    Attribute{"model", Place::path, FieldKind::field, sizeof(CK_TOKEN_INFO::model)},
    Attribute{"library-manufacturer", Place::path, FieldKind::field, sizeof(CK_INFO::manufacturerID)},
    Attribute{"library-description", Place::path, FieldKind::field, sizeof(CK_INFO::libraryDescription)},
    Attribute{"library-version", Place::path, FieldKind::version, 0},
    Attribute{"object", Place::path, FieldKind::bytes, 0},
    Attribute{"type", Place::path, FieldKind::type, 0},
    Attribute{"id", Place::path, FieldKind::bytes, 0},
    Attribute{"slot-manufacturer", Place::path, FieldKind::field, sizeof(CK_SLOT_INFO::manufacturerID)},
    Attribute{"slot-description", Place::path, FieldKind::field, sizeof(CK_SLOT_INFO::slotDescription)},
    Attribute{"slot-id", Place::path, FieldKind::number, 0},
    Attribute{"pin-source", Place::query, FieldKind::string, 0},
    Attribute{"pin-value", Place::query, FieldKind::string, 0},
    Attribute{"module-name", Place::query, FieldKind::string, 0},
    Attribute{"module-path", Place::query, FieldKind::string, 0},
};

constexpr std::string_view scheme = "pkcs11:";
constexpr std::array<std::string_view, 5> types = {"public", "private", "cert", "secret-key", "data"};

/// The URI as messages show it. A PIN in it stays out of them, however wrong the rest is.
std::string shown(std::string_view text) {
  const auto pin = to_lower(text).find("pin-value");
  if (pin == std::string_view::npos) return in_quotes(text);
  return in_quotes(std::string(text.substr(0, pin)) + "pin-value=...");
}

Error refusal(std::string_view text, const std::string& reason, const std::string& hint) {
  return Error(ErrorKind::usage, "cannot use the URI " + shown(text) + ": " + reason, hint);
}

/// RFC 3986 §2.1; nothing where a `%` is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] != '%') {
      decoded += text[index];
      continue;
    }
    const auto digits = text.substr(index + 1, 2);
    const auto byte = digits.size() == 2 ? from_hex(digits) : std::nullopt;
    if (!byte || byte->size() != 1) return std::nullopt;
    decoded += static_cast<char>(byte->front());
    index += 2;
  }
  return decoded;
}

std::string known_names(Place place) {
  std::vector<std::string> names;
  for (const auto& attribute : known_attributes) {
    if (attribute.place == place && attribute.name != "pin-value") names.emplace_back(attribute.name);
  }
  return join(names, ", ");
}

/// `file:` URLs of this machine (RFC 8089) and, as RFC 7512 §2.4 writes them, paths after `file:`.
std::string file_of_pin_source(std::string_view uri, std::string_view source) {
  constexpr std::string_view file_scheme = "file:";
  const std::string hint = "write pin-source=file:/path/of/the/file, or use --pin-file";
  if (to_lower(source.substr(0, file_scheme.size())) != file_scheme) {
    throw refusal(uri,
                  source.starts_with('|') ? "its 'pin-source' is a program, and eidtool runs none"
                                          : "its 'pin-source' is not a file: URL",
                  hint);
  }
  source.remove_prefix(file_scheme.size());
  if (source.starts_with("//")) {
    constexpr std::string_view this_machine = "localhost";
    source.remove_prefix(2);
    if (source.starts_with(this_machine)) source.remove_prefix(this_machine.size());
    if (!source.starts_with('/')) throw refusal(uri, "its 'pin-source' is a file of another machine", hint);
  }
  if (source.empty()) throw refusal(uri, "its 'pin-source' names no file", hint);
  return std::string(source);
}

/// What p11-kit lets through and RFC 7512 does not, or what would mean more than it seems to: p11-kit
/// ends the path at an empty attribute and takes the rest, whatever it is, for queries that it ignores.
class Inspection {
 public:
  explicit Inspection(std::string_view text) : text_(text) {}

  void run() {
    if (to_lower(text_.substr(0, scheme.size())) != scheme) {
      throw refusal(text_, "it does not begin with 'pkcs11:'",
                    "a URI looks like pkcs11:token=LABEL;object=LABEL (RFC 7512)");
    }
    // Before anything else can fail, so that the reason is always the graver one.
    if (to_lower(text_).find("pin-value=") != std::string::npos) {
      throw refusal(text_, "everyone who lists processes can see the PIN in it",
                    "leave 'pin-value' out to be asked for the PIN, or use pin-source=file:FILE");
    }
    check_characters();
    const auto question = std::min(text_.find('?'), text_.size());
    const auto path = text_.substr(scheme.size(), question - scheme.size());
    const auto query = text_.substr(std::min(question + 1, text_.size()));
    understood_ = std::string(scheme) + inspect(path, ';', Place::path);
    const auto understood_query = inspect(query, '&', Place::query);
    if (!understood_query.empty()) understood_ += "?" + understood_query;
  }

  /// The URI without the attributes that are ignored.
  const std::string& understood() const { return understood_; }
  const std::optional<std::string>& pin_file() const { return pin_file_; }

 private:
  /// p11-kit drops white space, so that `token=My Card` would mean `MyCard`; what follows a `#` is no
  /// part of a URI's path (RFC 3986 §3.5).
  void check_characters() const {
    for (const char c : text_) {
      if (c == ' ') throw refusal(text_, "it has a space in it", "write a space as %20");
      if (c == '#') throw refusal(text_, "it has a '#' in it", "write # as %23");
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
        throw refusal(text_, "it has a control character in it", "write it as % and two hex digits");
      }
    }
  }

  std::string inspect(std::string_view part, char separator, Place place) {
    if (part.empty()) return {};
    std::vector<std::string> understood;
    for (const auto& piece : split(part, separator)) {
      const auto equals = piece.find('=');
      if (equals == 0 || equals == std::string::npos) {
        throw refusal(text_, piece.empty() ? "it has an empty attribute" : in_quotes(piece) + " is no name=value",
                      std::string("write name=value, with '") + separator + "' between them");
      }
      if (inspect_attribute(piece.substr(0, equals), std::string_view(piece).substr(equals + 1), place)) {
        understood.push_back(piece);
      }
    }
    return join(understood, std::string(1, separator));
  }

  /// False where the attribute is to be ignored.
  bool inspect_attribute(const std::string& name, std::string_view value, Place place) {
    const auto* attribute = std::find_if(known_attributes.begin(), known_attributes.end(),
                                         [&](const Attribute& known) { return known.name == name; });
    if (attribute == known_attributes.end()) {
      inspect_unknown(name, place);
      return false;
    }
    if (attribute->place != place) {
      throw refusal(
          text_, in_quotes(name) + (place == Place::path ? " stands before the '?'" : " stands after the '?'"),
          place == Place::path ? "write " + name + " behind a '?'" : "write " + name + " before the '?', after a ';'");
    }
    // RFC 7512 §2.3: no attribute but a vendor's stands more than once; p11-kit would take the last.
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
      throw refusal(text_, in_quotes(name) + " stands in it twice", "leave one of them out");
    }
    seen_.push_back(name);
    inspect_value(*attribute, value);
    return true;
  }

  /// RFC 7512 §2.3: a path attribute that is not understood makes the URI match nothing, a query
  /// attribute may be ignored. `pinfile` is one that p11-kit does understand.
  void inspect_unknown(const std::string& name, Place place) const {
    if (place == Place::query && name != "pinfile") return;
    throw refusal(text_, "the attribute " + in_quotes(name) + " is unknown", "attributes are " + known_names(place));
  }

  void inspect_value(const Attribute& attribute, std::string_view value) {
    const auto name = in_quotes(attribute.name);
    const auto decoded = percent_decoded(value);
    if (!decoded) {
      throw refusal(text_, "a '%' in its " + name + " is not followed by two hex digits", "write % as %25");
    }
    switch (attribute.kind) {
      case FieldKind::bytes:
      case FieldKind::number:
      case FieldKind::version: break;
      case FieldKind::type:
        if (std::find(types.begin(), types.end(), value) == types.end()) {
          throw refusal(text_, in_quotes(value) + " is no type", "types are public, private, cert, secret-key, data");
        }
        break;
      case FieldKind::field:
        if (decoded->size() > attribute.most) {
          throw refusal(
              text_, name + " is longer than the " + std::to_string(attribute.most) + " bytes that it has on a token",
              "copy the URI from eidtool slots or eidtool objects");
        }
        [[fallthrough]];
      case FieldKind::string:
        if (decoded->find('\0') != std::string::npos)
          throw refusal(text_, name + " has a zero byte in it", "leave %00 out");
        break;
    }
    if (attribute.name == "pin-source") pin_file_ = file_of_pin_source(text_, *decoded);
  }

  std::string_view text_;
  std::vector<std::string> seen_;
  std::string understood_;
  std::optional<std::string> pin_file_;
};

std::shared_ptr<p11_kit_uri> new_uri() {
  auto* uri = p11_kit_uri_new();
  if (uri == nullptr) throw std::bad_alloc();
  return {uri, p11_kit_uri_free};
}

/// Fields are padded with blanks (PKCS#11 2.40 §3.2). Some modules end them with a zero byte and leave
/// what they like after it, which would go into a URI as `%00` and fit nothing.
template <std::size_t size>
void pad_with_blanks(unsigned char (&field)[size]) {
  std::fill(std::find(std::begin(field), std::end(field), '\0'), std::end(field), static_cast<unsigned char>(' '));
}

CK_TOKEN_INFO padded_with_blanks(CK_TOKEN_INFO info) {
  pad_with_blanks(info.label);
  pad_with_blanks(info.manufacturerID);
  pad_with_blanks(info.model);
  pad_with_blanks(info.serialNumber);
  return info;
}

/// p11-kit leaves out fields that begin with a zero byte.
template <std::size_t size>
void leave_out_if_blank(unsigned char (&field)[size]) {
  if (std::all_of(std::begin(field), std::end(field), [](unsigned char c) { return c == ' '; })) field[0] = '\0';
}

void set_token(p11_kit_uri* uri, const CK_TOKEN_INFO& token) {
  auto* info = p11_kit_uri_get_token_info(uri);
  *info = padded_with_blanks(token);
  leave_out_if_blank(info->label);
  leave_out_if_blank(info->manufacturerID);
  leave_out_if_blank(info->model);
  leave_out_if_blank(info->serialNumber);
}

void set_attribute(p11_kit_uri* uri, CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
  // p11-kit copies the value and does not write to it.
  CK_ATTRIBUTE attribute{type, const_cast<void*>(value), size};
  if (p11_kit_uri_set_attribute(uri, &attribute) != P11_KIT_URI_OK) throw std::bad_alloc();
}

std::string formatted(p11_kit_uri* uri, P11KitUriType what) {
  char* text = nullptr;
  const int result = p11_kit_uri_format(uri, what, &text);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  if (result != P11_KIT_URI_OK || text == nullptr) {
    throw Error(ErrorKind::internal, std::string("p11-kit cannot write a URI: ") + p11_kit_uri_message(result));
  }
  return text;
}

std::optional<std::string> optional_text(const char* text) {
  if (text == nullptr) return std::nullopt;
  return text;
}

std::optional<Bytes> attribute_of(p11_kit_uri* uri, CK_ATTRIBUTE_TYPE type) {
  const auto* attribute = p11_kit_uri_get_attribute(uri, type);
  if (attribute == nullptr) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(attribute->pValue);
  return Bytes(bytes, bytes + attribute->ulValueLen);
}

}  // namespace

Uri::Uri(std::shared_ptr<p11_kit_uri> uri) : uri_(std::move(uri)) {}

Uri Uri::parse(const std::string& text) {
  Inspection inspection(text);
  inspection.run();
  Uri uri(new_uri());
  const int result = p11_kit_uri_parse(inspection.understood().c_str(), P11_KIT_URI_FOR_ANY, uri.uri_.get());
  if (result != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(uri.uri_.get()) != 0) {
    const std::string hint = "'slot-id' is a decimal number and 'library-version' two, as in 1.2 (RFC 7512)";
    const char* reason = result == P11_KIT_URI_OK ? nullptr : p11_kit_uri_message(result);
    throw refusal(text, reason != nullptr ? to_lower(reason) : "p11-kit does not understand it", hint);
  }
  uri.pin_file_ = inspection.pin_file();
  return uri;
}

std::optional<std::string> Uri::module_path() const { return optional_text(p11_kit_uri_get_module_path(uri_.get())); }
std::optional<std::string> Uri::module_name() const { return optional_text(p11_kit_uri_get_module_name(uri_.get())); }

bool Uri::matches_module(const Module& module) const { return matches(module.raw_info()); }

bool Uri::matches(const CK_INFO& module) const {
  auto info = module;
  pad_with_blanks(info.manufacturerID);
  pad_with_blanks(info.libraryDescription);
  return p11_kit_uri_match_module_info(uri_.get(), &info) == 1;
}

bool Uri::matches_token(const Token& token) const {
  return matches_module(token.module()) && matches(token.slot_id(), token.raw_slot_info(), token.raw_info());
}

bool Uri::matches(CK_SLOT_ID slot_id, const CK_SLOT_INFO& slot, const CK_TOKEN_INFO& token) const {
  constexpr auto any_slot = static_cast<CK_SLOT_ID>(-1);
  const auto wanted_slot = p11_kit_uri_get_slot_id(uri_.get());
  if (wanted_slot != any_slot && wanted_slot != slot_id) return false;
  auto slot_info = slot;
  pad_with_blanks(slot_info.manufacturerID);
  pad_with_blanks(slot_info.slotDescription);
  const auto token_info = padded_with_blanks(token);
  return p11_kit_uri_match_slot_info(uri_.get(), &slot_info) == 1 &&
         p11_kit_uri_match_token_info(uri_.get(), &token_info) == 1;
}

bool Uri::names_object() const {
  CK_ULONG count = 0;
  p11_kit_uri_get_attributes(uri_.get(), &count);
  return count > 0;
}

std::optional<std::string> Uri::object_label() const {
  const auto label = attribute_of(uri_.get(), CKA_LABEL);
  if (!label) return std::nullopt;
  return std::string(label->begin(), label->end());
}

std::optional<Bytes> Uri::object_id() const { return attribute_of(uri_.get(), CKA_ID); }

std::optional<CK_OBJECT_CLASS> Uri::object_class() const {
  const auto value = attribute_of(uri_.get(), CKA_CLASS);
  if (!value || value->size() != sizeof(CK_OBJECT_CLASS)) return std::nullopt;
  CK_OBJECT_CLASS object_class = 0;
  std::memcpy(&object_class, value->data(), sizeof object_class);
  return object_class;
}

std::string token_uri(const CK_TOKEN_INFO& token) {
  const auto uri = new_uri();
  set_token(uri.get(), token);
  return formatted(uri.get(), P11_KIT_URI_FOR_TOKEN);
}

std::string object_uri(const CK_TOKEN_INFO& token, const std::optional<std::string>& label,
                       const std::optional<Bytes>& id, std::optional<CK_OBJECT_CLASS> object_class) {
  const auto uri = new_uri();
  set_token(uri.get(), token);
  if (label && !label->empty()) set_attribute(uri.get(), CKA_LABEL, label->data(), label->size());
  if (id && !id->empty()) set_attribute(uri.get(), CKA_ID, id->data(), id->size());
  if (object_class) set_attribute(uri.get(), CKA_CLASS, &*object_class, sizeof *object_class);
  return formatted(uri.get(), P11_KIT_URI_FOR_OBJECT_ON_TOKEN);
}

}  // namespace eidtool::pkcs11
