// SPDX-License-Identifier: Apache-2.0
// Catch2 2.13 wants its main() and its own code compiled here; Catch2 3 brings both as a library.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
