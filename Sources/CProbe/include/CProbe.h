// What the host's processor and KVM can do, found by trying.
#pragma once
#include <stdint.h>

enum probe_kvm_result {
  PROBE_KVM_WORKS,
  PROBE_KVM_NO_DEVICE,      // /dev/kvm is not there
  PROBE_KVM_NO_PERMISSION,  // this user may not open it
  PROBE_KVM_REFUSED,        // a KVM call failed
  PROBE_KVM_WRONG,          // the guest's loop came to another result
  PROBE_KVM_SLOW,           // it took as long as emulation takes
  PROBE_KVM_HUNG,           // it did not come back
};

struct probe_kvm_answer {
  enum probe_kvm_result result;
  int error;             // errno of what failed
  uint64_t nanoseconds;  // that the loop took
};

// Runs a counted loop in a vCPU, on a thread that is given up after timeout_ms.
struct probe_kvm_answer probe_kvm(uint32_t timeout_ms);

// The time-stamp counter's frequency against CLOCK_MONOTONIC_RAW, measured over some 5 ms; 0 where
// there is no such counter.
uint64_t probe_tsc_kilohertz(void);
