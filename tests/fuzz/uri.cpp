// SPDX-License-Identifier: Apache-2.0
// PKCS#11 URIs: those of strangers; and those that eidtool writes of what a stranger's token calls itself and its
// objects, which have to mean that token and object.
#include "pkcs11/uri.hpp"

#include <algorithm>

#include "fuzz/display.hpp"

namespace {

using namespace eidtool;

constexpr CK_TOKEN_INFO no_token{};

/// What it says of an object, written and read again.
void print_and_parse(const pkcs11::Uri& uri) {
  const auto printed = pkcs11::object_uri(no_token, uri.object_label(), uri.object_id(), uri.object_class());
  tests::expect_fit_for_terminal(printed);
  const auto again = pkcs11::Uri::parse(printed);
  if (again.object_label().value_or("") != uri.object_label().value_or("")) __builtin_trap();
  if (again.object_id().value_or(Bytes()) != uri.object_id().value_or(Bytes())) __builtin_trap();
  if (again.object_class() != uri.object_class()) __builtin_trap();
  if (!again.matches(0, {}, no_token)) __builtin_trap();
}

/// Bytes as a token's info and an object's label and id, one after another.
void write(BytesView input) {
  CK_TOKEN_INFO token{};
  const auto take = [&](auto& field) {
    const auto size = std::min(input.size(), sizeof field);
    std::fill(std::begin(field), std::end(field), static_cast<unsigned char>(' '));
    std::copy_n(input.begin(), size, std::begin(field));
    input = input.subspan(size);
  };
  take(token.label);
  take(token.manufacturerID);
  take(token.model);
  take(token.serialNumber);
  const auto half = input.size() / 2;
  const std::string label(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(half));
  const Bytes id(input.begin() + static_cast<std::ptrdiff_t>(half), input.end());
  const auto text = pkcs11::object_uri(token, label, id, CKO_CERTIFICATE);
  tests::expect_fit_for_terminal(text);
  const auto uri = pkcs11::Uri::parse(text);  // what it throws here is a bug, whatever it is
  if (!uri.matches(7, {}, token)) __builtin_trap();
  if (uri.object_label().value_or("") != label || uri.object_id().value_or(Bytes()) != id) __builtin_trap();
  if (!pkcs11::Uri::parse(pkcs11::token_uri(token)).matches(7, {}, token)) __builtin_trap();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  write({data, size});
  const std::string text(data, data + size);
  std::optional<pkcs11::Uri> uri;
  tests::expect_answer_or_error([&] { uri = pkcs11::Uri::parse(text); });
  if (!uri) return 0;
  (void)uri->module_path();
  (void)uri->module_name();
  (void)uri->names_object();
  (void)uri->matches(CK_INFO{});
  // A PIN in a URI is seen by whoever lists processes.
  if (text.find("pin-value=") != std::string::npos) __builtin_trap();
  print_and_parse(*uri);
  return 0;
}
