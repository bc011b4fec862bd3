// The limit of the transport: a REP server that lends the same bytes, from a file, to every request.
//
// No server over the same libzmq can do less work for a reply, so what it reaches is what waybill is measured against.
// Its socket has the options that the worker's has: they cost next to nothing, but then the difference is the
// worker's own code and nothing else. Keep `options` in step with the worker.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

static const struct {
  int name;
  int value;
} options[] = {
    {ZMQ_MAXMSGSIZE, 0},            // set below, as it is the one option of 64 bits
    {ZMQ_SNDBUF, 384 * 1024},       // bytes that a connection takes before the next one has its turn
    {ZMQ_LINGER, 1500},             // ms that a reply may still take when the socket closes
    {ZMQ_BACKLOG, 4096},            // connections that wait to be accepted
    {ZMQ_HANDSHAKE_IVL, 10000},     // ms for a connection to greet
    {ZMQ_TCP_KEEPALIVE, 1},         // so that a half-dead peer does not stay for ever
    {ZMQ_TCP_KEEPALIVE_IDLE, 10},   // s of silence until the system asks
    {ZMQ_TCP_KEEPALIVE_INTVL, 10},  // s between its questions
    {ZMQ_TCP_MAXRT, 30000}          // ms without an answer until the connection is closed
};

static const int64_t max_request = 1 << 20;  // bytes; above the worker's request limit, as that gets an error reply

static _Noreturn void die(const char *what) {
  fprintf(stderr, "fixed: %s: %s\n", what, zmq_strerror(errno));
  exit(2);
}

// Prints the libzmq that it is linked with.
static _Noreturn void version(void) {
  int major, minor, patch;
  zmq_version(&major, &minor, &patch);
  printf("%d.%d.%d\n", major, minor, patch);
  exit(0);
}

static _Noreturn void usage(void) {
  fprintf(stderr, "usage: fixed --bind ENDPOINT --reply FILE [--io-threads 1]\n       fixed --version\n");
  exit(2);
}

// The whole file in memory that is never freed: libzmq's I/O thread reads it until the process ends.
static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) die(path);
  long end = ftell(file);
  if (end < 0) die(path);
  rewind(file);
  void *bytes = malloc(end ? (size_t)end : 1);
  if (!bytes || fread(bytes, 1, (size_t)end, file) != (size_t)end) die(path);
  fclose(file);
  *size = (size_t)end;
  return bytes;
}

static void keep(void *data, void *hint) {
  (void)data;
  (void)hint;
}

static void set_options(void *socket) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    int wide = options[i].name == ZMQ_MAXMSGSIZE;
    const void *value = wide ? (const void *)&max_request : &options[i].value;
    if (zmq_setsockopt(socket, options[i].name, value, wide ? sizeof max_request : sizeof(int)) != 0) die("setsockopt");
  }
}

// All parts must be taken before the answer, or the REP socket is stuck.
static void receive_request(void *socket) {
  zmq_msg_t part;
  int more = 1;
  while (more) {
    zmq_msg_init(&part);
    while (zmq_msg_recv(&part, socket, 0) < 0)
      if (errno != EINTR) die("recv");
    more = zmq_msg_more(&part);
    zmq_msg_close(&part);
  }
}

int main(int argc, char **argv) {
  static const struct option long_options[] = {{"bind", required_argument, 0, 'b'},
                                               {"reply", required_argument, 0, 'r'},
                                               {"io-threads", required_argument, 0, 'i'},
                                               {"version", no_argument, 0, 'v'},
                                               {0, 0, 0, 0}};
  const char *endpoint = NULL, *path = NULL;
  int io_threads = 1;
  for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
    if (c == 'b') endpoint = optarg;
    else if (c == 'r') path = optarg;
    else if (c == 'i') io_threads = atoi(optarg);
    else if (c == 'v') version();
    else usage();
  }
  if (!endpoint || !path || io_threads < 1 || optind != argc) usage();

  size_t size;
  void *bytes = read_file(path, &size);
  void *context = zmq_ctx_new();
  if (!context || zmq_ctx_set(context, ZMQ_IO_THREADS, io_threads) != 0) die("context");
  void *socket = zmq_socket(context, ZMQ_REP);
  if (!socket) die("socket");
  set_options(socket);
  if (zmq_bind(socket, endpoint) != 0) die(endpoint);

  for (;;) {  // until a signal ends the process
    receive_request(socket);
    zmq_msg_t reply;
    if (zmq_msg_init_data(&reply, bytes, size, keep, NULL) != 0) die("init_data");
    while (zmq_msg_send(&reply, socket, 0) < 0)
      if (errno != EINTR) die("send");
  }
}
