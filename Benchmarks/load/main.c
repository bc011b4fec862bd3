// The load: N clients in a closed loop against a REP server; every byte of every reply is checked; one line of JSON.
//
// It speaks ZMTP 3.1 (RFC 23 and 37, NULL mechanism) on plain sockets in one epoll loop, not through libzmq. Eight
// libzmq DEALERs in one poll loop cost more CPU a request than the REP server they ask (20 µs against 17, on two cores,
// at one image), so they would be what is measured: 40,000 requests a second, where this reaches 60,000 to 90,000 from
// the same server and costs half of what the server does. On the wire it is a DEALER like any other.
//
// The check is complete: a reply is compared with the expected bytes as it arrives, while it is still in the cache, so
// there is no need to sample. Size, framing and every byte of every reply count, in the warm-up and after the end too;
// one wrong byte makes the exit code 1.
//
// A client's next request leaves when its reply is in. With --pipeline D each client keeps D requests in flight.
//
// Servers of another protocol get the same load: with --raw, request and reply are the bytes on the wire. With
// --changing the registry changes meanwhile, and every reply must still be of one state: see `end_number`.

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

// More in flight than REP's send high-water mark of 1,000 could lose replies, which is no fault of the server.
enum { MAX_PIPELINE = 900, MAX_CLIENTS = 10000 };

const char *endpoint, *save_path;
unsigned clients = 8, pipeline = 1;
int timeout_ms = 5000;
double warmup = 0.5, seconds = 2;
pid_t server_pid;
bool once, raw;
struct bytes expected;
static bool hold;

static _Noreturn void usage(void) {
  fputs("usage: load --endpoint ENDPOINT (--request FILE | --hex BYTES) --expect FILE [--changing FILE] [--raw]\n"
        "            [--clients 8] [--pipeline 1] [--warmup 0.5] [--seconds 2] [--timeout 5000] [--server-pid PID]\n"
        "       load --endpoint ENDPOINT (--request FILE | --hex BYTES) --once --save FILE [--timeout 5000]\n"
        "       load --endpoint ENDPOINT (--request FILE | --hex BYTES) --hold [--clients 8] [--pipeline 1]\n"
        "\n"
        "ENDPOINT is tcp://HOST:PORT or ipc://PATH; warm-up and measured time are in seconds, the timeout in ms.\n"
        "--raw: the files have what goes over the wire, whatever the protocol. --changing: FILE has the offsets of\n"
        "numbers in the reply that change with the registry. --hold asks, and reads nothing until it is ended.\n"
        "--server-pid adds the CPU time of that process (user and system, all threads) over the measured time.\n"
        "Exit code 1: a wrong reply, no reply, a lost connection or unreadable input. 2: wrong options.\n",
        stderr);
  exit(2);
}

static unsigned parse_count(const char *text, unsigned most) {
  char *rest;
  unsigned long value = strtoul(text, &rest, 10);
  if (*rest || value < 1 || value > most) usage();
  return (unsigned)value;
}

static double parse_seconds(const char *text) {
  char *rest;
  double value = strtod(text, &rest);
  if (*rest || !(value >= 0 && value <= 86400)) usage();
  return value;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"endpoint", required_argument, 0, 'e'}, {"request", required_argument, 0, 'r'},
      {"hex", required_argument, 0, 'h'},      {"expect", required_argument, 0, 'x'},
      {"clients", required_argument, 0, 'c'},  {"pipeline", required_argument, 0, 'p'},
      {"warmup", required_argument, 0, 'w'},   {"seconds", required_argument, 0, 's'},
      {"timeout", required_argument, 0, 't'},  {"server-pid", required_argument, 0, 'P'},
      {"once", no_argument, 0, 'o'},           {"save", required_argument, 0, 'S'},
      {"changing", required_argument, 0, 'C'}, {"raw", no_argument, 0, 'R'},
      {"hold", no_argument, 0, 'H'},
      {0, 0, 0, 0}};
  struct bytes request = {NULL, 0};
  const char *changing = NULL;
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (c) {
    case 'e': endpoint = optarg; break;
    case 'r': request = read_file(optarg); break;
    case 'h': request = parse_hex(optarg); break;
    case 'x': expected = read_file(optarg); break;
    case 'c': clients = parse_count(optarg, MAX_CLIENTS); break;
    case 'p': pipeline = parse_count(optarg, MAX_PIPELINE); break;
    case 'w': warmup = parse_seconds(optarg); break;
    case 's': seconds = parse_seconds(optarg); break;
    case 't': timeout_ms = (int)parse_count(optarg, 3600000); break;
    case 'P': server_pid = (pid_t)parse_count(optarg, 1u << 30); break;
    case 'o': once = true; break;
    case 'S': save_path = optarg; break;
    case 'C': changing = optarg; break;
    case 'R': raw = true; break;
    case 'H': hold = true; break;
    default: usage();
    }
  }
  bool is_one_task = once + hold + (expected.data != NULL) == 1 && (save_path != NULL) == once && !(once && raw);
  if (!endpoint || !request.data || !is_one_task || optind != argc) usage();
  if (once) clients = pipeline = 1;
  if (changing) read_places(changing);

  lay_out_requests(request);
  struct client *all = allocate(clients, sizeof *all);
  for (unsigned i = 0; i < clients; i++) open_client(&all[i]);
  if (hold) ask_only(all);
  return once ? fetch(all) : run(all);
}
