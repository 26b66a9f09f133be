// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/chip.hpp"

#include <botan/system_rng.h>

#include <algorithm>
#include <utility>

#include "virtual_card/chip/command_apdu.hpp"
#include "virtual_card/chip/file_tree.hpp"
#include "virtual_card/chip/instructions.hpp"
#include "virtual_card/chip/pin_set.hpp"
#include "virtual_card/chip/rsa.hpp"
#include "virtual_card/chip/status_word.hpp"

namespace eidtool::virtual_card::chip {

namespace {

/// MANAGE SECURITY ENVIRONMENT: what the next signature is made with.
struct Environment {
  const Key* key = nullptr;
  const AlgorithmReference* algorithm = nullptr;
  Bytes hash;  // of PSO HASH; used up by one signature
};

void append(Bytes& bytes, BytesView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

}  // namespace

class Chip::State {
 public:
  State(Contents given, Store store)
      : contents(std::move(given)),
        store_(std::move(store)),
        files_(contents.files, contents.application),
        pins_(contents.pins, [this] { store_(contents); }) {}

  void reset() {
    files_.reset();
    pins_.forget_all();
    environment_ = {};
    rest_.clear();
  }

  Bytes answer(BytesView bytes);

  Contents contents;

 private:
  std::uint16_t perform(const CommandApdu& command, Bytes& response);
  std::uint16_t read_binary(const CommandApdu& command, Bytes& response);
  std::uint16_t update_binary(const CommandApdu& command);
  std::uint16_t get_data(const CommandApdu& command, Bytes& response) const;
  std::uint16_t manage_environment(const CommandApdu& command);
  std::uint16_t security_operation(const CommandApdu& command, Bytes& response);
  std::uint16_t take_hash(BytesView data);
  std::uint16_t sign(Bytes& response);
  std::uint16_t locate(const CommandApdu& command, File*& file, std::size_t& offset);

  Store store_;
  FileTree files_;
  PinSet pins_;
  Environment environment_;
  Bytes rest_;  // of a response, for GET RESPONSE
};

/// Data as far as it was asked for, then the status word; what is left over waits for GET RESPONSE
/// (ISO/IEC 7816-4:2005 §7.6.1).
Bytes Chip::State::answer(BytesView bytes) {
  const auto command = parse_command(bytes);
  Bytes response;
  auto status = status::wrong_length;
  if (command) {
    auto rest = std::exchange(rest_, {});
    if (command->ins == instruction::get_response && command->cla == 0) {
      if (command->p1p2() != 0) {
        status = status::wrong_parameters;
      } else {
        status = rest.empty() ? status::conditions_not_satisfied : status::done;
        response = std::move(rest);
      }
    } else {
      status = perform(*command, response);
    }
    const auto fitting = std::min(response.size(), command->expected);
    if (fitting < response.size() && status == status::done) {
      rest_.assign(response.begin() + static_cast<std::ptrdiff_t>(fitting), response.end());
      status = static_cast<std::uint16_t>(status::more | (rest_.size() > 0xffU ? 0 : rest_.size()));
    }
    response.resize(fitting);
  }
  response.push_back(static_cast<std::uint8_t>(status >> 8U));
  response.push_back(static_cast<std::uint8_t>(status & 0xffU));
  return response;
}

std::uint16_t Chip::State::perform(const CommandApdu& command, Bytes& response) {
  constexpr std::uint8_t proprietary_class = 0x80;
  constexpr std::size_t challenge_size = 8;
  // CLA (§5.1.1), for the commands of this card that are all of the first interindustry class.
  if (command.cla == proprietary_class && command.ins != instruction::get_challenge) return status::unknown_class;
  if (command.cla != 0 && command.cla != proprietary_class) {
    if ((command.cla & 0xe0U) != 0) return status::unknown_class;
    if ((command.cla & 0x0cU) != 0) return status::no_secure_messaging;
    return (command.cla & 0x10U) != 0 ? status::no_chaining : status::no_logical_channels;
  }
  switch (command.ins) {
    case instruction::select: {
      const auto status = files_.select(command, response);
      // Who selects the application anew logs out: gemsafe_logout of OpenSC relies on it.
      if (status == status::done && files_.names_application(command)) {
        pins_.forget_all();
        environment_ = {};
      }
      return status;
    }
    case instruction::read_binary: return read_binary(command, response);
    case instruction::update_binary: return update_binary(command);
    case instruction::get_data: return get_data(command, response);
    case instruction::verify: return pins_.verify(command);
    case instruction::change_reference_data: return pins_.change(command);
    case instruction::reset_retry_counter: return pins_.unblock(command);
    case instruction::manage_security_environment: return manage_environment(command);
    case instruction::perform_security_operation: return security_operation(command, response);
    case instruction::get_challenge: {
      if (command.p1p2() != 0) return status::wrong_parameters;
      if (!command.data.empty()) return status::wrong_length;
      response.resize(command.expected == 0 ? challenge_size : std::min<std::size_t>(command.expected, 256));
      Botan::System_RNG().randomize(response.data(), response.size());
      return status::done;
    }
    case instruction::manage_channel: return status::no_logical_channels;
    default: return status::unknown_instruction;
  }
}

/// §7.2.1: P1 P2 hold an offset into the selected file, or a short identifier and an offset of one byte.
std::uint16_t Chip::State::locate(const CommandApdu& command, File*& file, std::size_t& offset) {
  constexpr std::uint8_t short_identifier = 0x80;
  if ((command.p1 & short_identifier) != 0) {
    if ((command.p1 & 0x60U) != 0) return status::wrong_parameters;
    file = files_.select_short(command.p1 & 0x1fU);
    offset = command.p2;
    return file == nullptr ? status::file_not_found : status::done;
  }
  file = files_.selected();
  offset = command.p1p2();
  return file == nullptr ? status::no_file_selected : status::done;
}

std::uint16_t Chip::State::read_binary(const CommandApdu& command, Bytes& response) {
  constexpr std::size_t whole_short = 256;
  constexpr std::size_t whole_extended = 65536;
  File* file = nullptr;
  std::size_t offset = 0;
  if (!command.data.empty() || command.expected == 0) return status::wrong_length;
  if (const auto status = locate(command, file, offset); status != status::done) return status;
  if (file->read_pin && !pins_.is_verified(*file->read_pin)) return status::not_verified;
  if (offset >= file->content.size()) return status::beyond_end;
  const BytesView content = BytesView(file->content).subspan(offset);
  append(response, content.first(std::min(content.size(), command.expected)));
  // "All there is" was asked for, or a number of bytes that are not all there.
  const bool all = command.expected == (command.is_extended ? whole_extended : whole_short);
  return all || response.size() == command.expected ? status::done : status::end_of_file;
}

std::uint16_t Chip::State::update_binary(const CommandApdu& command) {
  File* file = nullptr;
  std::size_t offset = 0;
  if (command.data.empty()) return status::wrong_length;
  if (const auto status = locate(command, file, offset); status != status::done) return status;
  if (!file->update_pin || !pins_.is_verified(*file->update_pin)) return status::not_verified;
  if (offset > file->content.size() || command.data.size() > file->content.size() - offset) return status::beyond_end;
  std::copy(command.data.begin(), command.data.end(), file->content.begin() + static_cast<std::ptrdiff_t>(offset));
  store_(contents);
  return status::done;
}

/// §7.4.2. DF30 is the version of the applet, which the state's middleware asks for (PteidCard.cpp of
/// amagovpt/autenticacao.gov); what it answers is what one of the last cards of this kind does.
std::uint16_t Chip::State::get_data(const CommandApdu& command, Bytes& response) const {
  constexpr std::uint16_t applet_version = 0xdf30;
  constexpr std::string_view version = "4.4.2.A";
  if (!command.data.empty()) return status::wrong_length;
  if (command.p1p2() != applet_version) return status::no_such_reference;
  response = {0xdf, 0x30, static_cast<std::uint8_t>(version.size())};
  append(response, as_bytes(version));
  return status::done;
}

/// §7.5.11: SET of a template for digital signatures with algorithm (80) and key (84), or RESTORE.
std::uint16_t Chip::State::manage_environment(const CommandApdu& command) {
  constexpr std::uint16_t set_for_signature = 0x41b6;
  constexpr std::uint8_t restore = 0x73;  // as gemsafe_restore_security_env of OpenSC has it
  if (command.p1 == restore) {
    if (!command.data.empty()) return status::wrong_length;
    environment_ = {};
    return status::done;
  }
  if (command.p1p2() != set_for_signature) return status::wrong_parameters;
  Environment wanted;
  for (TlvReader reader{command.data}; !reader.at_end();) {
    const auto element = reader.next();
    if (!element || element->value.size() != 1) return status::wrong_data;
    const auto number = element->value.front();
    if (element->tag == 0x80) {
      wanted.algorithm = find_algorithm(number);
      if (wanted.algorithm == nullptr) return status::wrong_data;
    } else if (element->tag == 0x84) {
      const auto key = std::find_if(contents.keys.begin(), contents.keys.end(),
                                    [&](const Key& one) { return one.reference == number; });
      if (key == contents.keys.end()) return status::no_such_reference;
      wanted.key = &*key;
    } else {
      return status::wrong_data;
    }
  }
  if (wanted.key == nullptr || wanted.algorithm == nullptr) return status::wrong_data;
  environment_ = std::move(wanted);
  return status::done;
}

/// ISO/IEC 7816-8:2004 §5: HASH takes a digest that was made outside, COMPUTE DIGITAL SIGNATURE signs it.
std::uint16_t Chip::State::security_operation(const CommandApdu& command, Bytes& response) {
  constexpr std::uint16_t hash = 0x90a0;
  constexpr std::uint16_t compute_digital_signature = 0x9e9a;
  if (command.p1p2() == hash) return take_hash(command.data);
  if (command.p1p2() != compute_digital_signature) return status::wrong_parameters;
  if (!command.data.empty()) return status::wrong_length;
  return sign(response);
}

std::uint16_t Chip::State::take_hash(BytesView data) {
  constexpr std::uint8_t hash_value = 0x90;
  environment_.hash.clear();
  if (environment_.algorithm == nullptr) return status::conditions_not_satisfied;
  TlvReader reader{data};
  const auto element = reader.next();
  if (!element || element->tag != hash_value || !reader.at_end()) return status::wrong_data;
  // The middleware takes this answer for "not with this algorithm".
  if (!takes(*environment_.algorithm, element->value.size())) return status::conditions_not_satisfied;
  environment_.hash.assign(element->value.begin(), element->value.end());
  return status::done;
}

std::uint16_t Chip::State::sign(Bytes& response) {
  const auto* key = environment_.key;
  if (key == nullptr || environment_.hash.empty()) return status::conditions_not_satisfied;
  if (!pins_.is_verified(key->pin)) return status::not_verified;
  response = rsa_signature(key->private_key_info, *environment_.algorithm, std::exchange(environment_.hash, {}));
  if (key->every_time) pins_.forget(key->pin);
  return status::done;
}

Chip::Chip(Contents contents, Store store) : state_(std::make_unique<State>(std::move(contents), std::move(store))) {}
Chip::~Chip() = default;

const Bytes& Chip::answer_to_reset() const { return state_->contents.answer_to_reset; }
void Chip::reset() { state_->reset(); }
Bytes Chip::answer(BytesView command) { return state_->answer(command); }

}  // namespace eidtool::virtual_card::chip
