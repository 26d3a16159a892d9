// SPDX-License-Identifier: GPL-2.0-only
#include "common.h"

uint64_t pattern_word(uint32_t owner, unsigned int page, unsigned int line, uint8_t tag)
{
	return (uint64_t)owner << 32 | (uint64_t)page << 16 | line << 8 | tag;
}

void pattern_fill_page(void *page, uint32_t owner, unsigned int index, uint8_t tag)
{
	for (unsigned int line = 0; line < LINES_PER_PAGE; line++)
		*(volatile uint64_t *)((char *)page + line * LINE_BYTES) = pattern_word(owner, index, line, tag);
}

bool pattern_good(const void *page, uint32_t owner, unsigned int index, uint8_t tag)
{
	for (unsigned int line = 0; line < LINES_PER_PAGE; line++) {
		const volatile uint64_t *word = (const uint64_t *)((const char *)page + line * LINE_BYTES);

		if (*word != pattern_word(owner, index, line, tag))
			return false;
	}
	return true;
}
