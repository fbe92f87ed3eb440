-- The campaigns of recalls: who was told and reminded, and what was found when somebody looked for himself.
-- Answers are signed statements and stand in the log.

CREATE TABLE recall_notice (
    recall   TEXT NOT NULL,           -- statement id of the recall
    party    TEXT NOT NULL,
    notified TEXT NOT NULL,           -- UTC
    due      TEXT NOT NULL,           -- UTC
    PRIMARY KEY (recall, party)
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_notice_party ON recall_notice (party);

CREATE TABLE recall_call (
    id     INTEGER PRIMARY KEY,
    recall TEXT NOT NULL,
    party  TEXT NOT NULL,
    kind   TEXT NOT NULL CHECK (kind IN ('reminder', 'check')),
    at     TEXT NOT NULL,
    login  TEXT NOT NULL,
    note   TEXT NOT NULL
) STRICT;
CREATE INDEX recall_call_recall ON recall_call (recall, party);

CREATE TRIGGER recall_call_keeps BEFORE UPDATE ON recall_call BEGIN SELECT raise(ABORT, 'calls are only added'); END;
CREATE TRIGGER recall_call_stays BEFORE DELETE ON recall_call BEGIN SELECT raise(ABORT, 'calls are only added'); END;
