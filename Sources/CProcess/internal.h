#pragma once
#include <signal.h>
#include <sys/resource.h>

/// Closes all descriptors from `first` on, but for `keep`. Async-signal-safe.
void process_close_from(int first, int keep);

/// Sets all signals to their defaults. Async-signal-safe.
void process_reset_signals(void);

/// Blocks all signals, so that no handler of the parent runs in a child just forked.
void process_block_signals(sigset_t *before);

/// The limit of open descriptors that this process was started with.
extern struct rlimit process_descriptor_limit;
extern bool process_descriptor_limit_changed;
