// The little of libedit that a prompt needs, loaded on first use. All functions but those that say so
// are for one thread, which sleeps here while a person types.
//
// While a prompt is shown, standard output and standard error, if they are the terminal, are a pipe:
// what anybody writes there, whole lines at a time, is shown above the prompt, which is drawn again
// below it.
#pragma once
#include <stddef.h>

// Loads the library. NULL, or what the dynamic linker said.
const char *cedit_load(void);

struct cedit_host {
  void *context;
  // What Tab gives, of malloc's, or NULL. Its first line is to be inserted at the cursor; the others
  // are names to be shown.
  char *(*complete)(void *context, const char *before_cursor, size_t length);
};

typedef struct cedit cedit;

// An editor whose keys come from `input` and that draws on `output`, both a terminal. NULL if there is
// no memory, or no descriptor left.
cedit *cedit_open(int input, int output, const struct cedit_host *host);

enum cedit_end { CEDIT_LINE, CEDIT_EOF, CEDIT_INTERRUPTED };

// Reads a line; `*line`, of malloc's, is set for CEDIT_LINE, without its newline.
enum cedit_end cedit_read(cedit *editor, const char *prompt, char **line);

// A line of standard input that is no terminal, by the C library's stream, which is Lua's too; of
// malloc's, without its newline. NULL at the end.
char *cedit_plain_line(void);

// Adds a line to what the arrow keys bring back.
void cedit_remember(cedit *editor, const char *line);

// Ends the present read, or the next: CEDIT_INTERRUPTED. From any thread.
void cedit_interrupt(cedit *editor);

// Draws the prompt again, as after the process was stopped. From any thread.
void cedit_redraw(cedit *editor);
