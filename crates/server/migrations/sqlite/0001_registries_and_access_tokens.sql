-- Identifiers are UUIDs in their hyphenated form, times are milliseconds since 1970 in UTC, sets of
-- scopes and team ids are JSON arrays of strings.

CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id         TEXT    NOT NULL PRIMARY KEY,
    email      TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Of the secret only its SHA-256 is kept.
CREATE TABLE access_tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    user_id     TEXT    NOT NULL REFERENCES users (id),
    digest      BLOB    NOT NULL UNIQUE,
    description TEXT    NOT NULL,
    scopes      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER
) STRICT;

CREATE TABLE access_token_organizations (
    access_token_id TEXT NOT NULL REFERENCES access_tokens (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    PRIMARY KEY (access_token_id, organization_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE registries (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    slug            TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    ecosystem       TEXT    NOT NULL,
    description     TEXT,
    emoji           TEXT,
    color           TEXT,
    oidc_policy     TEXT,
    team_ids        TEXT,
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, slug)
) STRICT;

-- Lists are read in this order.
CREATE INDEX registries_in_order ON registries (organization_id, id);
