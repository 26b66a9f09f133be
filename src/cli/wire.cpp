// SPDX-License-Identifier: Apache-2.0
#include "cli/wire.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"

namespace eidtool::cli {

namespace {

using Json = nlohmann::json;

Error not_ours() { return malformed("a line that eidtool did not write"); }

/// JSON holds code points and our strings hold bytes: each byte is the code point of its number.
std::string widened(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const unsigned byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0U | (byte >> 6U));
      text += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return text;
}

std::string narrowed(const std::string& text) {
  std::string bytes;
  for (std::size_t index = 0; index < text.size(); ++index) {
    const unsigned byte = static_cast<unsigned char>(text[index]);
    if (byte < 0x80) {
      bytes += text[index];
      continue;
    }
    // The library takes UTF-8 alone: the second byte is there. Above U+00FF nothing was widened.
    if (byte > 0xc3) throw not_ours();
    bytes += static_cast<char>((byte << 6U) | (static_cast<unsigned char>(text[++index]) & 0x3fU));
  }
  return bytes;
}

std::vector<std::string> narrowed(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const auto& text : texts) all.push_back(narrowed(text));
  return all;
}

Json json_of(const Record& record);

/// The place of its type in Value, and what it holds.
Json json_of(const Value& value) {
  struct Convert {
    Json operator()(std::nullptr_t) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(const std::string& value) const { return widened(value); }
    Json operator()(const Bytes& value) const { return to_hex(value); }
    Json operator()(Time value) const { return value.time_since_epoch().count(); }
    Json operator()(const std::vector<std::string>& values) const {
      Json list = Json::array();
      for (const auto& value : values) list.push_back(widened(value));
      return list;
    }
    Json operator()(const std::vector<Record>& records) const {
      Json list = Json::array();
      for (const auto& record : records) list.push_back(json_of(record));
      return list;
    }
  };
  return Json::array({value.index(), std::visit(Convert{}, value)});
}

Json json_of(const Record& record) {
  Json fields = Json::array();
  for (const auto& field : record.fields()) {
    fields.push_back(Json::array({field.name, json_of(field.value), field.is_record}));
  }
  return {{"type", record.type()},
          {"heading", widened(record.heading_text())},
          {"tone", static_cast<int>(record.tone())},
          {"alone", record.is_heading_alone()},
          {"fields", fields}};
}

/// Records in records; eidtool has no more.
constexpr int deepest = 4;

std::int64_t number_from(const Json& json, std::int64_t least, std::int64_t most) {
  const bool is_too_large = json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX;
  if (!json.is_number_integer() || is_too_large) throw not_ours();
  const auto number = json.get<std::int64_t>();
  if (number < least || number > most) throw not_ours();
  return number;
}

/// Of a field, a type, a function: the only texts that are shown as they are.
std::string name_from(const Json& json) {
  auto name = json.get<std::string>();
  const auto is_fit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::ranges::all_of(name, is_fit)) throw not_ours();
  return name;
}

Time time_from(const Json& json) {
  using namespace std::chrono;
  // What RFC 3339 can say.
  constexpr sys_seconds first = sys_days(year(0) / January / 1);
  constexpr sys_seconds behind_last = sys_days(year(10000) / January / 1);
  return Time(seconds(
      number_from(json, first.time_since_epoch().count(), (behind_last - seconds(1)).time_since_epoch().count())));
}

Record record_from(const Json& json, int depth);

Value value_from(const Json& json, int depth) {
  const auto& held = json.at(1);
  switch (number_from(json.at(0), 0, std::variant_size_v<Value> - 1)) {
    case 0: return nullptr;
    case 1: return held.get<bool>();
    case 2: return number_from(held, INT64_MIN, INT64_MAX);
    case 3: return narrowed(held.get<std::string>());
    case 4: return from_hex(held.get<std::string>()).value();
    case 5: return time_from(held);
    case 6: return narrowed(held.get<std::vector<std::string>>());
    case 7: {
      std::vector<Record> records;
      for (const auto& one : held) records.push_back(record_from(one, depth + 1));
      return records;
    }
    default: throw not_ours();
  }
}

Record record_from(const Json& json, int depth) {
  if (depth > deepest) throw not_ours();
  Record record(name_from(json.at("type")));
  auto heading = narrowed(json.at("heading").get<std::string>());
  if (printable(heading) != heading) throw not_ours();
  const auto tone = number_from(json.at("tone"), 0, static_cast<int>(Record::Tone::doubtful));
  record.heading(std::move(heading), static_cast<Record::Tone>(tone));
  if (json.at("alone").get<bool>()) record.heading_alone();
  for (const auto& field : json.at("fields")) {
    auto name = name_from(field.at(0));
    auto value = value_from(field.at(1), depth);
    if (field.at(2).get<bool>()) {
      record.add_record(std::move(name), std::get<std::vector<Record>>(value).at(0));
    } else {
      record.add(std::move(name), std::move(value));
    }
  }
  return record;
}

Json json_of(const Error& error) {
  Json json = {{"kind", static_cast<int>(error.kind())},
               {"message", widened(error.what())},
               {"hint", widened(error.hint())},
               {"file", widened(error.file())},
               {"function", error.function()}};
  if (error.rv()) json["rv"] = *error.rv();
  return json;
}

Error error_from(const Json& json) {
  const auto kind = number_from(json.at("kind"), 0, static_cast<int>(ErrorKind::internal));
  Error error(static_cast<ErrorKind>(kind), narrowed(json.at("message").get<std::string>()),
              narrowed(json.at("hint").get<std::string>()));
  error.with_file(narrowed(json.at("file").get<std::string>()));
  std::optional<std::uint64_t> rv;
  if (json.contains("rv")) {
    if (!json.at("rv").is_number_unsigned()) throw not_ours();
    rv = json.at("rv").get<std::uint64_t>();
  }
  error.with_function(name_from(json.at("function")), rv);
  return error;
}

}  // namespace

std::string to_wire(const WireLine& line) {
  struct Convert {
    Json operator()(const Record& record) const { return {{"record", json_of(record)}}; }
    Json operator()(const Error& error) const { return {{"error", json_of(error)}}; }
    Json operator()(const WireEnd& end) const { return {{"end", end.token_count}}; }
  };
  return std::visit(Convert{}, line).dump(-1, ' ', true);
}

WireLine from_wire(std::string_view line) {
  try {
    const auto json = Json::parse(line);
    if (json.contains("record")) return record_from(json.at("record"), 0);
    if (json.contains("error")) return error_from(json.at("error"));
    return WireEnd{number_from(json.at("end"), 0, INT64_MAX)};
  } catch (const std::exception&) {  // of the library, whose words hold those of the line
    throw not_ours();
  }
}

}  // namespace eidtool::cli
