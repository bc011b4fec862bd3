// Whether a reply is right: as it arrives, byte for byte.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

// Hexadecimal digits of a reply that change with the registry: the number of a change, or the etag.
struct place {
  uint64_t at;
  unsigned digits;
};

enum { NUMBER_DIGITS = 8, ETAG_DIGITS = 64 };

uint64_t errors;
static struct place *places;  // --changing: ascending, the etag's is the last
static size_t place_count;

// The file has the offsets of the numbers, one a line; the etag is what a reply ends with.
void read_places(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fail("%s: %s", path, strerror(errno));
  if (expected.size < ETAG_DIGITS) fail("a reply without an etag");
  struct place etag = {expected.size - ETAG_DIGITS, ETAG_DIGITS}, place = {0, NUMBER_DIGITS};
  places = allocate(expected.size / NUMBER_DIGITS + 1, sizeof *places);
  while (fscanf(file, "%" SCNu64, &place.at) == 1) {
    uint64_t least = place_count ? places[place_count - 1].at + NUMBER_DIGITS : 0;
    if (place.at < least || place.at + NUMBER_DIGITS > etag.at) fail("%s: not ascending offsets", path);
    places[place_count++] = place;
  }
  if (!feof(file)) fail("%s: not a number", path);
  fclose(file);
  places[place_count++] = etag;
}

void mark_wrong(struct client *client, const char *what, uint64_t where) {
  if (errors == 0 && !client->wrong) fprintf(stderr, "load: wrong reply: %s %" PRIu64 "\n", what, where);
  client->wrong = true;
}

static void compare_fixed(struct client *client, const uint8_t *data, uint64_t at, size_t size) {
  if (memcmp(data, expected.data + at, size) == 0) return;
  size_t i = 0;
  while (data[i] == expected.data[at + i]) i++;
  mark_wrong(client, "differs from the expected at byte", at + i);
}

// Images are changed in the order in which they are listed, again and again, and each holds the number of its last
// change. So within one state the numbers go up by one, with one step back at the most, from the last image that was
// changed to the next that will be.
static void end_number(struct client *client, uint64_t at) {
  uint64_t numbers = place_count - 1, next = client->last_number + 1;
  if (client->place > 0 && client->number != next) {
    if (client->stepped_back || client->number + numbers != next) mark_wrong(client, "mixes two states at byte", at);
    client->stepped_back = true;
  }
  client->last_number = client->number;
}

static void read_digit(struct client *client, uint8_t byte, uint64_t at) {
  const struct place *place = &places[client->place];
  const char *digits = "0123456789abcdef", *digit = byte ? strchr(digits, byte) : NULL;
  if (!digit) {
    mark_wrong(client, "no hexadecimal digit at byte", at);
    return;
  }
  client->number = client->number << 4 | (uint64_t)(digit - digits);
  if (at + 1 < place->at + place->digits) return;
  if (place->digits == NUMBER_DIGITS) end_number(client, at);
  client->number = 0;
  client->place++;
}

void compare(struct client *client, const uint8_t *data, uint64_t at, size_t size) {
  while (size > 0 && !client->wrong) {
    uint64_t place = client->place < place_count ? places[client->place].at : UINT64_MAX;
    size_t part = 1;
    if (at >= place) {
      read_digit(client, *data, at);
    } else {
      part = place - at < size ? (size_t)(place - at) : size;
      compare_fixed(client, data, at, part);
    }
    data += part;
    at += part;
    size -= part;
  }
}

static void begin_reply(struct client *client) {
  client->part = 0;
  client->wrong = false;
  client->place = 0;
  client->number = 0;
  client->stepped_back = false;
}

void end_reply(struct client *client) {
  if (client->finished == client->in_flight) fail("a reply that nobody asked for");
  errors += client->wrong;
  client->finished++;
  begin_reply(client);
}
