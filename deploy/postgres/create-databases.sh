#!/bin/bash
# Runs once, inside the postgres container, on an empty data volume.
# One login role owns one database per service, and the one where the order service keeps its durable workflows.
# It is no superuser and cannot create databases. The superuser loses its password: only this container's socket admits it.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE shop LOGIN PASSWORD :'password';
CREATE DATABASE users OWNER shop;
CREATE DATABASE products OWNER shop;
CREATE DATABASE orders OWNER shop;
CREATE DATABASE orders_dbos_sys OWNER shop;
CREATE DATABASE payments OWNER shop;
CREATE DATABASE inventory OWNER shop;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
