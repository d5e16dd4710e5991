# What the round-trip tests share.  Sourced.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${JOURNEY_TMP:-${TMPDIR:-/tmp}}/roundtrip.XXXXXX")
databases=()

leave()
{
	local status=$?

	for database in ${databases+"${databases[@]}"}; do
		dropdb --if-exists "$database" 2>/dev/null || true
	done
	rm -rf "$work"
	exit $status
}
trap leave EXIT

# A fresh database, removed at the end.
create_database()
{
	databases+=("$1")
	dropdb --if-exists "$1" 2>/dev/null
	createdb -T template0 -E UTF8 --locale=C "$@"
}

# psql in a database; any error ends the test.
sql()
{
	PGTZ=UTC PGCLIENTENCODING=${PGCLIENTENCODING:-UTF8} psql -X -q -v ON_ERROR_STOP=1 -d "$@"
}

# What a database's sample looks like.
fingerprint()
{
	sql "$1" -f "$here/fingerprint.sql"
}

fail()
{
	echo "$*"
	exit 1
}
