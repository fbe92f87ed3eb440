-- What was sent about a recall by itself: that a holder was told, reminded, overdue, that this was escalated to
-- the issuer and the regulator, and that the recall was lifted. Each once.

CREATE TABLE recall_step (
    recall TEXT NOT NULL,             -- statement id of the recall
    party  TEXT NOT NULL,             -- the holder that it is about
    step   TEXT NOT NULL CHECK (step IN ('told', 'reminded', 'overdue', 'escalated', 'lifted')),
    at     TEXT NOT NULL,             -- UTC
    PRIMARY KEY (recall, party, step)
) STRICT, WITHOUT ROWID;

-- Who was told before this table was there is not told again.
INSERT INTO recall_step SELECT recall, party, 'told', notified FROM recall_notice;

-- A recall is not to be missed by those who hear of anything.
UPDATE notice_person SET kinds = kinds || ' recall' WHERE kinds <> '';
UPDATE notice_party SET kinds = kinds || ' recall' WHERE kinds <> '';
