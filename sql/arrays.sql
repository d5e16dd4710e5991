/*
 * Array types are members of the extension, too, so that postgres_fdw ships aggregates
 * that return them.  PostgreSQL 17 and later do this by themselves.
 */
DO LANGUAGE plpgsql $$
DECLARE
    member regtype;
BEGIN
    FOR member IN SELECT t.typarray FROM pg_catalog.pg_type t JOIN pg_catalog.pg_depend d ON d.objid = t.oid
        JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'journey' AND d.deptype = 'e'
        WHERE d.classid = 'pg_catalog.pg_type'::regclass AND t.typarray NOT IN (
            SELECT objid FROM pg_catalog.pg_depend WHERE classid = d.classid AND deptype = 'e') AND t.typarray <> 0
    LOOP EXECUTE 'ALTER EXTENSION journey ADD TYPE ' || member; END LOOP;
END $$;
