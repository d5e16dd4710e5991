/*
 * choice_private.h
 *		Names and choices as parsers of the small languages read them.
 */
#ifndef JOURNEY_PATTERN_CHOICE_PRIVATE_H
#define JOURNEY_PATTERN_CHOICE_PRIVATE_H

#include "pattern/choice.h"
#include "pattern/scan_private.h"

/* What the next token, a word or a quoted name, names, with the star behind it; passes it. */
extern PatternName pattern_take_name(Parser *parser);

/*
 * Parses a choice and appends its terms, as those of this element, to a list that is made
 * when it is empty and grows.  Returns the columns that they ask for: COLUMN_CHANNEL or 0.
 * An error says what was expected if none stands there.
 */
extern int	pattern_parse_choice(Parser *parser, const char *expected, int element,
								 PatternTerm **term, int *terms);

#endif							/* JOURNEY_PATTERN_CHOICE_PRIVATE_H */
