-- Tenor's two roles and its database. Run by psql as superuser, as often as you like; the passwords come from the environment.
-- The owner migrates. The application reads and writes what the migrations grant it, and can neither alter nor rewrite the books.

\getenv owner_password OWNER_PASSWORD
\getenv application_password APPLICATION_PASSWORD

SELECT 'CREATE ROLE tenor_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenor_owner') \gexec
SELECT 'CREATE ROLE tenor_app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenor_app') \gexec
ALTER ROLE tenor_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE tenor_app LOGIN PASSWORD :'application_password';

SELECT 'CREATE DATABASE tenor OWNER tenor_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tenor') \gexec
REVOKE ALL ON DATABASE tenor FROM PUBLIC;
GRANT CONNECT ON DATABASE tenor TO tenor_app;
