-- A database as version 0.1.0 left it, when sqlx migrated: all but the last migration. Its token is
-- bkua_158c92c2e9c5c9c04beab025c58b7a124460d4c95d3f0abf59533cf391c0bd75
PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'registries and access tokens','2026-11-29 18:11:51',1,X'0D494B7FA9D1543D7E45AD31F51F4F687E9910857B45A75E344DB8362751F0BADC2829B1082B0A8A895D4DDF6D7547EB',666604);
INSERT INTO "_sqlx_migrations" VALUES(2,'registry tokens','2026-11-29 18:11:51',1,X'6572D375F7BE87C5891F2633FE00247C33E1A0743BE075292BA8DA72BC6E79EECB0534415CCC142C715F88CB64DF23BB',395189);
CREATE TABLE access_token_organizations (
    access_token_id TEXT NOT NULL REFERENCES access_tokens (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    PRIMARY KEY (access_token_id, organization_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "access_token_organizations" VALUES('01a22881-9841-76c0-9e70-df37436c3e3d','01a22881-9826-73dc-b538-cafdfa3bdec2');
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
INSERT INTO "access_tokens" VALUES('01a22881-9841-76c0-9e70-df37436c3e3d','01a22881-9841-76c0-9e70-df38ca34291b',X'8290504FD47950AC01FD7F7BDD6189501B56B769A04E33E183C4E03F4B51D835','Access token','["read_registries","create_registries","write_registries","delete_registries","read_packages","write_packages","delete_packages","read_organizations","read_accounts"]',1795975911489,NULL,NULL);
CREATE TABLE organizations (
    id         TEXT    NOT NULL PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "organizations" VALUES('01a22881-9826-73dc-b538-cafdfa3bdec2','my-org','My organization',1795975911462);
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
INSERT INTO "registries" VALUES('01a22881-9900-7000-8000-000000000001','01a22881-9826-73dc-b538-cafdfa3bdec2','kept','Kept','ruby',NULL,NULL,NULL,NULL,NULL,1795975911600);
CREATE TABLE registry_tokens (
    id          TEXT    NOT NULL PRIMARY KEY,
    registry_id TEXT    NOT NULL REFERENCES registries (id) ON DELETE CASCADE,
    digest      BLOB    NOT NULL UNIQUE,
    description TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL REFERENCES users (id)
) STRICT;
CREATE TABLE users (
    id         TEXT    NOT NULL PRIMARY KEY,
    email      TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO "users" VALUES('01a22881-9841-76c0-9e70-df38ca34291b','my-org@users.example.org','my-org',1795975911489);
CREATE INDEX registries_in_order ON registries (organization_id, id);
CREATE INDEX registry_tokens_in_order ON registry_tokens (registry_id, id);
COMMIT;
