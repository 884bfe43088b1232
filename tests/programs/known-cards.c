/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known-cards TENURE: a program of plan generational whose every counter is known beforehand,
 * by arithmetic.
 *
 * All that is young is a pair, of 24 bytes. A nursery of 65,536 bytes takes 2,731: a block has
 * room for 65,528 bytes, so 2,730 pairs, and the 8 bytes that are left of the budget are taken
 * by one more; the pair after that one sets a collection off. What is old is the table, 32,768
 * references and a large object, of 65 pages; its payload begins 16 bytes behind a card's
 * border, so that its elements from 64 c to 64 c + 61 are on its card c. Of a card the slots of
 * 4 stores are logged; the 5th makes it dirty as a whole and open, so that the 6th is not slow.
 *
 * A round ends when the nursery has been spent: 7 of its 8 rounds after 2,731 pairs, that of
 * the 300 cards after 682, since 16,384 bytes are handed out at a time and only then is it
 * noticed that card_budget is spent.
 *
 *   objects                               cell      number         bytes
 *   the table                          266,240           1       266,240
 *   pairs: 7 x 2,731 + 682 + the last one   24      19,800       475,200
 *                                              allocation.objects  19,801
 *                                              allocation.bytes    741,440
 *
 *   stores by round                          stores  slow  dirtied  again   survive
 *   1  into young pairs, twice each           2,000     0       0      0        0
 *      NULL, old references                      20    20       0      0        0
 *   2  card 1: one slot, twice                    2     2       1      0        1
 *      cards 2 to 7: 1 to 6 slots                21    20       6      0       21
 *      cards 8, 9: then NULL, then old            4     4       2      0        0
 *      card 10: 5, and NULL over each            10     5       1      0        0
 *      card 11: 3 copied                          3     3       1      0        3
 *      card 12: gcs_barrier, and one more         2     1       1      0        2
 *   3  cards 2, 7, 10 again                       3     3       3      3        3
 *      card 13: one that is pinned                1     1       1      0        1
 *      the first pair of card 5                   1     1       1      0        1
 *   4  card 13, dirty since that one is young     1     0       0      0        1
 *   5  cards 100 to 399, of one pair            300   300     300      0        1
 *   6  none: a list of 2,700 pairs                0     0       0      0    2,700
 *   7  cards 2 again, and 500                     2     2       2      1        2
 *   8  the same two slots                         2     2       2      0        2
 *                                             2,372   364     321      4    2,738
 *
 * With TENURE 1, rounds 1 to 6 promote what survives them, 2,734 pairs of which the pinned one
 * is in round 4 what survives again: 65,616 bytes, which is more than the budget. So round 7
 * ends with a major collection, which looks at no card, and whose end makes all as if never
 * dirty.
 *
 *   collections: minor, allocation   7      rounds 1 to 6 and 8
 *                major, allocation   1      round 7
 *                major, explicit     2      first and last
 *   nursery: collected     6 x 2,731 + 682 pairs           409,632 bytes
 *            survived      the table, 2,738 pairs          331,952 bytes
 *            aged          the pinned one                       24 bytes
 *   promotion              the same as survived; 2 x 24 bytes of it pinned, each time it stayed
 *   cards: scanned         12 + 5 + 1 + 300 + 2               320
 *          wasted          8, 9 and 10                          3
 *
 * With TENURE 2 survivors stay young once, and the cards that refer to them dirty and open.
 *
 *   3  cards 2 and 7 are open, and the pair of card 5 is young: 3 stores are not slow,
 *      and dirty nothing; cards 1 to 7, 11, 12, and 10 and 13 are scanned
 *   4  cards 2, 7, 10, 13, and that of the pair, old since, are scanned
 *   5  300 and card 13
 *   6  the same 300
 *   7  cards 2 and 500; a minor collection that makes the list old, so that
 *   8  ends with a major one, and its 2 stores are on open cards
 *
 *   slow 364 - 3 - 2, dirtied 321 - 3 - 2, of which 2 again: cards 10 and 2
 *   cards: scanned         12 + 11 + 5 + 301 + 300 + 2        631
 *   nursery: aged          25 (cards 2 and 7 lost one) + 5 + 1 + 1 + 2,700 pairs
 *                                                          65,568 bytes
 *   promotion              the table, these, and 2 of round 8: 331,856 bytes
 *
 * Alive at the end, both times: the table; pairs of cards 1, 2 to 7, 10, 11, 12, 13, 100 to
 * 399 and 500, and what that of card 5 refers to: 1 + 21 + 1 + 3 + 2 + 2 + 1 + 1 + 1 = 33.
 *                                              size.live_bytes     267,032
 */
#include <gcscope/gcscope.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE_LENGTH  32768
#define NURSERY	      65536
#define NURSERY_PAIRS 2731
#define PIECE_PAIRS   682
#define LIST_LENGTH   2700

struct pair {
	void *first, *second;
};

static struct gcs_heap *heap;
static struct gcs_mutator *mutator;
static struct gcs_type *pair_type, *references_type;
static void **table;
static struct pair *list;
static unsigned pairs; /* made in this round */

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "known-cards: %s: %s\n", what, gcs_error_message());
	exit(1);
}

static void register_types(void)
{
	static const uint32_t pair_pointers[] = { 0, 8 }, element_pointers[] = { 0 };
	const struct gcs_type_info pair = {
		.name = "pair",
		.size = sizeof(struct pair),
		.pointers = pair_pointers,
		.pointer_count = 2,
	};
	const struct gcs_type_info references = {
		.name = "references",
		.element_size = sizeof(void *),
		.element_pointers = element_pointers,
		.element_pointer_count = 1,
	};

	if (gcs_type_register(&pair_type, heap, &pair) < 0 ||
	    gcs_type_register(&references_type, heap, &references) < 0)
		die("cannot register a type");
}

static struct pair *new_pair(void)
{
	struct pair *pair = gcs_alloc(mutator, pair_type);

	if (!pair)
		die("out of memory");
	pairs++;
	return pair;
}

/* The round has made so many pairs; the next one's first sets the collection off. */
static void end_round(unsigned made)
{
	while (pairs < made)
		new_pair();
	new_pair();
	pairs = 1;
}

static void **slot(unsigned card, unsigned i)
{
	return &table[64 * card + i];
}

static void store(unsigned card, unsigned i, void *value)
{
	gcs_store(mutator, table, slot(card, i), value);
}

static void of_no_account(void)
{
	for (unsigned i = 0; i < 1000; i++) {
		struct pair *pair = new_pair();

		gcs_store(mutator, pair, &pair->first, NULL);
		gcs_store(mutator, pair, &pair->second, pair);
	}
	for (unsigned card = 0; card < 10; card++) {
		store(card, 0, NULL);
		store(card, 0, table);
	}
}

static void several_slots(void)
{
	store(1, 0, new_pair());
	store(1, 0, new_pair());
	for (unsigned card = 2; card <= 7; card++)
		for (unsigned i = 0; i < card - 1; i++)
			store(card, i, new_pair());
}

static void wasted(void)
{
	store(8, 0, new_pair());
	store(8, 0, NULL);
	store(9, 0, new_pair());
	store(9, 0, table);
	for (unsigned i = 0; i < 5; i++)
		store(10, i, new_pair());
	for (unsigned i = 0; i < 5; i++)
		store(10, i, NULL);
}

static void other_barriers(void)
{
	void *three[3];

	for (unsigned i = 0; i < 3; i++)
		three[i] = new_pair();
	gcs_copy_refs(mutator, table, slot(11, 0), three, 3);
	three[0] = new_pair();
	gcs_barrier(mutator, table, slot(12, 0), three[0]);
	*slot(12, 0) = three[0];
	store(12, 1, new_pair());
}

static void again_and_pinned(void)
{
	struct pair *pinned, *old = *slot(5, 0);

	store(2, 0, new_pair());
	store(7, 0, new_pair());
	store(10, 0, new_pair());
	pinned = new_pair();
	gcs_pin(mutator, pinned);
	store(13, 0, pinned);
	gcs_store(mutator, old, &old->first, new_pair());
}

static void many_cards(void)
{
	struct pair *pair = new_pair();

	for (unsigned card = 100; card < 400; card++)
		store(card, 0, pair);
}

static void make_list(void)
{
	for (unsigned i = 0; i < LIST_LENGTH; i++) {
		struct pair *pair = new_pair();

		gcs_init(&pair->first, list);
		list = pair;
	}
}

static void two_slots(void)
{
	store(2, 0, new_pair());
	store(500, 0, new_pair());
}

static void rounds(void)
{
	of_no_account();
	end_round(NURSERY_PAIRS);
	several_slots();
	wasted();
	other_barriers();
	end_round(NURSERY_PAIRS);
	again_and_pinned();
	end_round(NURSERY_PAIRS);
	store(13, 1, new_pair());
	end_round(NURSERY_PAIRS);
	many_cards();
	end_round(PIECE_PAIRS);
	make_list();
	end_round(NURSERY_PAIRS);
	two_slots();
	end_round(NURSERY_PAIRS);
	list = NULL;
	two_slots();
	end_round(NURSERY_PAIRS);
}

int main(int argc, char **argv)
{
	const struct gcs_options options = {
		.plan = GCS_PLAN_GENERATIONAL,
		.heap_max = 64 << 20,
		.nursery = NURSERY,
		.budget = 65536,
		.card_budget = 256,
		.tenure = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
	};
	void **slots[] = { (void **)&table, (void **)&list };
	struct gcs_frame frame;

	if (gcs_heap_create(&heap, &options) < 0)
		die("cannot create a heap");
	register_types();
	if (gcs_mutator_attach(&mutator, heap, GCS_ROOTS_PRECISE) < 0)
		die("cannot attach");
	gcs_frame_push(mutator, &frame, slots, 2);
	table = gcs_alloc_array(mutator, references_type, TABLE_LENGTH);
	if (!table)
		die("out of memory");
	gcs_collect(mutator);
	rounds();
	gcs_collect(mutator);
	puts("done");
	return 0;
}
