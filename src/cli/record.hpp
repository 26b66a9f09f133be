// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace eidtool::cli {

class Record;

/// What a field of a record holds. Null stands for "looked for and not there"; a field that does not
/// apply is left out.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::string, Bytes, Time, std::vector<std::string>,
                           std::vector<Record>>;

/// Named values in order: one line of JSON, or a heading with lines below it as text. Names are the
/// same in both, `_` standing as a space in text.
class Record {
 public:
  struct Field {
    std::string name;
    Value value;
    bool is_record = false;  // the one Record in value stands for itself, not for a list
  };

  /// With a type it is a line of JSON of its own, without one a part of another.
  explicit Record(std::string type = {}) : type_(std::move(type)) {}

  Record& add(std::string name, Value value);
  /// Nothing is added where there is nothing.
  template <typename T>
  Record& add_if(std::string name, const std::optional<T>& value) {
    if (value) add(std::move(name), Value(*value));
    return *this;
  }
  Record& add_record(std::string name, Record record);

  /// What a person reads first; in text only, already fit for a terminal.
  enum class Tone { plain, good, bad, doubtful };
  Record& heading(std::string text, Tone tone = Tone::plain);
  /// The heading says it all: as text no fields follow it.
  Record& heading_alone();

  const std::string& type() const { return type_; }
  const std::vector<Field>& fields() const { return fields_; }
  const std::string& heading_text() const { return heading_; }
  Tone tone() const { return tone_; }
  bool is_heading_alone() const { return heading_alone_; }

 private:
  std::string type_;
  std::vector<Field> fields_;
  std::string heading_;
  Tone tone_ = Tone::plain;
  bool heading_alone_ = false;
};

}  // namespace eidtool::cli
