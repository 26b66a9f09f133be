// SPDX-License-Identifier: Apache-2.0
#include "cli/record.hpp"

namespace eidtool::cli {

Record& Record::add(std::string name, Value value) {
  fields_.push_back({std::move(name), std::move(value)});
  return *this;
}

Record& Record::add_record(std::string name, Record record) {
  std::vector<Record> one;
  one.push_back(std::move(record));
  fields_.push_back({std::move(name), std::move(one), true});
  return *this;
}

Record& Record::heading(std::string text, Tone tone) {
  heading_ = std::move(text);
  tone_ = tone;
  return *this;
}

Record& Record::heading_alone() {
  heading_alone_ = true;
  return *this;
}

}  // namespace eidtool::cli
