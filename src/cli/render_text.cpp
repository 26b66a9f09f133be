// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "cli/output.hpp"

namespace eidtool::cli {

namespace {

constexpr std::size_t indent_step = 2;
constexpr std::size_t narrowest_value = 24;  // columns; below that a value is not folded but left to the terminal

const char* color_of(Record::Tone tone) {
  switch (tone) {
    case Record::Tone::plain: return "\x1b[1m";
    case Record::Tone::good: return "\x1b[1;32m";
    case Record::Tone::bad: return "\x1b[1;31m";
    case Record::Tone::doubtful: return "\x1b[1;33m";
  }
  return "";
}

/// Our own names are read, those of the standard (`CKA_LABEL`) are looked up: they stay as they are.
std::string label_of(const std::string& name) {
  auto label = name;
  if (!label.empty() && label[0] >= 'A' && label[0] <= 'Z') return label;
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

/// `one, two,` / `three` at most `width` columns wide; 0: on one line. A value stays together where it fits on a line.
std::vector<std::string> fold(const std::vector<std::string>& values, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const auto& value : values) {
    const auto piece = printable(value) + (&value == &values.back() ? "" : ",");
    auto& line = lines.back();
    if (line.empty()) {
      line = piece;
    } else if (width == 0 || display_width(line) + 1 + display_width(piece) <= width) {
      line += " " + piece;
    } else {
      lines.push_back(piece);
    }
  }
  std::vector<std::string> folded;
  for (const auto& line : lines) {
    for (auto& part : wrapped(line, width)) folded.push_back(std::move(part));
  }
  return folded;
}

class Renderer {
 public:
  Renderer(bool colored, std::size_t width) : colored_(colored), width_(width) {}

  std::string text;

  void render(const Record& record, std::size_t indent) {
    if (!record.heading_text().empty()) {
      put_heading(record, indent);
      if (record.is_heading_alone()) return;
      indent += indent_step;
    }
    std::size_t label_width = 0;
    for (const auto& field : record.fields()) {
      if (!is_block(field) && is_shown(field)) label_width = std::max(label_width, display_width(label_of(field.name)));
    }
    for (const auto& field : record.fields()) {
      if (is_shown(field)) render(field, indent, label_width);
    }
  }

 private:
  static bool is_block(const Record::Field& field) { return std::holds_alternative<std::vector<Record>>(field.value); }

  /// Null and what is empty is for programs.
  static bool is_shown(const Record::Field& field) {
    if (const auto* words = std::get_if<std::string>(&field.value)) return !words->empty();
    if (std::holds_alternative<std::nullptr_t>(field.value)) return false;
    if (const auto* list = std::get_if<std::vector<std::string>>(&field.value)) return !list->empty();
    if (const auto* records = std::get_if<std::vector<Record>>(&field.value)) return !records->empty();
    return true;
  }

  /// Further lines of it stand further in than what is below.
  void put_heading(const Record& record, std::size_t indent) {
    const bool is_colored = colored_ && !record.is_heading_alone();
    const auto column = indent + 2 * indent_step;
    const auto lines = wrapped(record.heading_text(), room_behind(column));
    for (const auto& line : lines) {
      text.append(&line == &lines.front() ? indent : column, ' ');
      text += (is_colored ? color_of(record.tone()) + line + "\x1b[0m" : line) + "\n";
    }
  }

  std::size_t room_behind(std::size_t column) const { return width_ >= column + narrowest_value ? width_ - column : 0; }

  void render(const Record::Field& field, std::size_t indent, std::size_t label_width) {
    if (const auto* records = std::get_if<std::vector<Record>>(&field.value)) {
      text.append(indent, ' ');
      text += label_of(field.name) + "\n";
      for (const auto& record : *records) render(record, indent + indent_step);
      return;
    }
    const auto column = indent + label_width + indent_step;
    text.append(indent, ' ');
    text += padded(label_of(field.name), label_width) + std::string(indent_step, ' ');
    const auto lines = std::visit(Lines{room_behind(column)}, field.value);
    for (const auto& line : lines) {
      if (&line != &lines.front()) text.append(column, ' ');
      text += line + "\n";
    }
  }

  struct Lines {
    std::size_t room;
    std::vector<std::string> operator()(std::nullptr_t) const { return {""}; }
    std::vector<std::string> operator()(bool value) const { return {value ? "yes" : "no"}; }
    std::vector<std::string> operator()(std::int64_t value) const { return {std::to_string(value)}; }
    std::vector<std::string> operator()(const std::string& value) const { return wrapped(printable(value), room); }
    std::vector<std::string> operator()(const Bytes& value) const { return {to_hex(value)}; }
    std::vector<std::string> operator()(Time value) const { return {to_rfc3339(value)}; }
    std::vector<std::string> operator()(const std::vector<std::string>& values) const { return fold(values, room); }
    std::vector<std::string> operator()(const std::vector<Record>&) const { return {}; }
  };

  bool colored_;
  std::size_t width_;
};

}  // namespace

std::string to_text(const Record& record, bool colored, std::size_t width) {
  Renderer renderer(colored, width);
  renderer.render(record, 0);
  return std::move(renderer.text);
}

}  // namespace eidtool::cli
