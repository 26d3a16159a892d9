// SPDX-License-Identifier: GPL-2.0-only
import { plotsOfMaps } from '../probe/place/show.ts';
import { exploredText, mapName, wayOf } from '../probe/place/words.ts';
import type { MapsPage } from '../report/html/maps.ts';
import type { StoredMap, StoredMaps } from './stored-maps.ts';

/** Stored maps as a page shows them: those of one path of a race below each other. */
export function mapsPage({ maps, notes }: StoredMaps): MapsPage {
  const groups = new Map<string, StoredMap[]>();
  for (const each of maps) {
    const key = `${each.map.race} ${each.map.path}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return {
    notes,
    plots: [...groups.values()].flatMap((group) =>
      group.slice(0, 1).flatMap(({ probe }) =>
        plotsOfMaps(
          probe,
          group.map(({ map }) => map),
          mapName,
        ),
      ),
    ),
    kernels: maps.map(({ map, kernel, run }) => ({
      ...{ variant: map.variant, way: wayOf(map), explored: exploredText(map), kernel, run },
    })),
  };
}
