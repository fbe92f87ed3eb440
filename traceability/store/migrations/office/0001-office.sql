-- What belongs to the people at this office and not to the log: accounts, device keys on their way into
-- the registry, and who did what on these pages. Migrated, never rebuilt (DESIGN section 4).

CREATE TABLE account (
    login     TEXT PRIMARY KEY,
    password  TEXT NOT NULL,
    name      TEXT NOT NULL,
    party     TEXT NOT NULL,
    role      TEXT NOT NULL,
    site      TEXT,
    locale    TEXT,
    published INTEGER NOT NULL DEFAULT 0 CHECK (published IN (0, 1)),
    disabled  INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolment (
    kid       TEXT PRIMARY KEY,
    jwk       TEXT NOT NULL,
    proof     TEXT NOT NULL,
    party     TEXT NOT NULL,
    role      TEXT NOT NULL,
    login     TEXT NOT NULL REFERENCES account (login),
    device    TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'refused', 'revoked')),
    requested TEXT NOT NULL,
    decided   TEXT,
    decider   TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX enrolment_party ON enrolment (party, state);
CREATE INDEX enrolment_login ON enrolment (login);

CREATE TABLE trail (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    login  TEXT NOT NULL,
    party  TEXT NOT NULL,
    act    TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- Who read what is evidence: a row may be added, never changed or taken away.
CREATE TRIGGER trail_keeps BEFORE UPDATE ON trail BEGIN SELECT raise(ABORT, 'the audit trail only grows'); END;
CREATE TRIGGER trail_stays BEFORE DELETE ON trail BEGIN SELECT raise(ABORT, 'the audit trail only grows'); END;
