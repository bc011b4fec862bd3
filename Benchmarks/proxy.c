// What a pool is measured against: libzmq's own proxy, as anybody would put it in front of workers.
//
// proxy --frontend ENDPOINT --backend ENDPOINT: ROUTER for clients, DEALER for workers that connect, until a signal ends
// the process. The sockets have libzmq's defaults.

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

static _Noreturn void die(const char *what) {
  fprintf(stderr, "proxy: %s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(2);
}

static void *bound(void *context, int type, const char *endpoint) {
  void *socket = zmq_socket(context, type);
  if (!socket) die("socket");
  if (zmq_bind(socket, endpoint) != 0) die(endpoint);
  return socket;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"frontend", required_argument, 0, 'f'}, {"backend", required_argument, 0, 'b'}, {0, 0, 0, 0}};
  const char *frontend = NULL, *backend = NULL;
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (c == 'f') frontend = optarg;
    else if (c == 'b') backend = optarg;
    else return 2;
  }
  if (!frontend || !backend || optind != argc) {
    fprintf(stderr, "usage: proxy --frontend ENDPOINT --backend ENDPOINT\n");
    return 2;
  }
  void *context = zmq_ctx_new();
  if (!context) die("context");
  zmq_proxy(bound(context, ZMQ_ROUTER, frontend), bound(context, ZMQ_DEALER, backend), NULL);
  die("proxy");
}
