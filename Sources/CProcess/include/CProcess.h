// What must happen between fork and exec, and in the guardian, where no Swift may run.
#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

/// What a launch was doing when it failed.
enum process_stage {
  process_stage_none,
  process_stage_fork,
  process_stage_group,
  process_stage_guardian,
  process_stage_descriptors,
  process_stage_directory,
  process_stage_exec,
  process_stage_notice,
};

/// What to start. The child's descriptor i is the parent's `descriptors[i]`; all others are closed.
struct process_plan {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *directory;  // NULL: the parent's
  const int *descriptors;
  int descriptor_count;
  bool own_group;
  int guardian;     // the socket on which the child registers itself
  bool use_pidfd;   // false: as on a host that refuses it
};

/// What came of it: `error` is 0 or an errno, and then there is no child. `notice` becomes readable
/// when the child has ended, and stays so; it is the caller's to close.
struct process_birth {
  pid_t pid;
  int notice;
  enum process_stage stage;
  int error;
};

/// Forks and executes. The calling thread must live as long as the child may: PR_SET_PDEATHSIG
/// fires when that thread ends (prctl(2)).
void process_launch(const struct process_plan *plan, struct process_birth *birth);

/// Reaps an ended child: its exit code, or minus the signal that ended it, or 256 if it was reaped
/// by somebody else.
int process_reap(pid_t pid);

/// Once, before the first child: SIGPIPE is ignored, SIGCHLD is not, and the soft limit of open
/// descriptors is raised to the hard one, at most 65536; children get the old limit back.
void process_prepare(void);

/// The environment of this process: what Swift may not read as a mutable global.
char *const *process_environment(void);

/// pipe2(2) with O_CLOEXEC, which Swift's Glibc module leaves out. Returns 0 or an errno.
int process_pipe(int numbers[2]);

/// Removes a file, or a directory with all that is in it; follows no symbolic link and leaves what
/// is mounted in it alone. Returns 0 or an errno.
int process_remove_tree(const char *path);

enum guardian_request {
  guardian_add_target = 1,
  guardian_remove_target,
  guardian_add_directory,
  guardian_remove_directory,
  guardian_keep_terminal,
  guardian_forget_terminal,
};

/// Forks the guardian, which reads requests from `socket` (SOCK_SEQPACKET) until its other end,
/// `ours`, is closed everywhere. Returns its pid, or minus an errno.
pid_t guardian_start(int socket, int ours);

/// A target is what kill(2) takes: a pid, or minus a process group. Returns 0 or an errno.
int guardian_send(int socket, enum guardian_request request, pid_t target, const char *path);

/// Gives the guardian a terminal and the mode that it is to have when this process has ended, in the
/// place of any before; guardian_forget_terminal takes it back. Returns 0 or an errno.
int guardian_send_terminal(int socket, int terminal, const struct termios *mode);

/// Writes the number of each of `signals` to `descriptor` as one byte when it comes. Signals that
/// this process was started to ignore (nohup) stay ignored, but for SIGTERM and SIGCONT.
void signals_catch(const int *signals, int count, int descriptor);

// Catches one more, also if the program was started to ignore it.
void signals_add(int number);

/// Stops this process as an uncaught SIGTSTP does, and returns when it has been continued.
void signals_stop(void);
