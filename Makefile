# journey: customer-journey analytics inside PostgreSQL
#
#   make && make install     build and install (PG_CONFIG=... chooses a server)
#   make check               build and test in a throw-away cluster
#   make installcheck        regression tests against a running server
#   make check-tap           only the tests that start several servers
#   make check-versions      build and test with every supported PostgreSQL (as root)
#   make sqlsmith SECONDS=n  random queries against the extension
#   make check-sanitize      the whole suite with AddressSanitizer and UBSan
#   make check-valgrind      the regression files with the server under valgrind
#   make check-static        warnings of clang, its static analyser, and cppcheck
#   make coverage            the suite, and which lines of src/ it ran
#   make fuzz [SECONDS=n] [TARGET=name]   hostile input, without a server
#   make demo [EVENTS=file.csv ...]       a demonstration in a throw-away cluster: see README.md
#   make bench [ROWS=n]      time it against PostgreSQL itself
#
# In a folder of its own: make -f path/to/Makefile && make -f path/to/Makefile install
here := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

EXTENSION  = journey
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(here)/journey.control)

# Names of files in the source, whatever folder this is built in.
files = $(sort $(patsubst $(here)/%,%,$(wildcard $(addprefix $(here)/,$(1)))))

MODULE_big = journey
OBJS       = $(patsubst %.c,%.o,$(call files,src/*.c src/*/*.c))

# The install script is these files in this order: later ones use earlier ones.
SQL_PARTS  = journey aggregate match tally funnel session reshape rename measure attribution stage map pain sequence channel omnichannel rating arrays
DATA       = $(call files,sql/journey--*--*.sql)
DATA_built = journey--$(EXTVERSION).sql

REGRESS      = $(patsubst test/sql/%.sql,%,$(call files,test/sql/*.sql))
# pg_regress looks for its inputs below its output folder first: not here, where
# sql/ holds something else.
REGRESS_OPTS = --inputdir=$(here)/test --outputdir=tmp_check --load-extension=journey

PG_CPPFLAGS = -I$(here)/src -DJOURNEY_VERSION='"$(EXTVERSION)"'
PG_CFLAGS   = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
# Sums are compensated, which needs doubles to be rounded as such; the older unit of 32-bit
# processors keeps more digits.  A server without SSE need not align the stack for it.
ifneq (,$(filter i%86-%,$(shell $(CC) -dumpmachine 2>/dev/null)))
PG_CFLAGS += -msse2 -mfpmath=sse -mstackrealign
endif
EXTRA_CLEAN = tmp_check tmp_fuzz

PG_CONFIG ?= pg_config

# These bring up what they need themselves, PostgreSQL's headers included, and
# PGXS has a "check" of its own that only says no.  Hence PGXS is left out when
# one of them is asked for, and every other goal gets a make of its own.
SCRIPTED = check check-tap check-versions check-sanitize check-valgrind check-static coverage fuzz sqlsmith demo bench

ifneq (,$(filter $(SCRIPTED),$(MAKECMDGOALS)))

.PHONY: $(MAKECMDGOALS)
.NOTPARALLEL:
export PG_CONFIG

check:
	@$(here)/test/check

check-tap:
	@$(here)/test/check $(patsubst test/%,%,$(call files,test/t/*.pl))

check-versions:
	@$(here)/test/versions

# SECONDS is something else to a shell.
unexport SECONDS
sqlsmith:
	@$(here)/test/cluster -c 'log_line_prefix=%e ' $(here)/test/sqlsmith $(SECONDS)

check-sanitize:
	@$(here)/test/check -s

check-valgrind:
	@$(here)/test/check -v

check-static:
	@$(here)/test/static

coverage:
	@$(here)/test/check -g

fuzz:
	@$(here)/test/fuzz/run $(or $(SECONDS),60) $(TARGET)

demo:
	@$(here)/test/tools
	@$(here)/demo/run

bench:
	@$(here)/test/tools
	@$(here)/test/bench/run $(ROWS)

$(filter-out $(SCRIPTED),$(MAKECMDGOALS)):
	@$(MAKE) --no-print-directory -f $(here)/Makefile $@

# What the user set for the demonstration travels in the environment as it is,
# neither expanded by make nor read by a shell.
DEMO = EVENTS CUSTOMER AT EVENT CHANNEL VALUE FUNNEL DATES DECIMAL SKIP_BAD KEEP
$(foreach name,$(DEMO),$(eval override $(name) := $$(value $(name))))
export $(DEMO)

else

PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifeq (,$(PGXS))
$(error $(PG_CONFIG) $(if $(shell command -v $(PG_CONFIG) 2>/dev/null),finds no PostgreSQL server headers,is not there): run test/tools, or install PostgreSQL's development package)
endif
include $(PGXS)

# PGXS puts objects beside their sources' names, also where there are no such folders yet.
$(shell mkdir -p $(dir $(OBJS)))
$(OBJS) $(OBJS:.o=.bc): $(wildcard $(here)/src/*.h $(here)/src/*/*.h)

journey--$(EXTVERSION).sql: sql/population.awk $(SQL_PARTS:%=sql/%.sql) Makefile
	awk -f $(filter %.awk,$^) $(filter %.sql,$^) > $@

endif
