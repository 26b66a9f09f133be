// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace eidtool::crypto {

/// For a process that holds no secret: the memory of Botan 2 is then not locked. At its first use it would lock and
/// guard half a MiB page by page, 640 system calls that take as long as checking a signature (Botan 3 does so before
/// main(), and nothing keeps it from it). To be called before that, while no other thread looks at the environment. Not
/// where a module is loaded, which may keep the PIN in the memory of the same Botan.
void leave_memory_unlocked();

/// The same for a process that loads modules, as far as its Botan is its own: linked statically. That of a module
/// locks its memory as ever.
void leave_own_memory_unlocked();

}  // namespace eidtool::crypto
