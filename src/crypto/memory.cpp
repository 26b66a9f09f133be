// SPDX-License-Identifier: Apache-2.0
#include "crypto/memory.hpp"

#include <cstdlib>

namespace eidtool::crypto {

void leave_memory_unlocked() { (void)::setenv("BOTAN_MLOCK_POOL_SIZE", "0", 0); }

}  // namespace eidtool::crypto
