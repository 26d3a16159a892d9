// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common.h"

void fail(const char *format, ...)
{
	char message[512], text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	json_string(text, sizeof(text), message);
	dprintf(STDOUT_FILENO, "{\"t\":\"fail\",\"message\":%s}\n", text);
	_exit(1);
}
