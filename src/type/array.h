/*
 * array.h
 *		Arrays that may be huge.
 *
 * Where addresses have 32 bits, a count of touchpoints or labels times what each takes may
 * not fit a Size.
 */
#ifndef JOURNEY_TYPE_ARRAY_H
#define JOURNEY_TYPE_ARRAY_H

#include "utils/memutils.h"

#include "compat.h"

extern void array_too_large(uint64 count, Size size) pg_attribute_noreturn();

/* Bytes of an array; an error if no allocation can have so many. */
static inline Size
array_size(uint64 count, Size size)
{
	if (unlikely(count > MaxAllocHugeSize / size))
		array_too_large(count, size);
	return (Size) count * size;
}

static inline void *
array_alloc(MemoryContext context, uint64 count, Size size)
{
	return MemoryContextAllocHuge(context, array_size(count, size));
}

static inline void *
array_realloc(void *array, uint64 count, Size size)
{
	return repalloc_huge(array, array_size(count, size));
}

/* A larger array with what is in this one, which is NULL if there is none yet. */
static inline void *
array_grow(MemoryContext context, void *array, uint64 count, Size size)
{
	return array ? array_realloc(array, count, size) : array_alloc(context, count, size);
}

/* Another array instead of this one, or of NULL; what was there is lost. */
static inline void *
array_renew(MemoryContext context, void *array, uint64 count, Size size)
{
	if (array)
		pfree(array);
	return array_alloc(context, count, size);
}

#endif							/* JOURNEY_TYPE_ARRAY_H */
