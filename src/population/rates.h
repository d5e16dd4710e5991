/*
 * rates.h
 *		How sure is a rate?
 */
#ifndef JOURNEY_POPULATION_RATES_H
#define JOURNEY_POPULATION_RATES_H

/* The 95 % Wilson interval of "some" out of "all", which is more than zero. */
extern void rate_interval(double some, double all, double *low, double *high);

/* The 95 % interval, from -1 to 1, of "plus" less "minus" out of "all", which is more than zero. */
extern void net_rate_interval(double plus, double minus, double all, double *low, double *high);

#endif							/* JOURNEY_POPULATION_RATES_H */
