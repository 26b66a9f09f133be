// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace eidtool::tests {

/// Whether tests, and so the programs that they run, are built with the address sanitizer.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool has_sanitizers = true;
#elif defined(__has_feature)
inline constexpr bool has_sanitizers = __has_feature(address_sanitizer);
#else
inline constexpr bool has_sanitizers = false;
#endif

}  // namespace eidtool::tests
