// SPDX-License-Identifier: GPL-2.0-only
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProgressEvent } from '../../model/events.ts';
import type { Fragment, Patch, Series, SourceTree } from '../../model/kernel.ts';
import { parseFragment } from '../../kconfig/fragment.ts';
import { configure } from '../../kconfig/configure.ts';
import { patchTree } from '../../source/patch.ts';
import type { BuildRequest } from '../../build/kernel.ts';

/**
 * A tree that answers as a kernel's does, in half a second: O=, kernelversion, allnoconfig, olddefconfig, bzImage.
 * Files below switches/ make it fail; a test throws a switch by a patch, as a variant would.
 */
const FILES: Readonly<Record<string, string>> = {
  Makefile: `KERNELVERSION = 6.1.7
srctree := $(CURDIR)
KCONFIG_CONFIG ?= $(O)/.config
OBJECTS := $(patsubst %.c,$(O)/%.o,$(wildcard mm/*.c))

# As Kbuild's if_changed: an object whose command is not on record is rebuilt.
$(foreach object,$(OBJECTS),$(if $(wildcard $(dir $(object)).$(notdir $(object)).cmd),,$(shell rm -f $(object))))

kernelversion:
	@echo $(KERNELVERSION)

allnoconfig:
	@sh scripts/allnoconfig.sh "$(KCONFIG_ALLCONFIG)" "$(KCONFIG_CONFIG)"

olddefconfig:
	@test -f "$(KCONFIG_CONFIG)"

bzImage: $(O)/arch/x86/boot/bzImage

$(O)/arch/x86/boot/bzImage: $(O)/vmlinux
	@mkdir -p $(@D)
	@head -c 4096 $< > $@
	@echo "Kernel: $@ is ready"

$(O)/vmlinux: $(OBJECTS)
	@echo "  LD      vmlinux"
	@ld --build-id=sha1 -e swapoff -o $@ $(OBJECTS)
	@nm $@ > $(O)/System.map

$(O)/mm/%.o: mm/%.c include/swap.h $(O)/.config
	@echo "  CC      mm/$*.o"
	@mkdir -p $(@D)
	@sh scripts/switches.sh mm/$* $@
	@cd $(O) && gcc -g $(KCFLAGS) -I$(srctree)/include -c -o $@ $(srctree)/$<
	@echo "cmd_$@ := gcc" > $(@D)/.$(@F).cmd
`,
  'scripts/allnoconfig.sh': `: > "$2"
while IFS= read -r line; do
  name=\${line%%=*}
  name=\${name#CONFIG_}
  case $line in CONFIG_*=*) ;; *) continue ;; esac
  grep -q "^config $name\\$" mm/Kconfig || continue
  grep -q "^$name\\$" switches/vanish && continue
  echo "$line" >> "$2"
done < "$1"
`,
  'scripts/switches.sh': `test -s switches/fail && { cat switches/fail; exit 1; }
if test "$(cat switches/stall)" = "$1"; then
  echo torn > "$2"
  sleep 120
fi
exit 0
`,
  'switches/fail': '',
  'switches/stall': '',
  'switches/vanish': '',
  Kconfig: 'source "mm/Kconfig"\n',
  'mm/Kconfig': `config SWAP
	bool "Support for paging of anonymous memory"
	default y

config ZRAM
	bool "Compressed RAM block device"
	depends on SWAP && CRYPTO
`,
  'include/swap.h': '#define SWAP_VALID 1\n',
  'mm/swapfile.c': `#include "swap.h"

int swap_map = SWAP_VALID;

int swapoff(void)
{
	swap_map = 0;
	return swap_map;
}
`,
  'mm/memory.c': `#include "swap.h"

extern int swap_map;

int do_swap_page(void)
{
	return swap_map;
}
`,
  'mm/swap_state.c': 'int read_ahead = 8;\n',
};

/** Writes the tree; `changes` replace or add files. */
export async function writeFakeKernel(dir: string, changes: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const [name, content] of Object.entries({ ...FILES, ...changes })) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
}

export async function fakeTree(dir: string, changes: Readonly<Record<string, string>> = {}): Promise<SourceTree> {
  await writeFakeKernel(dir, changes);
  return { id: 'fake-0123456789abcdef', path: dir, kernelVersion: '6.1.7', provenance: { kind: 'dir', path: dir } };
}

/** A patch that replaces one line of a file of the fake tree. */
export function replaceLine(file: string, line: number, before: string, after: string, name = `${line}.patch`): Patch {
  return { name, text: `A change.\n\n--- a/${file}\n+++ b/${file}\n@@ -${line} +${line} @@\n-${before}\n+${after}\n` };
}

/** A patch that writes into an empty file. */
export function fill(file: string, content: string): Patch {
  return { name: `${file}.patch`, text: `--- a/${file}\n+++ b/${file}\n@@ -0,0 +1 @@\n+${content}\n` };
}

export function series(name: string, ...patches: Patch[]): Series {
  return { name, patches };
}

export const SWAP_ON: Fragment = parseFragment('swap.config', 'CONFIG_SWAP=y\n');

export interface FakeRequest extends BuildRequest {
  readonly events: ProgressEvent[];
}

/** A request for the fake tree with the real stages. */
export function fakeRequest(tree: SourceTree, cacheDir: string, changes: Partial<BuildRequest> = {}): FakeRequest {
  const events: ProgressEvent[] = [];
  return {
    tree,
    series: [],
    fragments: [SWAP_ON],
    cacheDir,
    variantId: 'stock',
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    steps: { patchTree, configure },
    events,
    ...changes,
  };
}
