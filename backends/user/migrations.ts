import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { createIdempotencyKeys } from '../shared/idempotency.ts'

const tables: Migration = {
  async up(database) {
    await sql`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
        username text NOT NULL CHECK (char_length(username) BETWEEN 3 AND 50),
        password_hash text NOT NULL,
        full_name text NOT NULL CHECK (char_length(full_name) BETWEEN 1 AND 200),
        phone text CHECK (phone ~ '^\\+?[0-9]{7,15}$'),
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active','suspended','deleted')),
        token_version int NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now())`.execute(database)
    await sql`CREATE UNIQUE INDEX users_email_uq ON users (lower(email))`.execute(database)
    await sql`CREATE UNIQUE INDEX users_username_uq ON users (lower(username))`.execute(database)
    await sql`
      CREATE TABLE user_roles (
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        role text NOT NULL CHECK (role IN ('customer','operator','admin')), PRIMARY KEY (user_id, role))`.execute(
      database
    )
    await sql`
      CREATE TABLE refresh_tokens (
        id uuid PRIMARY KEY, family_id uuid NOT NULL, user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        token_sha256 bytea NOT NULL UNIQUE, expires_at timestamptz NOT NULL,
        rotated_at timestamptz, revoked_at timestamptz)`.execute(database)
    await sql`CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id)`.execute(database)
    await sql`CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id)`.execute(database)
    await createIdempotencyKeys(database)
  }
}

/** Who changed what about an account, and why. Append-only. */
const records: Migration = {
  async up(database) {
    await sql`
      CREATE TABLE user_records (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        actor text NOT NULL, change text NOT NULL, reason text NOT NULL DEFAULT '',
        at timestamptz NOT NULL DEFAULT now())`.execute(database)
  }
}

export const migrations: Record<string, Migration> = { '0001_users': tables, '0002_user_records': records }
