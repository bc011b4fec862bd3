#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/* Variadic functions do not reach Swift. */
static inline int cglibc_set_thread_name(const char *name) { return prctl(PR_SET_NAME, name); }
