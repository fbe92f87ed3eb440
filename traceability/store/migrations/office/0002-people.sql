-- People and what they prove themselves with; a trail that tells old, new and why, and shows a removed line.

ALTER TABLE trail ADD COLUMN old TEXT NOT NULL DEFAULT '';
ALTER TABLE trail ADD COLUMN new TEXT NOT NULL DEFAULT '';
ALTER TABLE trail ADD COLUMN why TEXT NOT NULL DEFAULT '';
-- Of this line and all before it; empty on the lines of before this column (store/trail.py).
ALTER TABLE trail ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE INDEX trail_party ON trail (party, id);

-- Raised by whatever must end every open session of an account: a new password, another role, disabling.
ALTER TABLE account ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

ALTER TABLE enrolment ADD COLUMN expires TEXT;
ALTER TABLE enrolment ADD COLUMN used TEXT;
ALTER TABLE enrolment ADD COLUMN lost TEXT;
UPDATE enrolment SET expires = date(requested, '+365 days');

CREATE TABLE passkey (
    id    TEXT PRIMARY KEY,
    login TEXT NOT NULL REFERENCES account (login),
    name  TEXT NOT NULL,
    site  TEXT NOT NULL,
    key   BLOB NOT NULL,
    counter INTEGER NOT NULL,
    made  TEXT NOT NULL,
    used  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX passkey_login ON passkey (login);

-- A link that lets one person choose a password, once. The link itself is nowhere: only its SHA-256.
CREATE TABLE invitation (
    digest  TEXT PRIMARY KEY,
    login   TEXT NOT NULL REFERENCES account (login),
    inviter TEXT NOT NULL,
    made    TEXT NOT NULL,
    expires TEXT NOT NULL,
    used    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_login ON invitation (login);
