// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What is put right before the process ends in the middle of something.
namespace eidtool {

/// Remembers how the terminal of the session is set: a module that asks there by itself may switch the echo off and
/// never come back.
void remember_terminal();

/// Sets it as it was, where its echo is off and was on. A terminal that does not edit lines either is left alone: a
/// pager in the same pipeline has set it so. A signal handler may call it.
void restore_terminal() noexcept;

/// From now on signals that would end the process unlink OutputFile's temporaries and restore the terminal first.
void tidy_up_at_signals();

}  // namespace eidtool
