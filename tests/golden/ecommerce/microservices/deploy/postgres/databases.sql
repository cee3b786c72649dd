-- A database for each part, with two roles of its own (roles.sql). Whoever may make databases and roles runs it, and may
-- run it again; containers do so before each migration. Passwords come from PAYMENTS_OWNER_PASSWORD and the like.

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

SELECT format('CREATE DATABASE %I', 'inventory')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'inventory') \gexec
\connect inventory
\setenv OWNER inventory_owner
\setenv ROWS inventory_rows
\getenv password INVENTORY_OWNER_PASSWORD
\setenv OWNER_PASSWORD :password
\getenv password INVENTORY_ROWS_PASSWORD
\setenv ROWS_PASSWORD :password
BEGIN;
\ir roles.sql
COMMIT;

SELECT format('CREATE DATABASE %I', 'orders')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'orders') \gexec
\connect orders
\setenv OWNER orders_owner
\setenv ROWS orders_rows
\getenv password ORDERS_OWNER_PASSWORD
\setenv OWNER_PASSWORD :password
\getenv password ORDERS_ROWS_PASSWORD
\setenv ROWS_PASSWORD :password
BEGIN;
\ir roles.sql
COMMIT;

SELECT format('CREATE DATABASE %I', 'payments')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'payments') \gexec
\connect payments
\setenv OWNER payments_owner
\setenv ROWS payments_rows
\getenv password PAYMENTS_OWNER_PASSWORD
\setenv OWNER_PASSWORD :password
\getenv password PAYMENTS_ROWS_PASSWORD
\setenv ROWS_PASSWORD :password
BEGIN;
\ir roles.sql
COMMIT;
