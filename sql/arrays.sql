/*
 * Array types are members of the extension, too, so that postgres_fdw ships aggregates
 * that return them.  PostgreSQL 17 and later do this by themselves.
 */
DO LANGUAGE plpgsql $$
DECLARE
    array_type regtype;
BEGIN
    FOR array_type IN
        SELECT a.oid::regtype
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_type t ON t.oid = d.objid JOIN pg_catalog.pg_type a ON a.oid = t.typarray
        WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.deptype = 'e'
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass
            AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'journey')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend m
                WHERE m.classid = d.classid AND m.objid = a.oid AND m.deptype = 'e')
    LOOP
        EXECUTE 'ALTER EXTENSION journey ADD TYPE ' || array_type;
    END LOOP;
END $$;
