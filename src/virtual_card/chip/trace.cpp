// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/chip/trace.hpp"

#include <array>
#include <string_view>

#include "base/text.hpp"
#include "virtual_card/chip/command_apdu.hpp"
#include "virtual_card/chip/instructions.hpp"
#include "virtual_card/chip/status_word.hpp"

namespace eidtool::virtual_card::chip {

namespace {

struct Name {
  std::uint16_t number;
  std::string_view text;
};

constexpr std::array instruction_names = {
    Name{instruction::verify, "VERIFY"},
    Name{instruction::manage_security_environment, "MANAGE SECURITY ENVIRONMENT"},
    Name{instruction::change_reference_data, "CHANGE REFERENCE DATA"},
    Name{instruction::perform_security_operation, "PERFORM SECURITY OPERATION"},
    Name{instruction::reset_retry_counter, "RESET RETRY COUNTER"},
    Name{instruction::manage_channel, "MANAGE CHANNEL"},
    Name{instruction::get_challenge, "GET CHALLENGE"},
    Name{instruction::select, "SELECT"},
    Name{instruction::read_binary, "READ BINARY"},
    Name{instruction::get_response, "GET RESPONSE"},
    Name{instruction::get_data, "GET DATA"},
    Name{instruction::update_binary, "UPDATE BINARY"},
};

constexpr std::array status_names = {
    Name{status::done, "done"},
    Name{status::end_of_file, "end of file"},
    Name{status::wrong_length, "wrong length"},
    Name{status::no_logical_channels, "no logical channels"},
    Name{status::no_secure_messaging, "no secure messaging"},
    Name{status::no_chaining, "no chaining"},
    Name{status::not_verified, "PIN not given"},
    Name{status::blocked, "blocked"},
    Name{status::conditions_not_satisfied, "conditions not satisfied"},
    Name{status::no_file_selected, "no file selected"},
    Name{status::wrong_data, "wrong data"},
    Name{status::file_not_found, "no such file"},
    Name{status::wrong_parameters, "wrong P1 P2"},
    Name{status::no_such_reference, "no such reference"},
    Name{status::beyond_end, "beyond the end"},
    Name{status::unknown_instruction, "unknown instruction"},
    Name{status::unknown_class, "unknown class"},
};

template <typename Names>
std::string_view find(const Names& names, std::uint16_t number) {
  for (const auto& name : names) {
    if (name.number == number) return name.text;
  }
  return {};
}

bool carries_pin(std::uint8_t ins) {
  // An odd INS is the same command with its data in BER-TLV (ISO/IEC 7816-4:2005 §5.1.2).
  const auto even = static_cast<std::uint8_t>(ins & 0xfeU);
  return even == instruction::verify || even == instruction::change_reference_data ||
         even == instruction::reset_retry_counter;
}

std::string two_digits(std::uint8_t number) { return to_hex(BytesView(&number, 1)); }

std::string operation_of(const CommandApdu& command) {
  if (command.ins == instruction::perform_security_operation) {
    if (command.p1p2() == 0x90a0) return "HASH";
    if (command.p1p2() == 0x9e9a) return "COMPUTE DIGITAL SIGNATURE";
  }
  if (command.ins == instruction::verify && command.data.empty()) return "STATE OF PIN";
  const auto name = find(instruction_names, command.ins);
  return name.empty() ? "INS " + two_digits(command.ins) : std::string(name);
}

/// What the command is about: the file, the PIN, the place.
std::string object_of(const CommandApdu& command) {
  switch (command.ins) {
    case instruction::select:
      return command.data.empty() ? (command.p1 == 3 ? "the folder above" : "3f00") : to_hex(command.data);
    case instruction::verify:
    case instruction::change_reference_data:
    case instruction::reset_retry_counter: return two_digits(command.p2);
    case instruction::manage_security_environment:
      return two_digits(command.p1) + two_digits(command.p2) + (command.data.empty() ? "" : " " + to_hex(command.data));
    case instruction::read_binary:
    case instruction::update_binary: {
      if ((command.p1 & 0x80U) != 0)
        return "of file " + two_digits(command.p1 & 0x1fU) + " at " + std::to_string(command.p2);
      return "at " + std::to_string(command.p1p2());
    }
    case instruction::get_data: return two_digits(command.p1) + two_digits(command.p2);
    default: return {};
  }
}

std::string outcome_of(std::uint16_t status, std::size_t data_size) {
  std::string text(find(status_names, status));
  if ((status & 0xfff0U) == status::tries_left) {
    const auto tries = status & 0x0fU;
    text = counted(tries, "try left", "tries left");
  } else if ((status & 0xff00U) == status::more) {
    text = "more to come";
  } else if (text.empty()) {
    text = "status " + two_digits(static_cast<std::uint8_t>(status >> 8U)) + two_digits(status & 0xffU);
  }
  if (data_size > 0) text += ", " + counted(data_size, "byte", "bytes");
  return text;
}

std::string masked_hex(BytesView command) {
  if (command.size() <= header_size) return to_hex(command);
  const auto header = to_hex(command.first(header_size));
  if (!carries_pin(command[1])) return header + to_hex(command.subspan(header_size));
  return header + std::string(2 * (command.size() - header_size), '*');
}

}  // namespace

std::string trace_line(BytesView command, BytesView response) {
  constexpr std::size_t meaning_width = 64;
  constexpr std::size_t most_shown = 32;  // bytes of a response; a certificate has more than a thousand
  const auto data = response.size() < 2 ? BytesView() : response.first(response.size() - 2);
  const auto words = response.size() < 2 ? response : response.last(2);
  const auto status = static_cast<std::uint16_t>(words.size() < 2 ? 0 : words[0] << 8U | words[1]);
  const auto parsed = parse_command(command);
  std::string meaning = "no command";
  if (parsed) {
    meaning = operation_of(*parsed);
    const auto object = object_of(*parsed);
    if (!object.empty()) meaning += " " + object;
    if (parsed->cla != 0) meaning += " (class " + two_digits(parsed->cla) + ")";
  }
  meaning += ": " + outcome_of(status, data.size());
  auto shown = to_hex(data.first(std::min(data.size(), most_shown)));
  if (data.size() > most_shown) shown += "…";
  return padded(meaning, meaning_width) + "  " + masked_hex(command) + " -> " + shown + to_hex(words);
}

}  // namespace eidtool::virtual_card::chip
