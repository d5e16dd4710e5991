/*
 * scan_private.h
 *		Tokens and intervals of the pattern language and of those beside it.
 *
 * A language says which characters are signs.  A newline that is one is not a
 * blank, and a ":" that is one ends a word: labels that hold it then need quotes.
 */
#ifndef JOURNEY_PATTERN_SCAN_PRIVATE_H
#define JOURNEY_PATTERN_SCAN_PRIVATE_H

#include "type/columns.h"

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_QUOTED,
	TOKEN_LATER,				/* -> */
	TOKEN_NEXT,					/* => */
	TOKEN_AT_MOST,				/* <= */
	TOKEN_SIGN					/* one of the language's signs */
} TokenKind;

#define PATTERN_SIGNS	"!?()|&@*[]"

typedef struct Token
{
	TokenKind	kind;
	int			start;			/* byte positions in the source */
	int			end;
	const char *text;			/* of a word or quoted name, quotes undone */
	int			length;
} Token;

typedef struct Parser
{
	const char *text;
	int			length;
	const char *what;			/* is parsed, for messages: "pattern" */
	const char *signs;
	const char *keyword;		/* beside those of patterns, or NULL */
	Token		token;			/* the one to be looked at next */
	int			previous_end;	/* where the token before it ended */
	struct Pattern *pattern;	/* NULL, and what follows unused: another language */
	bool		clauses;		/* has there been a clause? */
	int			by_start;		/* where "by" stands */
	Token		by_step;		/* "by channel of" it */
	bool		within;
} Parser;

/* Errors at the next token, or at a byte position. */
extern void pattern_syntax_error(const Parser *parser, const char *expected, const char *hint);
extern void pattern_rule_error(const Parser *parser, int position, const char *rule,
							   const char *hint);
extern int	pattern_character_at(const Parser *parser, int position);
extern char *pattern_found_at(const Parser *parser, int start, int end);

/* What may have been meant by a token that cannot stand where it does; NULL: no idea. */
extern const char *pattern_advice(const Parser *parser);

/* Moves on to the next token. */
extern void pattern_next_token(Parser *parser);

/* Is the next token this one; if so, pass it. */
extern bool pattern_at_sign(const Parser *parser, char sign);
extern bool pattern_accept_sign(Parser *parser, char sign);
extern bool pattern_at_word(const Parser *parser, const char *word);
extern bool pattern_accept_word(Parser *parser, const char *word);
extern bool pattern_is_keyword(const char *text, int length);
extern bool pattern_at_keyword(const Parser *parser);

/* An interval in microseconds, which begins with a number. */
extern bool pattern_at_number(const Parser *parser);
extern int64 pattern_parse_interval(Parser *parser);

#endif							/* JOURNEY_PATTERN_SCAN_PRIVATE_H */
