/* Lists the images of a worker, all or those of one name: id, size in bytes, names.

   cc -Wall -Wextra -o list_images list_images.c -lzmq -lmsgpackc
   ./list_images tcp://127.0.0.1:5555 [NAME]

   Exits with 1 when there is no list: nobody answers within five seconds, or the worker refuses. */

#include <errno.h>
#include <inttypes.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { TIMEOUT_MS = 5000 };

/* The longest reply to take: some 500 bytes an image, so more than 100,000 images. */
static const int64_t MOST_BYTES = 64 * 1024 * 1024;

static void pack_text(msgpack_packer *packer, const char *text) {
  msgpack_pack_str(packer, strlen(text));
  msgpack_pack_str_body(packer, text, strlen(text));
}

/* {} or {"filter": {"image": {"image": name}}} */
static void pack_request(msgpack_packer *packer, const char *name) {
  msgpack_pack_map(packer, name ? 1 : 0);
  if (!name) return;
  pack_text(packer, "filter");
  msgpack_pack_map(packer, 1);
  pack_text(packer, "image");
  msgpack_pack_map(packer, 1);
  pack_text(packer, "image");
  pack_text(packer, name);
}

/* The value of a key, if there is one of that type. Keys that are not asked for are passed over, as more may come. */
static const msgpack_object *get(const msgpack_object *map, const char *key, msgpack_object_type type) {
  if (!map || map->type != MSGPACK_OBJECT_MAP) return NULL;
  for (uint32_t i = 0; i < map->via.map.size; i++) {
    const msgpack_object_kv *pair = &map->via.map.ptr[i];
    if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == strlen(key) &&
        memcmp(pair->key.via.str.ptr, key, strlen(key)) == 0)
      return pair->val.type == type ? &pair->val : NULL;
  }
  return NULL;
}

/* Text without what could disturb a terminal. */
static void print_text(FILE *file, const msgpack_object *text) {
  for (uint32_t i = 0; text && i < text->via.str.size; i++) {
    unsigned char byte = (unsigned char)text->via.str.ptr[i];
    putc(byte < 0x20 || byte == 0x7f ? '?' : byte, file);
  }
}

static void print_image(const msgpack_object *image) {
  const msgpack_object *size = get(image, "size", MSGPACK_OBJECT_POSITIVE_INTEGER);
  const msgpack_object *tags = get(image, "repo_tags", MSGPACK_OBJECT_ARRAY);
  print_text(stdout, get(image, "id", MSGPACK_OBJECT_STR));
  printf(" %" PRIu64, size ? size->via.u64 : 0);
  for (uint32_t i = 0; tags && i < tags->via.array.size; i++) {
    if (tags->via.array.ptr[i].type != MSGPACK_OBJECT_STR) continue;
    putchar(' ');
    print_text(stdout, &tags->via.array.ptr[i]);
  }
  putchar('\n');
}

static bool print_reply(const msgpack_object *reply) {
  const msgpack_object *error = get(reply, "error", MSGPACK_OBJECT_MAP);
  if (error) {
    print_text(stderr, get(error, "status", MSGPACK_OBJECT_STR));
    fputs(": ", stderr);
    print_text(stderr, get(error, "message", MSGPACK_OBJECT_STR));
    putc('\n', stderr);
    return false;
  }
  const msgpack_object *images = get(reply, "images", MSGPACK_OBJECT_ARRAY);
  if (!images) {
    fputs("the reply is not waybill's\n", stderr);
    return false;
  }
  for (uint32_t i = 0; i < images->via.array.size; i++) print_image(&images->via.array.ptr[i]);
  return true;
}

/* Sends the request and waits for the reply; false and errno when there is none. */
static bool exchange(void *socket, const char *endpoint, const char *name, zmq_msg_t *reply) {
  const int timeout = TIMEOUT_MS, linger = 0;
  if (zmq_setsockopt(socket, ZMQ_SNDTIMEO, &timeout, sizeof timeout) ||
      zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout) ||
      zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) ||
      zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &MOST_BYTES, sizeof MOST_BYTES) || zmq_connect(socket, endpoint))
    return false;

  msgpack_sbuffer request;
  msgpack_sbuffer_init(&request);
  msgpack_packer packer;
  msgpack_packer_init(&packer, &request, msgpack_sbuffer_write);
  pack_request(&packer, name);
  const int sent = zmq_send(socket, request.data, request.size, 0);
  msgpack_sbuffer_destroy(&request);
  return sent >= 0 && zmq_msg_recv(reply, socket, 0) >= 0;
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s ENDPOINT [NAME]\n", argv[0]);
    return 2;
  }
  void *context = zmq_ctx_new();
  void *socket = context ? zmq_socket(context, ZMQ_REQ) : NULL;
  zmq_msg_t reply;
  zmq_msg_init(&reply);
  msgpack_unpacked unpacked;
  msgpack_unpacked_init(&unpacked);

  bool listed = false;
  size_t end = 0;
  if (!socket || !exchange(socket, argv[1], argc > 2 ? argv[2] : NULL, &reply)) {
    fprintf(stderr, "%s: %s\n", argv[1], zmq_errno() == EAGAIN ? "no answer" : zmq_strerror(zmq_errno()));
  } else if (msgpack_unpack_next(&unpacked, zmq_msg_data(&reply), zmq_msg_size(&reply), &end) !=
                 MSGPACK_UNPACK_SUCCESS ||
             end != zmq_msg_size(&reply)) {
    fputs("the reply is not one MessagePack object\n", stderr);
  } else {
    listed = print_reply(&unpacked.data);
  }

  msgpack_unpacked_destroy(&unpacked);
  zmq_msg_close(&reply);
  if (socket) zmq_close(socket);
  if (context) zmq_ctx_term(context);
  return listed ? EXIT_SUCCESS : EXIT_FAILURE;
}
