// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "formats/format.hpp"

namespace eidtool::formats {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

std::span<const Format* const> all() {
  static const std::array<const Format*, 1> formats = {&raw()};
  return formats;
}

const Format* find(std::string_view name) {
  for (const auto* format : all()) {
    if (format->name() == name) return format;
  }
  return nullptr;
}

}  // namespace eidtool::formats
