// Makes calls fail, for the program that this library is preloaded into, for as long as a file says so.
//
// The environment variable FAULTS names the file. Its first line is the number of the error and which calls meet it:
// "open" those that open files, "read" those that read them and those that open folders, "stat" those that open files or
// look at them. Each further line is a path: calls for it, and for what is below it, fail.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPEN = 1, OPEN_FOLDER = 2, READ = 4, STAT = 8 };

// The error that a call of this kind meets for `path`; 0 for none. System calls are made without this library.
static int fault(int kind, const char *path) {
  char text[65536];
  const char *name = getenv("FAULTS");
  if (!name || path[0] != '/') return 0;
  int saved = errno;
  int file = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    errno = saved;
    return 0;
  }
  size_t size = 0;
  for (long count; size < sizeof text - 1 && (count = syscall(SYS_read, file, text + size, sizeof text - 1 - size)) > 0;)
    size += count;
  syscall(SYS_close, file);
  errno = saved;
  text[size] = 0;

  char *rest = text, *line = strsep(&rest, "\n"), calls[16];
  int error, meets;
  if (sscanf(line, "%d %15s", &error, calls) != 2) return 0;
  if (!strcmp(calls, "open")) meets = OPEN | OPEN_FOLDER;
  else if (!strcmp(calls, "read")) meets = READ | OPEN_FOLDER;
  else meets = OPEN | OPEN_FOLDER | STAT;
  if (!(meets & kind)) return 0;
  while ((line = strsep(&rest, "\n"))) {
    size_t length = strlen(line);
    if (length && !strncmp(path, line, length) && (path[length] == 0 || path[length] == '/')) return error;
  }
  return 0;
}

static int fault_of_descriptor(int kind, int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  int saved = errno;
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length < 0) return 0;
  path[length] = 0;
  return fault(kind, path);
}

static int fault_at(int kind, int folder, const char *name) {
  if (name[0] == '/' || folder == AT_FDCWD) return fault(kind, name);
  char link[64], path[PATH_MAX + 1];
  snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
  int saved = errno;
  ssize_t length = readlink(link, path, PATH_MAX);
  errno = saved;
  if (length < 0) return 0;
  path[length] = 0;
  // The folder itself, opened again to be listed.
  if (strcmp(name, ".") && length + strlen(name) + 1 < sizeof path) {
    path[length] = '/';
    strcpy(path + length + 1, name);
  }
  return fault(kind, path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(error, result) \
  do { int met = (error); if (met) { errno = met; return result; } } while (0)
#define KIND(flags) ((flags) & O_DIRECTORY ? OPEN_FOLDER : OPEN)

#define OPENING(name) \
  int name(const char *path, int flags, ...) { \
    va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list); \
    FAIL_IF(fault(KIND(flags), path), -1); \
    return REAL(name)(path, flags, mode); \
  }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    va_list list; va_start(list, flags); mode_t mode = va_arg(list, mode_t); va_end(list); \
    FAIL_IF(fault_at(KIND(flags), folder, path), -1); \
    return REAL(name)(folder, path, flags, mode); \
  }
OPENING_AT(openat)
OPENING_AT(openat64)

DIR *opendir(const char *path) {
  FAIL_IF(fault(OPEN_FOLDER, path), NULL);
  return REAL(opendir)(path);
}

FILE *fopen(const char *path, const char *mode) {
  FAIL_IF(fault(OPEN, path), NULL);
  return REAL(fopen)(path, mode);
}

ssize_t read(int file, void *buffer, size_t size) {
  FAIL_IF(fault_of_descriptor(READ, file), -1);
  return REAL(read)(file, buffer, size);
}

#define READING_AT(name, offset_t) \
  ssize_t name(int file, void *buffer, size_t size, offset_t offset) { \
    FAIL_IF(fault_of_descriptor(READ, file), -1); \
    return REAL(name)(file, buffer, size, offset); \
  }
READING_AT(pread, off_t)
READING_AT(pread64, off64_t)

#define LOOKING(name, type) \
  int name(const char *path, struct type *status) { \
    FAIL_IF(fault(STAT, path), -1); \
    return REAL(name)(path, status); \
  }
LOOKING(stat, stat)
LOOKING(lstat, stat)
LOOKING(stat64, stat64)
LOOKING(lstat64, stat64)

#define LOOKING_AT(name, type) \
  int name(int folder, const char *path, struct type *status, int flags) { \
    FAIL_IF(fault_at(STAT, folder, path), -1); \
    return REAL(name)(folder, path, status, flags); \
  }
LOOKING_AT(fstatat, stat)
LOOKING_AT(fstatat64, stat64)
