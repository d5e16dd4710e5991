/*
 * word.h
 *		The bare words of labels, in journey text and in patterns: what needs no
 *		quotes.
 *
 * ASCII's letters and digits, _ - . / : $, and what lies beyond ASCII.  In a UTF-8
 * database blanks, punctuation, arrows and format characters of there are
 * left out: they look like something that they are not, or like nothing.  No
 * locale is asked, and the table does not grow with Unicode.
 */
#ifndef JOURNEY_TYPE_WORD_H
#define JOURNEY_TYPE_WORD_H

/* The bytes that word_bytes takes of a character beyond ASCII; 0: it needs quotes. */
extern int	word_wide_bytes(const char *text, const char *end);

/* A character beyond ASCII that needs quotes, "U+2192", palloc'd. */
extern char *word_refused(const char *text, const char *end);

/*
 * How many bytes at "text" go on with a bare word: those of a character, with the
 * joiner behind it if one belongs there; 0: the word ends.
 */
static inline int
word_bytes(const char *text, const char *end)
{
	unsigned char c;

	if (text >= end)
		return 0;
	c = (unsigned char) *text;
	if (c >= 0x80)
		return word_wide_bytes(text, end);
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '.' || c == '/' || c == ':' || c == '$';
}

/* Can a label be written without quotes? */
extern bool word_is_bare(const char *text, int length);

#endif							/* JOURNEY_TYPE_WORD_H */
