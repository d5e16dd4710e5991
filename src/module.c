/*
 * module.c
 *		What the server asks a library for, and the analyses that there are.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"
#include "population/population.h"

JOURNEY_MODULE_MAGIC;

extern const Analysis stage_funnel_analysis;
extern const Analysis session_summary_analysis;
extern const Analysis channel_attribution_analysis;
extern const Analysis attribution_from_paths_analysis;
extern const Analysis journey_map_analysis;
extern const Analysis pain_points_analysis;
extern const Analysis journey_flow_analysis;
extern const Analysis journey_paths_analysis;
extern const Analysis journey_transitions_analysis;
extern const Analysis omnichannel_summary_analysis;

extern void _PG_init(void);

#ifdef JOURNEY_TEST_FORMAT
extern void journey_test_format_init(void);
#endif

void
_PG_init(void)
{
	population_register(&stage_funnel_analysis);
	population_register(&session_summary_analysis);
	population_register(&channel_attribution_analysis);
	population_register(&attribution_from_paths_analysis);
	population_register(&journey_map_analysis);
	population_register(&pain_points_analysis);
	population_register(&journey_flow_analysis);
	population_register(&journey_paths_analysis);
	population_register(&journey_transitions_analysis);
	population_register(&omnichannel_summary_analysis);
#ifdef JOURNEY_TEST_FORMAT
	journey_test_format_init();
#endif
}
