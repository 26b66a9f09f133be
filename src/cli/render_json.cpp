// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/output.hpp"

namespace eidtool::cli {

namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson ordered_json_of(const Record& record) {
  OrderedJson object = OrderedJson::object();
  if (!record.type().empty()) {
    object["type"] = record.type();
    object["v"] = 1;
  }
  struct Convert {
    bool is_record;
    OrderedJson operator()(std::nullptr_t) const { return nullptr; }
    OrderedJson operator()(bool value) const { return value; }
    OrderedJson operator()(std::int64_t value) const { return value; }
    OrderedJson operator()(const std::string& value) const { return value; }
    OrderedJson operator()(const Bytes& value) const { return to_hex(value); }
    OrderedJson operator()(Time value) const { return to_rfc3339(value); }
    OrderedJson operator()(const std::vector<std::string>& values) const { return values; }
    OrderedJson operator()(const std::vector<Record>& records) const {
      if (is_record) return ordered_json_of(records.front());
      OrderedJson list = OrderedJson::array();
      for (const auto& record : records) list.push_back(ordered_json_of(record));
      return list;
    }
  };
  for (const auto& field : record.fields()) object[field.name] = std::visit(Convert{field.is_record}, field.value);
  return object;
}

}  // namespace

std::string to_json(const Record& record) {
  return escaped_for_json(ordered_json_of(record).dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

}  // namespace eidtool::cli
