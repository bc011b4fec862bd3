// libzmq's own proxy, which the broker is measured against: a ROUTER for clients, a DEALER for workers.

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

static int failed(const char *what) {
  fprintf(stderr, "proxy: %s: %s\n", what, zmq_strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: proxy ENDPOINT-FOR-CLIENTS ENDPOINT-FOR-WORKERS\n", stderr);
    return 2;
  }
  void *context = zmq_ctx_new();
  void *clients = context ? zmq_socket(context, ZMQ_ROUTER) : NULL;
  void *workers = context ? zmq_socket(context, ZMQ_DEALER) : NULL;
  if (!clients || !workers) return failed("socket");
  if (zmq_bind(clients, argv[1]) != 0) return failed(argv[1]);
  if (zmq_bind(workers, argv[2]) != 0) return failed(argv[2]);
  while (zmq_proxy(clients, workers, NULL) != 0)  // until a signal ends the process
    if (errno != EINTR) return failed("proxy");
}
