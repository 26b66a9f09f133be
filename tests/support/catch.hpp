// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 3 or 2, whichever the release has.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
