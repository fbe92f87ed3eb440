-- Investigations are cases like exceptions and alerts: one thread, one owner, one deadline. What they collect,
-- their documents, and the reports of illegitimate product.

-- The kinds of a case stand in a CHECK, which SQLite changes only by making the table anew.
CREATE TABLE case_file_2 (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('exception', 'alert', 'investigation')),
    cause     TEXT NOT NULL,               -- of an investigation its title
    item      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN
        ('open', 'answered', 'new', 'acknowledged', 'investigating', 'escalated', 'resolved')),
    raised    TEXT NOT NULL,
    raiser    TEXT NOT NULL,
    due       TEXT NOT NULL,
    size      INTEGER NOT NULL,
    evidence  TEXT NOT NULL,
    repeats   INTEGER NOT NULL DEFAULT 1,
    last      TEXT NOT NULL,
    proposal  TEXT NOT NULL DEFAULT '',
    outcome   TEXT NOT NULL DEFAULT '',
    closed    TEXT,
    escalated TEXT
) STRICT;
INSERT INTO case_file_2 SELECT * FROM case_file;
DROP TABLE case_file;
ALTER TABLE case_file_2 RENAME TO case_file;
CREATE UNIQUE INDEX case_once ON case_file (cause, item) WHERE kind = 'alert' AND state <> 'resolved';
CREATE INDEX case_raised ON case_file (kind, raised);
CREATE INDEX case_item_epc ON case_item (epc);

-- What an investigation collects: subjects of dossiers by their URI, and other cases as "alert/12".
CREATE TABLE investigation_subject (
    id      INTEGER NOT NULL REFERENCES case_file (id),
    subject TEXT NOT NULL,
    PRIMARY KEY (id, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX investigation_subject_subject ON investigation_subject (subject);

-- A document of an investigation; its bytes are a file named by their SHA-256.
CREATE TABLE document (
    id     INTEGER PRIMARY KEY,
    "case" INTEGER NOT NULL REFERENCES case_file (id),
    name   TEXT NOT NULL,
    size   INTEGER NOT NULL,
    sha256 TEXT NOT NULL,                  -- hexadecimal
    salt   TEXT NOT NULL,                  -- base64url of 32 random bytes: of its name in the log
    added  TEXT NOT NULL,
    login  TEXT NOT NULL,
    UNIQUE ("case", sha256)
) STRICT;
CREATE TRIGGER document_keeps BEFORE UPDATE ON document BEGIN SELECT raise(ABORT, 'documents are only added'); END;
CREATE TRIGGER document_stays BEFORE DELETE ON document BEGIN SELECT raise(ABORT, 'documents are only added'); END;

-- A report of illegitimate product: its state, and everything that was saved or done, each a line.
CREATE TABLE illegitimate (
    id         INTEGER PRIMARY KEY,
    party      TEXT NOT NULL,
    source     TEXT NOT NULL,              -- "alert/12", "exception/3", "investigation/4", a subject's URI, or empty
    state      TEXT NOT NULL CHECK (state IN ('draft', 'notified', 'terminating', 'terminated')),
    opened     TEXT NOT NULL,
    determined TEXT NOT NULL,              -- UTC: when the product was determined to be illegitimate
    due        TEXT NOT NULL,              -- UTC: 24 hours later
    notified   TEXT                        -- UTC: when the initial notification was sent
) STRICT;
CREATE INDEX illegitimate_party ON illegitimate (party, state);

CREATE TABLE illegitimate_item (
    id  INTEGER NOT NULL REFERENCES illegitimate (id),
    epc TEXT NOT NULL,
    PRIMARY KEY (id, epc)
) STRICT, WITHOUT ROWID;
CREATE INDEX illegitimate_item_epc ON illegitimate_item (epc);

CREATE TABLE illegitimate_line (
    line   INTEGER PRIMARY KEY,
    id     INTEGER NOT NULL REFERENCES illegitimate (id),
    at     TEXT NOT NULL,
    login  TEXT NOT NULL,
    act    TEXT NOT NULL CHECK (act IN ('saved', 'sent', 'terminated')),
    fields TEXT NOT NULL,                  -- JSON: as they stood then
    text   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX illegitimate_line_id ON illegitimate_line (id);
CREATE TRIGGER illegitimate_line_keeps BEFORE UPDATE ON illegitimate_line BEGIN SELECT raise(ABORT, 'reports keep their history'); END;
CREATE TRIGGER illegitimate_line_stays BEFORE DELETE ON illegitimate_line BEGIN SELECT raise(ABORT, 'reports keep their history'); END;
