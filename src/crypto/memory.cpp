// SPDX-License-Identifier: Apache-2.0
#include "crypto/memory.hpp"

#include <cstdlib>

#include "config.hpp"
#include "crypto/digest.hpp"

namespace eidtool::crypto {

namespace {
constexpr const char* pool_size = "BOTAN_MLOCK_POOL_SIZE";
}

void leave_memory_unlocked() { (void)::setenv(pool_size, "0", 0); }

void leave_own_memory_unlocked() {
  if (!config::botan_is_own || std::getenv(pool_size) != nullptr) return;
  leave_memory_unlocked();
  (void)digest(HashAlgorithm::sha256, {});  // the first use
  (void)::unsetenv(pool_size);              // a module's Botan is to see nothing of it
}

}  // namespace eidtool::crypto
