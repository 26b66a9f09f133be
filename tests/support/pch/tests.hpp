// SPDX-License-Identifier: Apache-2.0
// What most tests include, compiled once (precompiled header). Each includes what it uses all the same.
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/refusal.hpp"
