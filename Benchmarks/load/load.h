// What the parts of the load share; main.c says what it is.

#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum { MORE = 1, LARGE = 2, COMMAND = 4 };  // flags of a ZMTP frame

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
  // --changing: the place that is being read, or comes next, and the digits of it that are in.
  size_t place;
  uint64_t number, last_number;
  bool stepped_back;
  // Requests in flight, the oldest first; a REP server answers one connection in order.
  uint64_t *sent_at;
  unsigned oldest, in_flight;
  unsigned finished;  // replies completed by the bytes just received
};

// Latencies as an HDR histogram has them, in buckets of 1/64 of their size or less: any run fits, nothing is sorted.
// Debian 12 has no package of HdrHistogram for C.
struct histogram {
  uint64_t count[58 * 64 + 64];
  uint64_t total, max;
};

// What main.c was told.
extern const char *endpoint, *save_path;
extern unsigned clients, pipeline;
extern int timeout_ms;
extern double warmup, seconds;
extern pid_t server_pid;
extern bool once, raw;
extern struct bytes expected;

// support.c: an error ends the process.
_Noreturn void fail(const char *format, ...);
void *allocate(size_t count, size_t size);
uint64_t clock_ns(clockid_t clock);
struct bytes read_file(const char *path);
void write_file(const char *path, struct bytes content);
struct bytes parse_hex(const char *text);

// histogram.c
void record(struct histogram *h, uint64_t ns);
double percentile_us(const struct histogram *h, double share);

// connection.c
void open_client(struct client *client);
void send_all(int fd, const void *data, size_t size);
void lay_out_requests(struct bytes body);
void send_requests(struct client *client, unsigned count, uint64_t now);

// check.c
extern uint64_t errors;  // wrong replies so far
void read_places(const char *path);
void mark_wrong(struct client *client, const char *what, uint64_t where);
void compare(struct client *client, const uint8_t *data, uint64_t at, size_t size);
void end_reply(struct client *client);

// replies.c
extern struct bytes saved;  // --once: the body
unsigned receive(struct client *client, struct histogram *latencies, uint64_t *now);

// run.c
int run(struct client *all);
int fetch(struct client *client);
_Noreturn void ask_only(struct client *all);
