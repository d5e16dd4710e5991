/*
 * channel_rules.h
 *		Channel rules: which channel a source, a medium and a campaign make.
 *
 *		rules     := rule ((';' | newline) rule)*
 *		rule      := name ':' condition ('and' condition)*
 *		condition := ('source' | 'medium' | 'campaign') 'in' '(' word (',' word)* ')'
 *		word      := 'none' | part+
 *		part      := bare word | "quoted" | '*' | '[' ['^'] characters ']'
 *
 * Parts stand without a blank between them.  A star is anything, brackets are one character that
 * is among those inside, of which "a-f" is six, or with "^" is not.  "none" is nothing but blanks.
 * Of names bare words hold no ":".  Separators may stand one behind another and at either end;
 * within a rule a new line is a blank wherever the rule cannot end.
 *
 * The first rule of which all conditions hold counts.  Both sides are compared in lower case,
 * of ASCII's letters only, so that no locale is asked, and what is classified without the blanks
 * at its ends.
 */
#ifndef JOURNEY_PATTERN_CHANNEL_RULES_H
#define JOURNEY_PATTERN_CHANNEL_RULES_H

#include "type/labels.h"

/* Words of all rules of a text: what is classified is compared with each. */
#define CHANNEL_MAX_WORDS	10000

#define CHANNEL_UNASSIGNED	"Unassigned"

/* What a condition may be about. */
typedef enum ChannelColumn
{
	CHANNEL_SOURCE,
	CHANNEL_MEDIUM,
	CHANNEL_CAMPAIGN,
	CHANNEL_COLUMNS
} ChannelColumn;

typedef enum ChannelPartKind
{
	PART_TEXT,
	PART_ANY,
	PART_ONE
} ChannelPartKind;

typedef struct ChannelPart
{
	ChannelPartKind kind;
	const char *text;			/* in lower case; not terminated */
	int			length;
	uint64		among[2];		/* PART_ONE: a bit for each character of ASCII */
	bool		beyond;			/* PART_ONE: is it any that is beyond ASCII? */
} ChannelPart;

typedef struct ChannelWord
{
	int			first_part;
	int			parts;			/* 0: "none" */
} ChannelWord;

typedef struct ChannelCondition
{
	ChannelColumn column;
	int			first_word;
	int			words;
} ChannelCondition;

typedef struct ChannelRule
{
	const char *channel;		/* terminated */
	int			first_condition;
	int			conditions;
} ChannelRule;

typedef struct ChannelRules
{
	int			rules;
	ChannelRule *rule;
	int			conditions;
	ChannelCondition *condition;
	int			words;
	ChannelWord *word;
	int			parts;
	ChannelPart *part;
} ChannelRules;

/* Those that are meant where none are given. */
extern const char channel_rules_shipped[];

/* Parses into the current memory context; errors point at the character. */
extern ChannelRules *channel_rules_parse(const char *text, int length);

/* The channel of these values, each empty if there is none; CHANNEL_UNASSIGNED if no rule holds. */
extern const char *channel_rules_classify(const ChannelRules *rules,
										  const Label value[CHANNEL_COLUMNS]);

#endif							/* JOURNEY_PATTERN_CHANNEL_RULES_H */
