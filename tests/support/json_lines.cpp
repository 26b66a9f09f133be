// SPDX-License-Identifier: Apache-2.0
#include "support/json_lines.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "support/tokens.hpp"

namespace eidtool::tests {

namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

Json schema_file(const std::string& name) {
  const auto path = std::filesystem::path(from_meson("EIDTOOL_SOURCE")) / "src/cli/schemas" / name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("there is no schema " + path.string());
  return Json::parse(file);
}

/// A parsed schema; references to other files beside it are resolved.
const valijson::Schema& schema_named(const std::string& type) {
  static std::map<std::string, valijson::Schema> known;
  const auto found = known.find(type);
  if (found != known.end()) return found->second;
  auto& schema = known[type];
  const auto document = schema_file(type + ".schema.json");
  const auto fetch = [](const std::string& uri) -> const Json* {
    return new Json(schema_file(uri.substr(uri.find_last_of('/') + 1)));
  };
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(Adapter(document), schema, fetch, [](const Json* fetched) { delete fetched; });
  return schema;
}

std::string complaints_of(const Json& line, const std::string& type) {
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(schema_named(type), Adapter(line), &results)) return {};
  std::string text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const auto& part : error.context) text += part;
    text += ": " + error.description + "\n";
  }
  return text + "in " + line.dump() + "\n";
}

}  // namespace

struct JsonLine::Content {
  Json json;
  const Json& at(const std::string& pointer) const { return json.at(Json::json_pointer(pointer)); }
};

JsonLine::JsonLine(const std::string& text) : content_(std::make_shared<Content>(Content{Json::parse(text)})) {}

bool JsonLine::has(const std::string& pointer) const { return content_->json.contains(Json::json_pointer(pointer)); }
bool JsonLine::is_null(const std::string& pointer) const { return content_->at(pointer).is_null(); }
std::string JsonLine::text(const std::string& pointer) const { return content_->at(pointer).get<std::string>(); }
long JsonLine::number(const std::string& pointer) const { return content_->at(pointer).get<long>(); }
bool JsonLine::flag(const std::string& pointer) const { return content_->at(pointer).get<bool>(); }
std::size_t JsonLine::count(const std::string& pointer) const { return content_->at(pointer).size(); }
std::vector<std::string> JsonLine::texts(const std::string& pointer) const {
  return content_->at(pointer).get<std::vector<std::string>>();
}

std::string JsonLine::complaints() const {
  if (!has("/type")) return "a line has no type: " + content_->json.dump() + "\n";
  const bool is_ours = type() != "virtual_card" && type() != "emulated_card";
  return complaints_of(content_->json, type()) +
         complaints_of(content_->json, is_ours ? "eidtool" : "eidtool-virtual-card");
}

std::vector<JsonLine> json_lines(const std::string& output) {
  std::vector<JsonLine> lines;
  std::istringstream stream(output);
  for (std::string text; std::getline(stream, text);) {
    lines.emplace_back(text);
    const auto complaints = lines.back().complaints();
    if (!complaints.empty()) throw std::runtime_error(complaints);
  }
  return lines;
}

}  // namespace eidtool::tests
