-- Two roles for the app's database: app_owner owns its tables and migrates them, app_rows may touch their rows alone.
--
-- Whoever may make roles runs it in that database, and may run it again: passwords and rights become what is said here,
-- and tables of whoever runs it change hands. Containers do so before each migration; elsewhere:
--
--   OWNER_PASSWORD=... ROWS_PASSWORD=... psql "$SUPERUSER_URL" --single-transaction -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql
--
-- Where one server has several databases of this kind, OWNER and ROWS name other roles.

SET client_min_messages = warning;
\set owner app_owner
\set rows app_rows
\getenv owner OWNER
\getenv rows ROWS
\getenv owner_password OWNER_PASSWORD
\getenv rows_password ROWS_PASSWORD

SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY[:'owner', :'rows']) AS role
  WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE :"owner" LOGIN PASSWORD :'owner_password';
ALTER ROLE :"rows" LOGIN PASSWORD :'rows_password';
GRANT :"owner" TO CURRENT_USER;

REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE :"DBNAME" TO :"owner";
GRANT CONNECT ON DATABASE :"DBNAME" TO :"rows";
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- what was made before there were these roles
SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, :'owner') FROM pg_namespace
  WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = CURRENT_USER)
    AND nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public') \gexec
SELECT format('ALTER TABLE %s OWNER TO %I', pg_class.oid::regclass, :'owner')
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind IN ('r', 'p') AND relowner = (SELECT oid FROM pg_roles WHERE rolname = CURRENT_USER)
    AND nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public') \gexec

-- the rows of what is there, and of what will be
SELECT format('GRANT %s IN SCHEMA %I TO %I', rights, nspname, :'rows')
  FROM pg_namespace, unnest(ARRAY['SELECT, INSERT, UPDATE, DELETE ON ALL TABLES', 'USAGE ON ALL SEQUENCES']) AS rights
  WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, :'rows') FROM pg_namespace
  WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = :'owner') \gexec
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SCHEMAS TO :"rows";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"rows";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SEQUENCES TO :"rows";
