// The table of what is under way, and the way of each frame to who handles it.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

struct request *requests[MAX_REQUESTS];
size_t request_count;

struct request *request_find(uint32_t id) {
  for (size_t i = 0; i < request_count; i++)
    if (requests[i]->id == id) return requests[i];
  return NULL;
}

struct request *request_add(uint32_t id, enum kind kind) {
  struct request *request = NULL;
  if (request_find(id)) {
    send_error(id, EEXIST, STAGE_PROTOCOL, "the request's number is in use");
  } else if (request_count == MAX_REQUESTS || !(request = calloc(1, sizeof *request))) {
    send_error(id, EAGAIN, STAGE_PROTOCOL, "too many requests at once");
  } else {
    request->id = id;
    request->kind = kind;
    request->input = request->output[0].fd = request->output[1].fd = request->file = -1;
    request->output[0].remains = request->output[1].remains = -1;
    request->deadline = NEVER;
    requests[request_count++] = request;
  }
  return request;
}

void request_end(struct request *request) {
  int fds[] = {request->input, request->output[0].fd, request->output[1].fd, request->file};
  for (int i = 0; i < 4; i++)
    if (fds[i] >= 0) close(fds[i]);
  if (request->folder) closedir(request->folder);
  for (size_t i = 0; i < request_count; i++)
    if (requests[i] == request) requests[i] = requests[--request_count];
  if (request->temporary) unlink(request->temporary);
  free(request->temporary);
  free(request->target);
  free(request->queue);
  free(request->path);
  free(request);
}

void requests_abandon(void) {
  while (request_count) {
    struct request *request = requests[request_count - 1];
    if (request->kind == KIND_EXEC) exec_signal(request, SIGKILL);
    request_end(request);
  }
}

char *field_text(const struct field *field) {
  if (memchr(field->bytes, 0, field->length)) return NULL;
  char *text = malloc(field->length + 1);
  if (!text) return NULL;
  memcpy(text, field->bytes, field->length);
  text[field->length] = 0;
  return text;
}

static void handle_credit(struct request *request, uint8_t stream, uint32_t credit) {
  if (request->kind == KIND_GET || request->kind == KIND_LIST) request->file_credit += credit;
  if (request->kind == KIND_EXEC && (stream == STREAM_OUTPUT || stream == STREAM_ERROR))
    request->output[stream - 1].credit += credit;
}

static void handle_close(struct request *request, uint8_t stream) {
  if (request->kind == KIND_PUT) return put_close(request);
  if (request->kind != KIND_EXEC) return request_end(request);
  if (stream == STREAM_INPUT) {
    request->queue_closed = true;
    exec_write(request);
  } else if (stream <= STREAM_ERROR && request->output[stream - 1].fd >= 0) {
    close(request->output[stream - 1].fd);
    request->output[stream - 1].fd = -1;
  }
}

// Frames for a request that has ended are no mistake: the host may not know of it yet.
static void handle_request_frame(const struct header *header, const uint8_t *body) {
  struct request *request = request_find(header->request);
  uint32_t number = 0;
  if (header->length >= 4) memcpy(&number, body, 4);
  if (!request) return;
  if (header->type == FRAME_CREDIT) {
    handle_credit(request, header->stream, number);
  } else if (header->type == FRAME_CLOSE) {
    handle_close(request, header->stream);
  } else if (header->type == FRAME_SIGNAL) {
    if (request->kind == KIND_EXEC)
      exec_signal(request, number);
    else
      request_end(request);  // nobody wants it any more
  } else if (request->kind == KIND_PUT) {
    put_data(request, body, header->length);
  } else if (request->kind == KIND_EXEC && header->stream == STREAM_INPUT) {
    exec_input(request, body, header->length);
  }
}

void handle_frame(const struct header *header, const uint8_t *body) {
  uint32_t id = header->request, number = 0;
  if (header->length >= 4) memcpy(&number, body, 4);
  switch (header->type) {
    case FRAME_DATA:
    case FRAME_CLOSE:
    case FRAME_CREDIT:
    case FRAME_SIGNAL: return handle_request_frame(header, body);
    case FRAME_FAREWELL: return power_farewell();
    case FRAME_WELCOME: return synchronise(body, header->length);
    case FRAME_SYNC:
      synchronise(body, header->length);
      return send_frame(FRAME_DONE, id, 0, NULL, 0);
    case FRAME_PING: return send_frame(FRAME_DONE, id, 0, NULL, 0);
  }
  if (power_is_leaving())
    return send_error(id, ESHUTDOWN, STAGE_LEAVING, "the guest is going down");
  switch (header->type) {
    case FRAME_EXEC: return exec_start(id, body, header->length);
    case FRAME_PUT: return put_start(id, body, header->length);
    case FRAME_GET: return get_start(id, body, header->length);
    case FRAME_STAT: return stat_path(id, body, header->length);
    case FRAME_LIST: return list_start(id, body, header->length);
    case FRAME_MAKE: return make_path(id, body, header->length);
    case FRAME_POWER:
      if (header->length < 4 || number > POWER_HALT)
        return send_error(id, EINVAL, STAGE_PROTOCOL, "no such way to end");
      send_frame(FRAME_DONE, id, 0, NULL, 0);
      return power_request(number);
  }
  send_error(id, ENOSYS, STAGE_PROTOCOL, "the agent does not know this request");
}
