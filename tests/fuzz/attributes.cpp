// SPDX-License-Identifier: Apache-2.0
// Values of attributes, as objects --attributes shows them: the first byte chooses the attribute, the rest is what a
// token gives for it.
#include "pkcs11/attributes.hpp"

#include <array>

#include "fuzz/display.hpp"

namespace {

using namespace eidtool;

/// Those of every class, and some that no class has.
std::vector<CK_ATTRIBUTE_TYPE> all_attributes() {
  constexpr CK_ATTRIBUTE_TYPE vendor_defined = 0x80000000;
  std::vector<CK_ATTRIBUTE_TYPE> all = {vendor_defined, vendor_defined | 1, CKA_WRAP_TEMPLATE, 0x7fffffff};
  for (const CK_OBJECT_CLASS object_class : {CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY,
                                             CKO_HW_FEATURE, CKO_DOMAIN_PARAMETERS, CKO_MECHANISM, CKO_OTP_KEY}) {
    for (const auto type : pkcs11::attributes_of(object_class)) all.push_back(type);
  }
  return all;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto attributes = all_attributes();
  if (size < 1) return 0;
  const BytesView value(data + 1, size - 1);
  const auto text = pkcs11::attribute_text(attributes[data[0] % attributes.size()], value);
  if (text.empty()) __builtin_trap();
  tests::expect_fit_for_terminal(text);
  const auto bits = pkcs11::curve_size(value);
  if (bits && (*bits < 192 || *bits > 521)) __builtin_trap();
  return 0;
}
