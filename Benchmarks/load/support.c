#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

_Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) fail("out of memory");
  return memory;
}

uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) fail("cannot read a clock (has the server gone?): %s", strerror(errno));
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct bytes read_file(const char *path) {
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

void write_file(const char *path, struct bytes content) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(content.data, 1, content.size, file) != content.size || fclose(file) != 0)
    fail("%s: %s", path, strerror(errno));
}

struct bytes parse_hex(const char *text) {
  size_t size = strlen(text) / 2;
  struct bytes content = {allocate(size, 1), size};
  if (strlen(text) % 2 || strspn(text, "0123456789abcdefABCDEF") != strlen(text)) fail("%s: not hex", text);
  for (size_t i = 0; i < size; i++) sscanf(text + 2 * i, "%2hhx", &content.data[i]);
  return content;
}

// The file has the offsets of the numbers, one a line; the etag is what a reply ends with.
