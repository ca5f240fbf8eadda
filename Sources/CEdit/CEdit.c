#define _GNU_SOURCE
#include "CEdit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

// libedit's public functions, declared here so that its headers are not needed to build. Names,
// types and values as in histedit.h of libedit 3.1.
typedef struct editline EditLine;
typedef struct history History;
typedef struct {
  const char *buffer, *cursor, *last;
} LineInfo;
typedef struct {
  const wchar_t *buffer, *cursor, *last;
} LineInfoW;
typedef struct {
  int number;
  const char *text;
} HistEvent;
enum {
  EL_PROMPT = 0,
  EL_EDITOR = 2,
  EL_BIND = 4,
  EL_ADDFN = 9,
  EL_HIST = 10,
  EL_GETCFN = 13,
  EL_CLIENTDATA = 14,
  EL_REFRESH = 20,
};
enum { CC_NORM = 0, CC_REFRESH = 4, CC_REFRESH_BEEP = 9 };
enum { H_SETSIZE = 1, H_ENTER = 10, H_SETUNIQUE = 20 };

#define FUNCTIONS(F)                                                 \
  F(EditLine *, el_init, (const char *, FILE *, FILE *, FILE *))      \
  F(int, el_set, (EditLine *, int, ...))                              \
  F(int, el_get, (EditLine *, int, ...))                              \
  F(const char *, el_gets, (EditLine *, int *))                       \
  F(const LineInfo *, el_line, (EditLine *))                          \
  F(const LineInfoW *, el_wline, (EditLine *))                        \
  F(int, el_insertstr, (EditLine *, const char *))                    \
  F(int, el_source, (EditLine *, const char *))                       \
  F(void, el_resize, (EditLine *))                                    \
  F(History *, history_init, (void))                                  \
  F(int, history, (History *, HistEvent *, int, ...))

#define DECLARE(type, name, arguments) static type(*name) arguments;
FUNCTIONS(DECLARE)

enum { HELD = 1 << 16, REMEMBERED = 1000, LISTED = 100, WIDEST = 2 };

struct cedit {
  struct cedit_host host;
  EditLine *editor;
  History *past;
  FILE *terminal;
  int input;
  int screen;    // the terminal, whatever has become of descriptors 1 and 2
  int wake;      // an eventfd: there is something to look at
  int pipe[2];   // what is written while the prompt is shown
  bool takes[3]; // descriptors that are the terminal
  bool is_plain; // a terminal that cannot move its cursor
  atomic_bool interrupted, redraw;
  const char *prompt;
  enum cedit_end end;
  mbstate_t decoding;
  struct winsize size;
  char held[HELD];  // the beginning of a line that was not ended yet
  size_t held_length;
};

const char *cedit_load(void) {
  static void *library;
  static const char *failure;
  if (library || failure) return failure;
  library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
  if (!library) return failure = strdup(dlerror());
#define LOAD(type, name, arguments) \
  if (!(name = (type(*) arguments)dlsym(library, #name))) failure = "libedit lacks " #name;
  FUNCTIONS(LOAD)
  return failure;
}

// ---- what is shown above the prompt ----

static void measure(cedit *e) {
  struct winsize size = {0};
  if (ioctl(e->screen, TIOCGWINSZ, &size) || size.ws_col == 0) size.ws_col = 80;
  if (size.ws_col == e->size.ws_col && size.ws_row == e->size.ws_row) return;
  bool is_first = e->size.ws_col == 0;
  e->size = size;
  if (!is_first) el_resize(e->editor);
}

// Columns that libedit shows a character in: control characters as ^X.
static size_t columns_of(wchar_t c) {
  int width = wcwidth(c);
  return width < 0 ? WIDEST : (size_t)width;
}

// Removes the prompt and what is typed from the screen; the cursor is where the prompt began.
static void hide(cedit *e) {
  if (e->is_plain) {
    fputs("\n", e->terminal);
    return;
  }
  const LineInfoW *line = el_wline(e->editor);
  size_t column = strlen(e->prompt);
  for (const wchar_t *c = line->buffer; c < line->cursor; c++) column += columns_of(*c);
  size_t row = column / e->size.ws_col;
  fputs("\r", e->terminal);
  if (row) fprintf(e->terminal, "\033[%zuA", row);
  fputs("\033[J", e->terminal);
}

static void show(cedit *e) {
  fflush(e->terminal);
  el_set(e->editor, EL_REFRESH);
}

// Whole lines from the pipe, above the prompt. `all`: also what was not ended, there is no prompt.
static void pass_on(cedit *e, bool all) {
  bool is_hidden = all;
  for (;;) {
    size_t room = HELD - e->held_length;
    ssize_t count = read(e->pipe[0], e->held + e->held_length, room);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) e->held_length += (size_t)count;
    const char *end = memrchr(e->held, '\n', e->held_length);
    size_t length = end ? (size_t)(end - e->held) + 1 : 0;
    bool is_last = count <= 0;
    if ((all && is_last) || e->held_length == HELD) length = e->held_length;
    if (length) {
      if (!is_hidden) hide(e);
      is_hidden = true;
      fwrite(e->held, 1, length, e->terminal);
      if (!all && e->held[length - 1] != '\n') fputs("\n", e->terminal);
      memmove(e->held, e->held + length, e->held_length -= length);
    }
    if (is_last) break;
  }
  if (all)
    fflush(e->terminal);
  else if (is_hidden)
    show(e);
}

static void take_output(cedit *e) {
  fflush(e->terminal);
  for (int number = 1; number <= 2; number++)
    if (e->takes[number]) dup3(e->pipe[1], number, 0);
}

static void give_output_back(cedit *e) {
  for (int number = 1; number <= 2; number++)
    if (e->takes[number]) dup3(e->screen, number, 0);
  pass_on(e, true);
}

// ---- keys ----

static bool look_up(cedit *e) {
  eventfd_t rings;
  eventfd_read(e->wake, &rings);
  if (atomic_exchange(&e->interrupted, false)) {
    e->end = CEDIT_INTERRUPTED;
    return false;
  }
  if (atomic_exchange(&e->redraw, false)) show(e);
  return true;
}

static int read_key(EditLine *editor, wchar_t *key) {
  cedit *e = NULL;
  el_get(editor, EL_CLIENTDATA, &e);
  for (;;) {
    struct pollfd files[] = {
        {e->wake, POLLIN, 0}, {e->pipe[0], POLLIN, 0}, {e->input, POLLIN, 0}};
    if (poll(files, 3, -1) < 0 && errno != EINTR) return 0;
    measure(e);
    if (files[0].revents && !look_up(e)) return 0;
    if (files[1].revents) pass_on(e, false);
    if (!files[2].revents) continue;
    char byte;
    ssize_t count = read(e->input, &byte, 1);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) return 0;  // the terminal has gone
    size_t length = mbrtowc(key, &byte, 1, &e->decoding);
    if (length == (size_t)-2) continue;
    if (length != (size_t)-1) return 1;
    memset(&e->decoding, 0, sizeof e->decoding);  // no UTF-8: dropped
  }
}

// ---- completion ----

static size_t columns_of_text(const char *text, size_t length) {
  size_t columns = 0;
  for (size_t i = 0; i < length; i++) columns += (text[i] & 0xc0) != 0x80;
  return columns;
}

static void list(cedit *e, const char *names) {
  size_t widest = 0, count = 0;
  for (const char *name = names; *name; count++) {
    size_t length = strcspn(name, "\n");
    size_t width = columns_of_text(name, length);
    if (width > widest) widest = width;
    name += length + (name[length] == '\n');
  }
  size_t across = (size_t)e->size.ws_col / (widest + 2), number = 0;
  if (!across) across = 1;
  hide(e);
  for (const char *name = names; *name && number < LISTED; number++) {
    size_t length = strcspn(name, "\n");
    bool ends_row = number % across == across - 1 || number == count - 1 || number == LISTED - 1;
    int pad = ends_row ? 0 : (int)(widest + 2 - columns_of_text(name, length));
    fprintf(e->terminal, "%.*s%*s%s", (int)length, name, pad, "", ends_row ? "\n" : "");
    name += length + (name[length] == '\n');
  }
  if (count > LISTED) fprintf(e->terminal, "... and %zu more\n", count - LISTED);
  show(e);
}

static unsigned char complete(EditLine *editor, int key) {
  (void)key;
  cedit *e = NULL;
  el_get(editor, EL_CLIENTDATA, &e);
  const LineInfo *line = el_line(editor);
  char *answer =
      e->host.complete(e->host.context, line->buffer, (size_t)(line->cursor - line->buffer));
  if (!answer) return CC_REFRESH_BEEP;
  unsigned char result = CC_NORM;
  size_t length = strcspn(answer, "\n");
  if (answer[length]) list(e, answer + length + 1);
  answer[length] = 0;
  if (length) result = el_insertstr(editor, answer) < 0 ? CC_REFRESH_BEEP : CC_REFRESH;
  free(answer);
  return result;
}

// ---- the editor ----

static char *prompt_of(EditLine *editor) {
  cedit *e = NULL;
  el_get(editor, EL_CLIENTDATA, &e);
  return (char *)e->prompt;
}

// libedit asks the locale how bytes are characters. The program's own stays "C", as Lua wants it.
static void speak_utf8(void) {
  static locale_t locale;
  if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
  if (locale) uselocale(locale);
}

static bool prepare(cedit *e) {
  if (e->editor) return true;
  speak_utf8();
  const char *kind = getenv("TERM");
  e->is_plain = !kind || !*kind || strcmp(kind, "dumb") == 0;
  if (!e->terminal) {
    int copy = fcntl(e->screen, F_DUPFD_CLOEXEC, 3), keys = fcntl(e->input, F_DUPFD_CLOEXEC, 3);
    FILE *input = keys < 0 ? NULL : fdopen(keys, "r");
    e->terminal = copy < 0 ? NULL : fdopen(copy, "w");
    if (!e->terminal || !input) return false;
    e->editor = el_init("vmscript", input, e->terminal, e->terminal);
  }
  e->past = history_init();
  if (!e->editor || !e->past) return false;
  measure(e);
  HistEvent event;
  history(e->past, &event, H_SETSIZE, REMEMBERED);
  history(e->past, &event, H_SETUNIQUE, 1);
  el_set(e->editor, EL_CLIENTDATA, e);
  el_set(e->editor, EL_GETCFN, read_key);
  el_set(e->editor, EL_PROMPT, prompt_of);
  el_set(e->editor, EL_HIST, history, e->past);
  el_set(e->editor, EL_EDITOR, "emacs");
  el_set(e->editor, EL_ADDFN, "vmscript-complete", "Complete a name", complete);
  el_set(e->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_source(e->editor, NULL);  // the person's own ~/.editrc
  el_set(e->editor, EL_BIND, "^I", "vmscript-complete", NULL);
  return true;
}

cedit *cedit_open(int input, int output, const struct cedit_host *host) {
  cedit *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  e->host = *host;
  e->input = input;
  e->prompt = "";
  for (int number = 1; number <= 2; number++) e->takes[number] = isatty(number);
  e->screen = fcntl(output, F_DUPFD_CLOEXEC, 3);
  e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (e->screen < 0 || e->wake < 0 || pipe2(e->pipe, O_CLOEXEC)) {
    close(e->screen);
    close(e->wake);
    free(e);
    return NULL;
  }
  fcntl(e->pipe[0], F_SETFL, O_NONBLOCK);
  return e;
}

void cedit_remember(cedit *e, const char *line) {
  HistEvent event;
  if (prepare(e)) history(e->past, &event, H_ENTER, line);
}

enum cedit_end cedit_read(cedit *e, const char *prompt, char **line) {
  *line = NULL;
  if (!prepare(e)) return CEDIT_EOF;
  e->prompt = prompt;
  e->end = CEDIT_EOF;
  measure(e);
  take_output(e);
  int count = 0;
  const char *text = el_gets(e->editor, &count);
  if (text && count > 0) {
    if (text[count - 1] == '\n') count--;
    *line = strndup(text, (size_t)count);
    if (*line) e->end = CEDIT_LINE;
  } else {
    fputs(e->end == CEDIT_INTERRUPTED ? "^C\n" : "\n", e->terminal);
  }
  fflush(e->terminal);
  give_output_back(e);
  return e->end;
}

static void ring(cedit *e, atomic_bool *what) {
  atomic_store(what, true);
  eventfd_write(e->wake, 1);
}

void cedit_interrupt(cedit *e) { ring(e, &e->interrupted); }
void cedit_redraw(cedit *e) { ring(e, &e->redraw); }

char *cedit_plain_line(void) {
  char *line = NULL;
  size_t room = 0;
  // A thread that sleeps in getline has the stream locked, and the program's end would wait for it.
  struct pollfd file = {0, POLLIN, 0};
  if (stdin->_IO_read_ptr == stdin->_IO_read_end)
    while (poll(&file, 1, -1) < 0 && errno == EINTR) {
    }
  ssize_t length = getline(&line, &room, stdin);
  if (length > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    return line;
  }
  free(line);
  return NULL;
}
