// Debian's own answer to the name localhost: ::1 first, and 127.0.0.1 after it. The name slow.example takes half a minute.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    lookup *original = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    if (node && strcmp(node, "slow.example") == 0) sleep(30);
    if (!node || strcmp(node, "localhost") != 0) return original(node, service, hints, result);
    struct addrinfo *second = NULL;
    int failure = original("::1", service, hints, result);
    if (failure) return failure;
    failure = original("127.0.0.1", service, hints, &second);
    if (failure) return failure;
    struct addrinfo *last = *result;
    while (last->ai_next) last = last->ai_next;
    last->ai_next = second;
    return 0;
}
