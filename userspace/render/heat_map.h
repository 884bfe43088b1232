/* SPDX-License-Identifier: BSD-2-Clause */
/* A card map as a picture: addresses downwards, time to the right. */
#ifndef GCSCOPE_RENDER_HEAT_MAP_H
#define GCSCOPE_RENDER_HEAT_MAP_H

#include "model/card_map.h"
#include "render/render.h"

#define HEAT_ROWS 16

/*
 * At most HEAT_ROWS rows and as many columns as the style's width has room for,
 * neighbours merged; each cell is as dense as it had dirty cards per collection, and
 * blank where no collection was. Above it what the densest stands for, at its left how
 * far from the heap's start a row begins, below when it begins and ends. An empty line comes
 * before it. Prints nothing when no card was ever dirty.
 */
void heat_map_print(FILE *out, const struct card_map *map, const struct text_style *style);

#endif
