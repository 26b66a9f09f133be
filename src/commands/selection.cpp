// SPDX-License-Identifier: Apache-2.0
#include "commands/selection.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace eidtool::commands {

bool Selection::matches(const pkcs11::Token& token) const {
  const auto info = token.info();
  if (slot_id && *slot_id != token.slot_id()) return false;
  if (token_label && *token_label != info.label) return false;
  if (serial_number && *serial_number != info.serial_number) return false;
  return !uri || (uri->matches_module(token.module()) && uri->matches_token(token));
}

bool Selection::matches_id(const std::optional<Bytes>& object_id) const {
  const auto own = object_id.value_or(Bytes());
  if (id && !equal_ignoring_trailing_zeros(*id, own)) return false;
  const auto in_uri = uri ? uri->object_id() : std::nullopt;
  return !in_uri || equal_ignoring_trailing_zeros(*in_uri, own);
}

std::vector<std::string> Selection::labels() const {
  std::vector<std::string> labels;
  if (label) labels.push_back(*label);
  if (uri && uri->object_label()) labels.push_back(*uri->object_label());
  return labels;
}

bool Selection::names_object() const { return id || label || (uri && (uri->object_id() || uri->object_label())); }

std::string Selection::description() const { return join(words, ", "); }

void declare_token_options(cli::OptionSet& options) {
  options.value("uri", "URI", "the token or object of this PKCS#11 URI (RFC 7512)").kind = cli::ValueKind::uri;
  options.value("slot", "ID", "the token in this slot").kind = cli::ValueKind::slot_id;
  options.value("token", "LABEL", "the token with this label").kind = cli::ValueKind::token_label;
  options.value("serial", "TEXT", "the token with this serial number").kind = cli::ValueKind::serial_number;
}

void declare_key_options(cli::OptionSet& options) {
  options.value("id", "HEX", "the key or certificate with this id").kind = cli::ValueKind::object_id;
  options.value("label", "TEXT", "the key or certificate with this label").kind = cli::ValueKind::object_label;
  options.value("as", "PURPOSE", "the pair for this purpose: authentication or signature").choices = {"authentication",
                                                                                                      "signature"};
}

Selection selection_from(const cli::Arguments& arguments) {
  Selection selection;
  for (const auto* option : {"uri", "slot", "token", "serial", "id", "label", "as"}) {
    if (const auto value = arguments.value(option))
      selection.words.push_back(std::string("--") + option + " " + in_quotes(*value));
  }
  if (const auto text = arguments.value("uri")) selection.uri = pkcs11::Uri::parse(*text);
  if (const auto text = arguments.value("slot")) {
    unsigned long number = 0;
    if (!parse_number(*text, number)) {
      throw Error(ErrorKind::usage, "--slot cannot be " + in_quotes(*text),
                  "it is a slot's number, as 'eidtool slots' shows it");
    }
    selection.slot_id = number;
  }
  selection.token_label = arguments.value("token");
  selection.serial_number = arguments.value("serial");
  if (const auto text = arguments.value("id")) {
    selection.id = from_hex(*text);
    if (!selection.id) {
      throw Error(ErrorKind::usage, "--id cannot be " + in_quotes(*text),
                  "it is hex, as 'eidtool objects' shows it: 45");
    }
  }
  selection.label = arguments.value("label");
  if (const auto text = arguments.value("as")) {
    selection.purpose = *text == "signature" ? Purpose::signature : Purpose::authentication;
  }
  return selection;
}

}  // namespace eidtool::commands
