// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/output.hpp"

namespace eidtool::cli {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Record& record) {
  Json object = Json::object();
  if (!record.type().empty()) {
    object["type"] = record.type();
    object["v"] = 1;
  }
  struct Convert {
    bool is_record;
    Json operator()(std::nullptr_t) const { return nullptr; }
    Json operator()(bool value) const { return value; }
    Json operator()(std::int64_t value) const { return value; }
    Json operator()(const std::string& value) const { return value; }
    Json operator()(const Bytes& value) const { return to_hex(value); }
    Json operator()(Time value) const { return to_rfc3339(value); }
    Json operator()(const std::vector<std::string>& values) const { return values; }
    Json operator()(const std::vector<Record>& records) const {
      if (is_record) return json_of(records.front());
      Json list = Json::array();
      for (const auto& record : records) list.push_back(json_of(record));
      return list;
    }
  };
  for (const auto& field : record.fields()) object[field.name] = std::visit(Convert{field.is_record}, field.value);
  return object;
}

}  // namespace

std::string to_json(const Record& record) {
  return escaped_for_json(json_of(record).dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace eidtool::cli
