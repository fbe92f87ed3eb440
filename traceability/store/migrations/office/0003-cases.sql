-- Exceptions and alerts: what somebody must resolve, with whom, until when, and what was said about it.

CREATE TABLE case_file (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('exception', 'alert')),
    cause     TEXT NOT NULL,
    item      TEXT NOT NULL,               -- EPC; the first where there are several; the key of a forked signer
    state     TEXT NOT NULL CHECK (state IN
        ('open', 'answered', 'new', 'acknowledged', 'investigating', 'escalated', 'resolved')),
    raised    TEXT NOT NULL,
    raiser    TEXT NOT NULL,               -- GLN of the party that resolves it
    due       TEXT NOT NULL,               -- last day, a date
    size      INTEGER NOT NULL,            -- of the log when it was raised: a signed outcome comes later
    evidence  TEXT NOT NULL,               -- JSON
    repeats   INTEGER NOT NULL DEFAULT 1,
    last      TEXT NOT NULL,               -- when it was last repeated
    proposal  TEXT NOT NULL DEFAULT '',
    outcome   TEXT NOT NULL DEFAULT '',    -- id of the signed statement that settled it
    closed    TEXT,
    escalated TEXT
) STRICT;

-- One alert per cause and item: a repeat is counted on it.
CREATE UNIQUE INDEX case_once ON case_file (cause, item) WHERE kind = 'alert' AND state <> 'resolved';
CREATE INDEX case_raised ON case_file (kind, raised);

CREATE TABLE case_item (
    id  INTEGER NOT NULL REFERENCES case_file (id),
    epc TEXT NOT NULL,
    PRIMARY KEY (id, epc)
) STRICT, WITHOUT ROWID;

CREATE TABLE case_party (
    id    INTEGER NOT NULL REFERENCES case_file (id),
    party TEXT NOT NULL,
    part  TEXT NOT NULL CHECK (part IN ('raiser', 'other', 'concerned')),
    owner TEXT NOT NULL DEFAULT '',        -- login of the person who takes care of it there
    PRIMARY KEY (id, party)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_party_party ON case_party (party);

CREATE TABLE case_line (
    line  INTEGER PRIMARY KEY,
    id    INTEGER NOT NULL REFERENCES case_file (id),
    at    TEXT NOT NULL,
    party TEXT NOT NULL,                   -- empty where the server itself acted
    login TEXT NOT NULL,
    act   TEXT NOT NULL,
    text  TEXT NOT NULL
) STRICT;

CREATE INDEX case_line_id ON case_line (id);
CREATE TRIGGER case_line_keeps BEFORE UPDATE ON case_line BEGIN SELECT raise(ABORT, 'a thread only grows'); END;
CREATE TRIGGER case_line_stays BEFORE DELETE ON case_line BEGIN SELECT raise(ABORT, 'a thread only grows'); END;

-- How far something that follows the log, or the threads, has come.
CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who checked which item where and when: nobody signed it, and it is kept for days, not years.
CREATE TABLE sighting (
    id    INTEGER PRIMARY KEY,
    epc   TEXT NOT NULL,
    party TEXT NOT NULL,
    site  TEXT,
    time  TEXT NOT NULL,
    kind  TEXT NOT NULL,                   -- of the verdict, and its reason
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX sighting_epc ON sighting (epc);
CREATE INDEX sighting_time ON sighting (time);
CREATE INDEX sighting_party ON sighting (party, kind, time);

CREATE TABLE check_count (
    day    TEXT NOT NULL,
    party  TEXT NOT NULL,
    checks INTEGER NOT NULL,
    PRIMARY KEY (day, party)
) STRICT, WITHOUT ROWID;
