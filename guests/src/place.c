// SPDX-License-Identifier: GPL-2.0-only
/* For races whose operations are all shell commands: no C of their own. */
#include "place.h"

const struct race race = { 0 };
