-- As in SQLite, but for the types that PostgreSQL has. Times are milliseconds since 1970 in UTC, sets
-- of scopes and team ids are JSON arrays of strings. Texts that are compared or sorted are so by
-- their bytes, whatever the collation of the database.

CREATE TABLE organizations (
    id         UUID   NOT NULL PRIMARY KEY,
    slug       TEXT   COLLATE "C" NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id         UUID   NOT NULL PRIMARY KEY,
    email      TEXT   COLLATE "C" NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- Of the secret only its SHA-256 is kept.
CREATE TABLE access_tokens (
    id          UUID   NOT NULL PRIMARY KEY,
    user_id     UUID   NOT NULL REFERENCES users (id),
    digest      BYTEA  NOT NULL UNIQUE,
    description TEXT   NOT NULL,
    scopes      TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    revoked_at  BIGINT
);

CREATE TABLE access_token_organizations (
    access_token_id UUID NOT NULL REFERENCES access_tokens (id) ON DELETE CASCADE,
    organization_id UUID NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    PRIMARY KEY (access_token_id, organization_id)
);

CREATE TABLE registries (
    id              UUID   NOT NULL PRIMARY KEY,
    organization_id UUID   NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    slug            TEXT   COLLATE "C" NOT NULL,
    name            TEXT   NOT NULL,
    ecosystem       TEXT   NOT NULL,
    description     TEXT,
    emoji           TEXT,
    color           TEXT,
    oidc_policy     TEXT,
    team_ids        TEXT,
    created_at      BIGINT NOT NULL,
    UNIQUE (organization_id, slug)
);

-- Lists are read in this order.
CREATE INDEX registries_in_order ON registries (organization_id, id);
