-- Stretches of listening that a person kept. All times are s since listening began, unless said otherwise.
-- Numbers are given by the program before a row is written: ms since the epoch, or the next that is free.

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, -- also the name of the folder with its sound
    name TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL,
    started_at REAL NOT NULL, -- when listening began, s since the epoch
    kept_from REAL NOT NULL,
    kept_to REAL, -- NULL while it goes on, and after a crash until the next start
    sample_rate INTEGER NOT NULL, -- Hz
    sound TEXT NOT NULL, -- none, parts, whole
    keeps_timeline INTEGER NOT NULL, -- 0: there are labelled spans alone
    deleted_at REAL -- s since the epoch; it is gone for good at the next end or start of the program
) STRICT;

CREATE TABLE session_models (
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, -- from 0 on
    name TEXT NOT NULL,
    labels TEXT NOT NULL, -- JSON array, in the model's order
    PRIMARY KEY (session_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_verdicts (
    session_id INTEGER NOT NULL,
    time REAL NOT NULL, -- at the end of the window
    seconds REAL NOT NULL, -- length of the window
    kind TEXT NOT NULL,
    label TEXT,
    confidence REAL NOT NULL,
    runner_up TEXT,
    runner_up_confidence REAL NOT NULL,
    reason TEXT NOT NULL,
    level REAL NOT NULL, -- dBFS
    model INTEGER NOT NULL, -- its number among those of the session
    probabilities BLOB NOT NULL, -- float32 by label, little-endian
    PRIMARY KEY (session_id, time),
    FOREIGN KEY (session_id, model) REFERENCES session_models (session_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE session_gaps (
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    PRIMARY KEY (session_id, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_notes (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    time REAL NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE INDEX session_notes_by_session ON session_notes (session_id, time);

CREATE TABLE session_labels (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    label TEXT NOT NULL,
    sound TEXT NOT NULL, -- a file with this span alone; empty where the session's sound has it
    taken_back INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX session_labels_by_session ON session_labels (session_id, start);
