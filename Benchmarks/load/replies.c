// Replies in the frames of ZMTP, or with --raw without.

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "load.h"

// A part of a large reply that is received and compared at one go: small enough to stay in the second-level cache.
enum { CHUNK = 256 * 1024 };

struct bytes saved;

static void begin_frame(struct client *client) {
  uint8_t flags = client->header[0];
  client->in_frame = true;
  client->frame_read = 0;
  client->frame_size = 0;
  for (size_t i = 1; i < client->header_size; i++) client->frame_size = client->frame_size << 8 | client->header[i];
  if (flags & ~(MORE | LARGE | COMMAND)) fail("not a ZMTP frame");
  if (flags & COMMAND) {
    if (client->frame_size > sizeof client->command) fail("too long a ZMTP command");
    return;
  }
  uint64_t size = client->frame_size;
  if (client->part == 0) {
    if (size != 0 || !(flags & MORE)) mark_wrong(client, "no delimiter but a part of size", size);
  } else if (client->part == 1) {
    if (flags & MORE) mark_wrong(client, "more than one part, the first of size", size);
    if (once) saved = (struct bytes){allocate(size, 1), size};
    else if (size != expected.size) mark_wrong(client, "its size is", size);
  }
}

static void frame_bytes(struct client *client, const uint8_t *data, size_t size) {
  uint64_t at = client->frame_read;
  if (client->header[0] & COMMAND) memcpy(client->command + at, data, size);
  else if (client->part == 1 && once) memcpy(saved.data + at, data, size);
  else if (client->part == 1) compare(client, data, at, size);
  client->frame_read += size;
}

// Heartbeats must be answered, or the server closes the connection in a long run.
static void answer_command(struct client *client) {
  if (client->frame_size < 7 || memcmp(client->command, "\x04PING", 5) != 0) return;
  size_t context = client->frame_size - 7;
  if (context > 16) fail("too long a PING");
  uint8_t pong[2 + 5 + 16] = {COMMAND, (uint8_t)(5 + context), 4, 'P', 'O', 'N', 'G'};
  memcpy(pong + 7, client->command + 7, context);
  send_all(client->fd, pong, 7 + context);
}

static void end_frame(struct client *client) {
  uint8_t flags = client->header[0];
  client->in_frame = false;
  client->header_size = 0;
  if (flags & COMMAND) {
    answer_command(client);
    return;
  }
  client->part++;
  if (!(flags & MORE)) end_reply(client);
}

static void parse(struct client *client, const uint8_t *data, size_t size) {
  while (size > 0) {
    if (!client->in_frame) {
      client->header[client->header_size++] = *data++;
      size--;
      if (client->header_size < (client->header[0] & LARGE ? 9 : 2)) continue;
      begin_frame(client);
    }
    uint64_t left = client->frame_size - client->frame_read;
    size_t part = left < size ? (size_t)left : size;
    frame_bytes(client, data, part);
    data += part;
    size -= part;
    if (client->frame_read == client->frame_size) end_frame(client);
  }
}

// --raw: the expected bytes, one reply after the other.
static void parse_raw(struct client *client, const uint8_t *data, size_t size) {
  while (size > 0) {
    uint64_t at = client->frame_read, left = expected.size - at;
    size_t part = left < size ? (size_t)left : size;
    compare(client, data, at, part);
    data += part;
    size -= part;
    client->frame_read = part == left ? 0 : at + part;
    if (part == left) end_reply(client);
  }
}

// Takes what has arrived and returns how many replies that completed; their latencies go into `latencies`.
unsigned receive(struct client *client, struct histogram *latencies, uint64_t *now) {
  static uint8_t chunk[CHUNK];
  ssize_t size = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (size == 0) fail("the server closed the connection");
  if (size < 0) fail("cannot receive: %s", strerror(errno));
  client->finished = 0;
  (raw ? parse_raw : parse)(client, chunk, (size_t)size);
  *now = clock_ns(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < client->finished; i++) {
    record(latencies, *now - client->sent_at[client->oldest]);
    client->oldest = (client->oldest + 1) % pipeline;
    client->in_flight--;
  }
  return client->finished;
}
