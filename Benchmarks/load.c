// The load: N clients in a closed loop against a REP server; every byte of every reply is checked; one line of JSON.
//
// It speaks ZMTP 3.1 (RFC 23 and 37, NULL mechanism) on plain sockets in one epoll loop, not through libzmq. Eight
// libzmq DEALERs in one poll loop cost more CPU a request than the REP server they ask (20 µs against 17, on two cores,
// at one image), so they would be what is measured: 40,000 requests a second, where this reaches 60,000 to 90,000 from
// the same server and costs half of what the server does. On the wire it is a DEALER like any other.
//
// The check is complete: a reply is compared with the expected bytes as it arrives, while it is still in the cache, so
// there is no need to sample. Size, framing and every byte of every reply count, in the warm-up and after the end too;
// one wrong byte makes the exit code 1.
//
// A client's next request leaves when its reply is in. With --pipeline D each client keeps D requests in flight.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MORE = 1, LARGE = 2, COMMAND = 4 };  // flags of a ZMTP frame

// A part of a large reply that is received and compared at one go: small enough to stay in the second-level cache.
enum { CHUNK = 256 * 1024 };

// More in flight than REP's send high-water mark of 1,000 could lose replies, which is no fault of the server.
enum { MAX_PIPELINE = 900, MAX_CLIENTS = 10000 };

struct bytes {
  uint8_t *data;
  size_t size;
};

struct client {
  int fd;
  // The frame that is being read.
  uint8_t header[9];
  size_t header_size;
  bool in_frame;
  uint64_t frame_size, frame_read;
  uint8_t command[255];
  // The reply that is being read: an empty delimiter, then the body.
  int part;
  bool wrong;
  // Requests in flight, the oldest first; a REP server answers one connection in order.
  uint64_t *sent_at;
  unsigned oldest, in_flight;
  unsigned finished;  // replies completed by the bytes just received
};

// Latencies in buckets of 1/64 of their size or less, so any run fits and nothing is sorted.
struct histogram {
  uint64_t count[58 * 64 + 64];
  uint64_t total, max;
};

static const char *endpoint, *save_path;
static unsigned clients = 8, pipeline = 1;
static int timeout_ms = 5000;
static double warmup = 0.5, seconds = 2;
static pid_t server_pid;
static bool once;

static struct bytes request_frames;  // the request as it goes on the wire, `pipeline` times
static size_t request_size;          // one of them
static struct bytes expected;
static struct bytes saved;  // --once: the body
static uint64_t errors;

static _Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) fail("out of memory");
  return memory;
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) fail("cannot read a clock (has the server gone?): %s", strerror(errno));
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct bytes read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) fail("%s: %s", path, strerror(errno));
  long end = ftell(file);
  if (end < 0) fail("%s: %s", path, strerror(errno));
  rewind(file);
  struct bytes content = {allocate((size_t)end, 1), (size_t)end};
  if (fread(content.data, 1, content.size, file) != content.size) fail("%s: cannot be read", path);
  fclose(file);
  return content;
}

static void write_file(const char *path, struct bytes content) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(content.data, 1, content.size, file) != content.size || fclose(file) != 0)
    fail("%s: %s", path, strerror(errno));
}

static struct bytes parse_hex(const char *text) {
  size_t size = strlen(text) / 2;
  struct bytes content = {allocate(size, 1), size};
  if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != strlen(text)) fail("%s: not hex", text);
  for (size_t i = 0; i < size; i++) sscanf(text + 2 * i, "%2hhx", &content.data[i]);
  return content;
}

// MARK: - Latencies

static void record(struct histogram *h, uint64_t ns) {
  int shift = ns < 128 ? 0 : 63 - __builtin_clzll(ns) - 6;
  h->count[(uint64_t)shift * 64 + (ns >> shift)]++;
  h->total++;
  if (ns > h->max) h->max = ns;
}

static double percentile_us(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)((double)h->total * share), seen = 0;
  for (size_t i = 0; i < sizeof h->count / sizeof *h->count; i++) {
    seen += h->count[i];
    if (seen <= wanted) continue;
    int shift = i < 128 ? 0 : (int)(i / 64) - 1;
    return (double)((i - (uint64_t)shift * 64) << shift) / 1000;
  }
  return (double)h->max / 1000;
}

// MARK: - Connecting

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

static void send_all(int fd, const void *data, size_t size) {
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

static void open_client(struct client *client) {
  *client = (struct client){.sent_at = allocate(pipeline, sizeof(uint64_t))};
  if (strncmp(endpoint, "tcp://", 6) == 0) client->fd = connect_tcp(endpoint + 6);
  else if (strncmp(endpoint, "ipc://", 6) == 0) client->fd = connect_ipc(endpoint + 6);
  else fail("%s: neither tcp:// nor ipc://", endpoint);
  struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  handshake(client->fd);
}

// MARK: - Requests and replies

// An empty delimiter and the body, laid out once, as often as one send can need it.
static void lay_out_requests(struct bytes body) {
  bool large = body.size > 255;
  size_t header = large ? 9 : 2;
  request_size = 2 + header + body.size;
  request_frames = (struct bytes){allocate(pipeline, request_size), request_size * pipeline};
  for (unsigned i = 0; i < pipeline; i++) {
    uint8_t *at = request_frames.data + i * request_size;
    at[0] = MORE;
    at[2] = large ? LARGE : 0;
    for (size_t k = 1; k < header; k++) at[2 + k] = (uint8_t)(body.size >> 8 * (header - 1 - k));
    memcpy(at + 2 + header, body.data, body.size);
  }
}

static void send_requests(struct client *client, unsigned count, uint64_t now) {
  for (unsigned i = 0; i < count; i++)
    client->sent_at[(client->oldest + client->in_flight++) % pipeline] = now;
  send_all(client->fd, request_frames.data, count * request_size);
}

static void mark_wrong(struct client *client, const char *what, uint64_t where) {
  if (errors == 0 && !client->wrong) fprintf(stderr, "load: wrong reply: %s %" PRIu64 "\n", what, where);
  client->wrong = true;
}

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

static void compare(struct client *client, const uint8_t *data, uint64_t at, size_t size) {
  if (memcmp(data, expected.data + at, size) == 0) return;
  size_t i = 0;
  while (data[i] == expected.data[at + i]) i++;
  mark_wrong(client, "differs from the expected at byte", at + i);
}

static void frame_bytes(struct client *client, const uint8_t *data, size_t size) {
  uint64_t at = client->frame_read;
  if (client->header[0] & COMMAND) memcpy(client->command + at, data, size);
  else if (client->part == 1 && once) memcpy(saved.data + at, data, size);
  else if (client->part == 1 && !client->wrong) compare(client, data, at, size);
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
  if (flags & MORE) return;
  if (client->finished == client->in_flight) fail("a reply that nobody asked for");
  errors += client->wrong;
  client->finished++;
  client->part = 0;
  client->wrong = false;
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

// Takes what has arrived and returns how many replies that completed; their latencies go into `latencies`.
static unsigned receive(struct client *client, struct histogram *latencies, uint64_t *now) {
  static uint8_t chunk[CHUNK];
  ssize_t size = recv(client->fd, chunk, sizeof chunk, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (size == 0) fail("the server closed the connection");
  if (size < 0) fail("cannot receive: %s", strerror(errno));
  client->finished = 0;
  parse(client, chunk, (size_t)size);
  *now = clock_ns(CLOCK_MONOTONIC);
  for (unsigned i = 0; i < client->finished; i++) {
    record(latencies, *now - client->sent_at[client->oldest]);
    client->oldest = (client->oldest + 1) % pipeline;
    client->in_flight--;
  }
  return client->finished;
}

// MARK: - Runs

static int watch(struct client *all) {
  int poller = epoll_create1(0);
  if (poller < 0) fail("epoll: %s", strerror(errno));
  for (unsigned i = 0; i < clients; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event) != 0) fail("epoll: %s", strerror(errno));
  }
  return poller;
}

static int wait_for_replies(int poller, struct epoll_event *events, int count) {
  int ready = epoll_wait(poller, events, count, timeout_ms);
  if (ready == 0) fail("no reply within %d ms", timeout_ms);
  if (ready < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
  return ready;
}

static void print_line(const struct histogram *latencies, double elapsed, double own_cpu, double server_cpu) {
  printf("{\"requests\": %" PRIu64 ", \"seconds\": %.4f, \"per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
         "\"max_us\": %.1f, \"errors\": %" PRIu64 ", \"load_cpu_seconds\": %.4f",
         latencies->total, elapsed, (double)latencies->total / elapsed, percentile_us(latencies, 0.5),
         percentile_us(latencies, 0.99), (double)latencies->max / 1000, errors, own_cpu);
  if (server_pid) printf(", \"server_cpu_seconds\": %.4f", server_cpu);
  puts("}");
}

// Warm-up, measured time, then the replies still in flight are waited for and checked, but not counted.
static int run(struct client *all) {
  static struct histogram latencies, outside;
  struct epoll_event events[64];
  clockid_t server_clock = CLOCK_PROCESS_CPUTIME_ID;
  if (server_pid && clock_getcpuclockid(server_pid, &server_clock) != 0) fail("no process %d", (int)server_pid);

  int poller = watch(all);
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  uint64_t begin = now + (uint64_t)(warmup * 1e9), end = begin + (uint64_t)(seconds * 1e9);
  uint64_t own_cpu = 0, server_cpu = 0;
  double elapsed = 0;
  unsigned in_flight = clients * pipeline;
  enum { WARMING, MEASURING, ENDING } phase = WARMING;
  for (unsigned i = 0; i < clients; i++) send_requests(&all[i], pipeline, now);

  while (in_flight > 0) {
    int ready = wait_for_replies(poller, events, 64);
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      unsigned finished = receive(client, phase == MEASURING ? &latencies : &outside, &now);
      if (phase == ENDING) in_flight -= finished;
      else if (finished) send_requests(client, finished, now);
    }
    now = clock_ns(CLOCK_MONOTONIC);
    if (phase == WARMING && now >= begin) {
      phase = MEASURING;
      begin = now;
      own_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
      server_cpu = clock_ns(server_clock);
    } else if (phase == MEASURING && now >= end) {
      phase = ENDING;
      elapsed = (double)(now - begin) / 1e9;
      own_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_cpu;
      server_cpu = clock_ns(server_clock) - server_cpu;
    }
  }
  if (latencies.total == 0) fail("no reply within the measured %.1f s", elapsed);
  print_line(&latencies, elapsed, (double)own_cpu / 1e9, (double)server_cpu / 1e9);
  return errors ? 1 : 0;
}

static int fetch(struct client *client) {
  static struct histogram unused;
  struct epoll_event event;
  uint64_t now = 0;
  int poller = watch(client);
  send_requests(client, 1, now);
  do wait_for_replies(poller, &event, 1);
  while (receive(client, &unused, &now) == 0);
  if (errors) return 1;
  write_file(save_path, saved);
  return 0;
}

static _Noreturn void usage(void) {
  fputs("usage: load --endpoint ENDPOINT (--request FILE | --hex BYTES) --expect FILE\n"
        "            [--clients 8] [--pipeline 1] [--warmup 0.5] [--seconds 2] [--timeout 5000] [--server-pid PID]\n"
        "       load --endpoint ENDPOINT (--request FILE | --hex BYTES) --once --save FILE [--timeout 5000]\n"
        "\n"
        "ENDPOINT is tcp://HOST:PORT or ipc://PATH; warm-up and measured time are in seconds, the timeout in ms.\n"
        "--server-pid adds the CPU time of that process (user and system, all threads) over the measured time.\n"
        "Exit code 1: a wrong reply, no reply, a lost connection or unreadable input. 2: wrong options.\n",
        stderr);
  exit(2);
}

static unsigned parse_count(const char *text, unsigned most) {
  char *rest;
  unsigned long value = strtoul(text, &rest, 10);
  if (*rest || value < 1 || value > most) usage();
  return (unsigned)value;
}

static double parse_seconds(const char *text) {
  char *rest;
  double value = strtod(text, &rest);
  if (*rest || !(value >= 0 && value <= 86400)) usage();
  return value;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"endpoint", required_argument, 0, 'e'}, {"request", required_argument, 0, 'r'},
      {"hex", required_argument, 0, 'h'},      {"expect", required_argument, 0, 'x'},
      {"clients", required_argument, 0, 'c'},  {"pipeline", required_argument, 0, 'p'},
      {"warmup", required_argument, 0, 'w'},   {"seconds", required_argument, 0, 's'},
      {"timeout", required_argument, 0, 't'},  {"server-pid", required_argument, 0, 'P'},
      {"once", no_argument, 0, 'o'},           {"save", required_argument, 0, 'S'},
      {0, 0, 0, 0}};
  struct bytes request = {NULL, 0};
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
    case 'e': endpoint = optarg; break;
    case 'r': request = read_file(optarg); break;
    case 'h': request = parse_hex(optarg); break;
    case 'x': expected = read_file(optarg); break;
    case 'c': clients = parse_count(optarg, MAX_CLIENTS); break;
    case 'p': pipeline = parse_count(optarg, MAX_PIPELINE); break;
    case 'w': warmup = parse_seconds(optarg); break;
    case 's': seconds = parse_seconds(optarg); break;
    case 't': timeout_ms = (int)parse_count(optarg, 3600000); break;
    case 'P': server_pid = (pid_t)parse_count(optarg, 1u << 30); break;
    case 'o': once = true; break;
    case 'S': save_path = optarg; break;
    default: usage();
    }
  }
  bool complete = once ? save_path && !expected.data : expected.data && !save_path;
  if (!endpoint || !request.data || !complete || optind != argc) usage();
  if (once) clients = pipeline = 1;

  lay_out_requests(request);
  struct client *all = allocate(clients, sizeof *all);
  for (unsigned i = 0; i < clients; i++) open_client(&all[i]);
  return once ? fetch(all) : run(all);
}
