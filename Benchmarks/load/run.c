#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

static int watch(struct client *all) {
  int poller = epoll_create1(0);
  if (poller < 0) fail("epoll: %s", strerror(errno));
  for (unsigned i = 0; i < clients; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event) != 0) fail("epoll: %s", strerror(errno));
  }
  return poller;
}

static int wait_for_replies(int poller, struct epoll_event *events, int count) {
  int ready = epoll_wait(poller, events, count, timeout_ms);
  if (ready == 0) fail("no reply within %d ms", timeout_ms);
  if (ready < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
  return ready;
}

static void print_line(const struct histogram *latencies, double elapsed, double own_cpu, double server_cpu) {
  printf("{\"requests\": %" PRIu64 ", \"seconds\": %.4f, \"per_second\": %.1f, \"p50_us\": %.1f, \"p90_us\": %.1f, "
         "\"p99_us\": %.1f, \"max_us\": %.1f, \"errors\": %" PRIu64 ", \"load_cpu_seconds\": %.4f",
         latencies->total, elapsed, (double)latencies->total / elapsed, percentile_us(latencies, 0.5),
         percentile_us(latencies, 0.9), percentile_us(latencies, 0.99), (double)latencies->max / 1000, errors, own_cpu);
  if (server_pid) printf(", \"server_cpu_seconds\": %.4f", server_cpu);
  puts("}");
}

// Warm-up, measured time, then the replies still in flight are waited for and checked, but not counted.
int run(struct client *all) {
  static struct histogram latencies, outside;
  struct epoll_event events[64];
  clockid_t server_clock = CLOCK_PROCESS_CPUTIME_ID;
  if (server_pid && clock_getcpuclockid(server_pid, &server_clock) != 0) fail("no process %d", (int)server_pid);

  int poller = watch(all);
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  uint64_t begin = now + (uint64_t)(warmup * 1e9), end = begin + (uint64_t)(seconds * 1e9);
  uint64_t own_cpu = 0, server_cpu = 0;
  double elapsed = 0;
  unsigned in_flight = clients * pipeline;
  enum { WARMING, MEASURING, ENDING } phase = WARMING;
  for (unsigned i = 0; i < clients; i++) send_requests(&all[i], pipeline, now);

  while (in_flight > 0) {
    int ready = wait_for_replies(poller, events, 64);
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      unsigned finished = receive(client, phase == MEASURING ? &latencies : &outside, &now);
      if (phase == ENDING) in_flight -= finished;
      else if (finished) send_requests(client, finished, now);
    }
    now = clock_ns(CLOCK_MONOTONIC);
    if (phase == WARMING && now >= begin) {
      phase = MEASURING;
      begin = now;
      own_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
      server_cpu = clock_ns(server_clock);
    } else if (phase == MEASURING && now >= end) {
      phase = ENDING;
      elapsed = (double)(now - begin) / 1e9;
      own_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - own_cpu;
      server_cpu = clock_ns(server_clock) - server_cpu;
    }
  }
  if (latencies.total == 0) fail("no reply within the measured %.1f s", elapsed);
  print_line(&latencies, elapsed, (double)own_cpu / 1e9, (double)server_cpu / 1e9);
  return errors ? 1 : 0;
}

int fetch(struct client *client) {
  static struct histogram unused;
  struct epoll_event event;
  uint64_t now = 0;
  int poller = watch(client);
  send_requests(client, 1, now);
  do wait_for_replies(poller, &event, 1);
  while (receive(client, &unused, &now) == 0);
  if (errors) return 1;
  write_file(save_path, saved);
  return 0;
}

// Asks, and reads nothing, until a signal ends the process.
_Noreturn void ask_only(struct client *all) {
  for (unsigned i = 0; i < clients; i++) send_requests(&all[i], pipeline, 0);
  puts("asked");
  fflush(stdout);
  for (;;) pause();
}
