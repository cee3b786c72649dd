-- A database for each part, with two roles of its own (roles.sql). Whoever may make databases and roles runs it, and may
-- run it again; containers do so before each migration. Passwords come from ITEMS_OWNER_PASSWORD and the like.

SELECT format('CREATE DATABASE %I', 'accounts')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'accounts') \gexec
\connect accounts
\setenv OWNER accounts_owner
\setenv ROWS accounts_rows
\getenv password ACCOUNTS_OWNER_PASSWORD
\setenv OWNER_PASSWORD :password
\getenv password ACCOUNTS_ROWS_PASSWORD
\setenv ROWS_PASSWORD :password
BEGIN;
\ir roles.sql
COMMIT;

SELECT format('CREATE DATABASE %I', 'items')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'items') \gexec
\connect items
\setenv OWNER items_owner
\setenv ROWS items_rows
\getenv password ITEMS_OWNER_PASSWORD
\setenv OWNER_PASSWORD :password
\getenv password ITEMS_ROWS_PASSWORD
\setenv ROWS_PASSWORD :password
BEGIN;
\ir roles.sql
COMMIT;
