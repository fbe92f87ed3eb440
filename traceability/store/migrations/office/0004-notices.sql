-- Who wants to hear of exceptions and alerts, and what is on its way to them.

CREATE TABLE notice_person (
    login  TEXT PRIMARY KEY REFERENCES account (login),
    email  TEXT NOT NULL,
    kinds  TEXT NOT NULL                   -- 'exception', 'alert', both with a space between, or none
) STRICT, WITHOUT ROWID;

CREATE TABLE notice_party (
    party  TEXT PRIMARY KEY,
    url    TEXT NOT NULL,
    secret TEXT NOT NULL,                  -- whsec_… of Standard Webhooks
    kinds  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (                      -- the queue; what was delivered goes after some days
    id      TEXT PRIMARY KEY,              -- the receiver knows a repeated delivery by it
    made    TEXT NOT NULL,
    party   TEXT NOT NULL,
    login   TEXT NOT NULL,                 -- empty: the party's webhook
    target  TEXT NOT NULL,                 -- e-mail address or URL
    content TEXT NOT NULL,                 -- JSON: of an e-mail subject and text, of a webhook the body
    tries   INTEGER NOT NULL DEFAULT 0,
    due     REAL NOT NULL,                 -- seconds since 1970
    state   TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    trouble TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_due ON notice (due) WHERE state = 'waiting';
CREATE INDEX notice_party_made ON notice (party, made);
