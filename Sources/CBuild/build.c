#include "build.h"

const char *build_commit(void) { return WAYBILL_COMMIT; }
