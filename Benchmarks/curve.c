/* Asks a worker for its whole list as fast as it answers, in the clear or by CURVE.
 *
 * usage: curve ENDPOINT CLIENTS SECONDS BYTES (stay | come) [SERVER_KEY PUBLIC_KEY SECRET_KEY]
 *
 * Each client is a thread with a REQ socket: one that stays, or a new one for each request. Every reply must have BYTES bytes. Keys are 40 characters of Z85; the
 * clients share theirs. Prints the number of replies and the seconds that they took.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { MOST_CLIENTS = 64 };

static void *context;
static const char *endpoint, *server_key, *public_key, *secret_key;
static size_t expected;
static bool stays;
static atomic_bool stop;

static void fail(const char *what) {
    fprintf(stderr, "curve: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void secure(void *socket) {
    if (zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server_key, 40) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public_key, 40) < 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret_key, 40) < 0)
        fail("CURVE");
}

static void ask(void *socket) {
    static const char everything = (char)0x80; /* an empty map */
    zmq_msg_t reply;
    zmq_msg_init(&reply);
    if (zmq_send(socket, &everything, 1, 0) < 0 || zmq_msg_recv(&reply, socket, 0) < 0) fail("no answer");
    if (zmq_msg_size(&reply) != expected) {
        fprintf(stderr, "curve: a reply of %zu bytes, not %zu\n", zmq_msg_size(&reply), expected);
        exit(1);
    }
    zmq_msg_close(&reply);
}

static void *connected(void) {
    const int timeout = 10000, none = 0;
    void *socket = zmq_socket(context, ZMQ_REQ);
    if (!socket) fail("socket");
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    if (server_key) secure(socket);
    if (zmq_connect(socket, endpoint) < 0) fail(endpoint);
    return socket;
}

static void *client(void *result) {
    long *replies = result;
    void *socket = connected();
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        ask(socket);
        ++*replies;
        if (stays) continue;
        zmq_close(socket);
        socket = connected();
    }
    zmq_close(socket);
    return NULL;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    pthread_t threads[MOST_CLIENTS];
    long replies[MOST_CLIENTS] = {0}, sum = 0;
    if (count < 6) return 64;
    endpoint = arguments[1];
    const int clients = atoi(arguments[2]);
    const double seconds = atof(arguments[3]);
    expected = (size_t)atol(arguments[4]);
    stays = strcmp(arguments[5], "stay") == 0;
    if (count > 8) {
        server_key = arguments[6];
        public_key = arguments[7];
        secret_key = arguments[8];
    }
    if (clients < 1 || clients > MOST_CLIENTS || seconds <= 0) return 64;

    context = zmq_ctx_new();
    const double start = now();
    for (int i = 0; i < clients; i++) pthread_create(&threads[i], NULL, client, &replies[i]);
    const struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < clients; i++) {
        pthread_join(threads[i], NULL);
        sum += replies[i];
    }
    printf("%ld %.6f\n", sum, now() - start);
    zmq_ctx_term(context);
    return 0;
}
