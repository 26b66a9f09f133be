// SPDX-License-Identifier: Apache-2.0
#include "cli/wire.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace eidtool::cli {

namespace {

using Json = nlohmann::json;

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
    if (byte < 0x80 || index + 1 == text.size()) {
      bytes += text[index];
    } else {
      bytes += static_cast<char>((byte << 6U) | (static_cast<unsigned char>(text[++index]) & 0x3fU));
    }
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

Record record_from(const Json& json);

Value value_from(const Json& json) {
  const auto& held = json.at(1);
  switch (json.at(0).get<std::size_t>()) {
    case 0: return nullptr;
    case 1: return held.get<bool>();
    case 2: return held.get<std::int64_t>();
    case 3: return narrowed(held.get<std::string>());
    case 4: return from_hex(held.get<std::string>()).value();
    case 5: return Time(Time::duration(held.get<Time::rep>()));
    case 6: return narrowed(held.get<std::vector<std::string>>());
    case 7: {
      std::vector<Record> records;
      for (const auto& one : held) records.push_back(record_from(one));
      return records;
    }
    default: throw Error(ErrorKind::malformed, "a value of no type");
  }
}

Record record_from(const Json& json) {
  Record record(json.at("type").get<std::string>());
  record.heading(narrowed(json.at("heading").get<std::string>()),
                 static_cast<Record::Tone>(json.at("tone").get<int>()));
  if (json.at("alone").get<bool>()) record.heading_alone();
  for (const auto& field : json.at("fields")) {
    auto value = value_from(field.at(1));
    if (field.at(2).get<bool>()) {
      record.add_record(field.at(0).get<std::string>(), std::get<std::vector<Record>>(value).at(0));
    } else {
      record.add(field.at(0).get<std::string>(), std::move(value));
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
  const auto kind = json.at("kind").get<int>();
  if (kind < 0 || kind > static_cast<int>(ErrorKind::internal)) throw Error(ErrorKind::malformed, "an unknown kind");
  Error error(static_cast<ErrorKind>(kind), narrowed(json.at("message").get<std::string>()),
              narrowed(json.at("hint").get<std::string>()));
  error.with_file(narrowed(json.at("file").get<std::string>()));
  std::optional<std::uint64_t> rv;
  if (json.contains("rv")) rv = json.at("rv").get<std::uint64_t>();
  error.with_function(json.at("function").get<std::string>(), rv);
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
    if (json.contains("record")) return record_from(json.at("record"));
    if (json.contains("error")) return error_from(json.at("error"));
    return WireEnd{json.at("end").get<std::int64_t>()};
  } catch (const std::exception& exception) {  // of the library
    throw Error(ErrorKind::malformed, std::string("a line that eidtool did not write: ") + exception.what());
  }
}

}  // namespace eidtool::cli
