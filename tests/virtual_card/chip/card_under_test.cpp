// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/card_under_test.hpp"

#include <botan/pk_algs.h>
#include <botan/pkcs8.h>
#include <botan/system_rng.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace eidtool::tests {

namespace {

using namespace virtual_card;

const Botan::Private_Key& key(unsigned reference) {
  const auto make = [] {
    Botan::System_RNG random;
    return Botan::create_private_key("RSA", random, "2048");
  };
  static const std::array keys = {make(), make()};
  return *keys.at(reference - 1);
}

Bytes private_key_info(unsigned reference) {
  const auto encoded = Botan::PKCS8::BER_encode(key(reference));
  return {encoded.begin(), encoded.end()};
}

Bytes numbered(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t index = 0; index < size; ++index) bytes[index] = static_cast<std::uint8_t>(index);
  return bytes;
}

chip::Contents contents() {
  chip::Contents contents;
  contents.answer_to_reset = {0x3b, 0x00};
  contents.application = *from_hex("604632ff000002");
  contents.files = {{{0x0003}, numbered(8)},
                    {{0x4f00, 0x5031}, numbered(40)},
                    {{0x5f00, 0xef02}, numbered(700)},
                    {{0x5f00, 0xef05}, numbered(20), 0x81},
                    {{0x5f00, 0xef07}, numbered(100), std::nullopt, 0x81}};
  contents.pins = {{0x81, "1111", 3, "11112222", 3}, {0x82, "22223333", 3, "33334444", 3}};
  contents.keys = {{1, 0x82, true, private_key_info(1)}, {2, 0x81, false, private_key_info(2)}};
  return contents;
}

std::string two_digits(unsigned number) {
  std::array<char, 3> text{};
  (void)std::snprintf(text.data(), text.size(), "%02x", number & 0xffU);
  return text.data();
}

}  // namespace

CardUnderTest::CardUnderTest() : stored_(contents()) { reinsert(); }

void CardUnderTest::reinsert() {
  chip_ = std::make_unique<chip::Chip>(stored_, [this](const chip::Contents& contents) {
    if (store_fails) throw std::runtime_error("cannot be stored");
    stored_ = contents;
    ++stores;
  });
  chip_->reset();
}

std::string CardUnderTest::send(const std::string& command) {
  std::string digits;
  for (const char c : command) {
    if (c != ' ') digits += c;
  }
  return to_hex(chip_->answer(from_hex(digits).value()));
}

std::string CardUnderTest::status(const std::string& command) {
  const auto response = send(command);
  return response.substr(response.size() - 4);
}

Bytes public_key_under_test(unsigned reference) { return key(reference).subject_public_key(); }

std::string pin_command(unsigned ins, unsigned p1, unsigned reference, std::initializer_list<std::string> pins) {
  std::string data;
  for (const auto& pin : pins) {
    auto block = to_hex(as_bytes(pin));
    block.resize(16, 'f');
    data += block;
  }
  return "00" + two_digits(ins) + two_digits(p1) + two_digits(reference) +
         two_digits(static_cast<unsigned>(data.size() / 2)) + data;
}

std::string verify_command(unsigned reference, const std::string& pin) {
  return pin_command(0x20, 0, reference, {pin});
}

}  // namespace eidtool::tests
