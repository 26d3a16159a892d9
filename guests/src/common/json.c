// SPDX-License-Identifier: GPL-2.0-only
#include "common.h"

void json_string(char *to, size_t size, const char *text)
{
	size_t at = 0;

	to[at++] = '"';
	for (; *text && at + 4 <= size; text++) {
		if (*text == '"' || *text == '\\')
			to[at++] = '\\';
		to[at++] = (unsigned char)*text < ' ' ? ' ' : *text;
	}
	to[at++] = '"';
	to[at] = 0;
}
