/* Prints the message in each of the files named, as one line of JSON: what libmsgpack by itself reads out of it. */

#include <inttypes.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *path, const char *reason) {
  fprintf(stderr, "%s: %s\n", path, reason);
  exit(1);
}

static void print_string(const msgpack_object_str *text) {
  putchar('"');
  for (uint32_t i = 0; i < text->size; i++) {
    unsigned char byte = (unsigned char)text->ptr[i];
    if (byte == '"' || byte == '\\' || byte < 0x20)
      printf("\\u%04x", byte);
    else
      putchar(byte);
  }
  putchar('"');
}

static void print(const msgpack_object *object, const char *path) {
  switch (object->type) {
    case MSGPACK_OBJECT_NIL: fputs("null", stdout); break;
    case MSGPACK_OBJECT_BOOLEAN: fputs(object->via.boolean ? "true" : "false", stdout); break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER: printf("%" PRIu64, object->via.u64); break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: printf("%" PRId64, object->via.i64); break;
    case MSGPACK_OBJECT_STR: print_string(&object->via.str); break;
    case MSGPACK_OBJECT_ARRAY:
      putchar('[');
      for (uint32_t i = 0; i < object->via.array.size; i++) {
        if (i > 0) putchar(',');
        print(&object->via.array.ptr[i], path);
      }
      putchar(']');
      break;
    case MSGPACK_OBJECT_MAP:
      putchar('{');
      for (uint32_t i = 0; i < object->via.map.size; i++) {
        if (i > 0) putchar(',');
        if (object->via.map.ptr[i].key.type != MSGPACK_OBJECT_STR) fail(path, "a key that is no string");
        print(&object->via.map.ptr[i].key, path);
        putchar(':');
        print(&object->via.map.ptr[i].val, path);
      }
      putchar('}');
      break;
    default: fail(path, "a type that the protocol does not have");
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    static char bytes[1 << 20];
    FILE *file = fopen(argv[i], "rb");
    if (!file) fail(argv[i], "cannot be opened");
    const size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    msgpack_unpacked message;
    msgpack_unpacked_init(&message);
    size_t end = 0;
    if (msgpack_unpack_next(&message, bytes, count, &end) != MSGPACK_UNPACK_SUCCESS || end != count)
      fail(argv[i], "not one MessagePack object");
    print(&message.data, argv[i]);
    putchar('\n');
    msgpack_unpacked_destroy(&message);
  }
  return 0;
}
