// The way to the server, and what goes over it to ask.

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "load.h"

static struct bytes request_frames;  // the request as it goes on the wire, `pipeline` times
static size_t request_size;          // one of them

static int connect_ipc(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail("%s: too long a path", path);
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
    fail("cannot connect to %s: %s", endpoint, strerror(errno));
  return fd;
}

static int connect_tcp(const char *address) {
  const char *colon = strrchr(address, ':');
  char host[256] = "";
  if (!colon || (size_t)(colon - address) >= sizeof host) fail("%s: not tcp://HOST:PORT", endpoint);
  memcpy(host, address, (size_t)(colon - address));
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int status = getaddrinfo(host, colon + 1, &hints, &found);
  if (status != 0) fail("%s: %s", endpoint, gai_strerror(status));
  int fd = socket(found->ai_family, SOCK_STREAM, 0), on = 1;
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0)
    fail("cannot connect to %s: %s", endpoint, strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // as libzmq does
  freeaddrinfo(found);
  return fd;
}

void send_all(int fd, const void *data, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) fail("cannot send: %s", strerror(errno));
    data = (const char *)data + sent;
    size -= (size_t)sent;
  }
}

static void receive_exactly(int fd, void *data, size_t size) {
  ssize_t got = recv(fd, data, size, MSG_WAITALL);
  if (got != (ssize_t)size) fail("no ZMTP handshake from %s", endpoint);
}

static void handshake(int fd) {
  uint8_t greeting[64] = {0xff, [9] = 0x7f, 3, 1, 'N', 'U', 'L', 'L'}, theirs[64];
  send_all(fd, greeting, sizeof greeting);
  receive_exactly(fd, theirs, sizeof theirs);
  if (theirs[0] != 0xff || theirs[10] < 3 || strncmp((char *)theirs + 12, "NULL", 20) != 0)
    fail("%s does not speak ZMTP 3 without security", endpoint);

  static const uint8_t ready[] = "\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06" "DEALER";
  send_all(fd, ready, sizeof ready - 1);
  uint8_t header[2], body[255];
  receive_exactly(fd, header, 2);
  if (header[0] != COMMAND) fail("%s: an unexpected frame in the handshake", endpoint);
  receive_exactly(fd, body, header[1]);
  if (header[1] < 6 || memcmp(body, "\x05READY", 6) != 0) fail("%s refused the handshake", endpoint);
}

void open_client(struct client *client) {
  *client = (struct client){.sent_at = allocate(pipeline, sizeof(uint64_t))};
  if (strncmp(endpoint, "tcp://", 6) == 0) client->fd = connect_tcp(endpoint + 6);
  else if (strncmp(endpoint, "ipc://", 6) == 0) client->fd = connect_ipc(endpoint + 6);
  else fail("%s: neither tcp:// nor ipc://", endpoint);
  struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (!raw) handshake(client->fd);
}

// Laid out once, as often as one send can need it: an empty delimiter and the body, or just what --raw was given.
void lay_out_requests(struct bytes body) {
  bool large = body.size > 255;
  size_t header = large ? 9 : 2;
  request_size = raw ? body.size : 2 + header + body.size;
  request_frames = (struct bytes){allocate(pipeline, request_size), request_size * pipeline};
  for (unsigned i = 0; i < pipeline; i++) {
    uint8_t *at = request_frames.data + i * request_size;
    if (raw) {
      memcpy(at, body.data, body.size);
      continue;
    }
    at[0] = MORE;
    at[2] = large ? LARGE : 0;
    for (size_t k = 1; k < header; k++) at[2 + k] = (uint8_t)(body.size >> 8 * (header - 1 - k));
    memcpy(at + 2 + header, body.data, body.size);
  }
}

void send_requests(struct client *client, unsigned count, uint64_t now) {
  for (unsigned i = 0; i < count; i++)
    client->sent_at[(client->oldest + client->in_flight++) % pipeline] = now;
  send_all(client->fd, request_frames.data, count * request_size);
}
