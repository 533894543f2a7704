-- Folders, tracks, what models said of them, and the search.
--
-- Paths are blobs: the bytes of the file system, which need not be text. Text columns beside them are for reading,
-- sorting and searching only.

CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    added_at REAL NOT NULL -- s since the epoch
) STRICT;

CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE, -- of model.pt
    name TEXT NOT NULL,
    labels TEXT NOT NULL -- JSON array, in the model's order
) STRICT;

CREATE TABLE tracks (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    path_text TEXT NOT NULL,
    size INTEGER NOT NULL, -- bytes
    mtime_ns INTEGER NOT NULL,
    payload_digest TEXT NOT NULL DEFAULT '', -- of the audio without its tags
    state TEXT NOT NULL, -- queued, done, failed, missing
    error TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL DEFAULT '',
    artist TEXT NOT NULL DEFAULT '',
    album TEXT NOT NULL DEFAULT '',
    genre TEXT NOT NULL DEFAULT '', -- what the file says, several joined by "; "
    duration REAL, -- s
    -- The latest verdict, repeated here so that the table sorts by an index.
    model_id INTEGER REFERENCES models (id),
    kind TEXT,
    label TEXT,
    confidence REAL,
    runner_up TEXT,
    runner_up_confidence REAL,
    added_at REAL NOT NULL
) STRICT;

CREATE INDEX tracks_by_path ON tracks (path_text COLLATE NOCASE);
CREATE INDEX tracks_by_title ON tracks (title COLLATE NOCASE);
CREATE INDEX tracks_by_artist ON tracks (artist COLLATE NOCASE);
CREATE INDEX tracks_by_genre ON tracks (genre COLLATE NOCASE);
CREATE INDEX tracks_by_duration ON tracks (duration);
CREATE INDEX tracks_by_state ON tracks (state);
CREATE INDEX tracks_by_kind ON tracks (kind, label);
CREATE INDEX tracks_by_label ON tracks (label);
CREATE INDEX tracks_by_confidence ON tracks (confidence);
CREATE INDEX tracks_by_runner_up ON tracks (runner_up);
CREATE INDEX tracks_by_digest ON tracks (payload_digest) WHERE payload_digest != '';

CREATE TABLE verdicts (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (id),
    kind TEXT NOT NULL,
    label TEXT,
    confidence REAL NOT NULL,
    runner_up TEXT,
    runner_up_confidence REAL NOT NULL,
    reason TEXT NOT NULL,
    probabilities BLOB NOT NULL, -- float32 by label, little-endian
    judged_at REAL NOT NULL,
    PRIMARY KEY (track_id, model_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE windows (
    track_id INTEGER NOT NULL,
    model_id INTEGER NOT NULL,
    spans BLOB NOT NULL, -- float32 (windows, 2): start and end in s, little-endian
    probabilities BLOB NOT NULL, -- float32 (windows, labels), little-endian
    PRIMARY KEY (track_id, model_id),
    FOREIGN KEY (track_id, model_id) REFERENCES verdicts (track_id, model_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (
    title, artist, genre, label, path_text,
    content = 'tracks', content_rowid = 'id', prefix = '1 2', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER tracks_added AFTER INSERT ON tracks BEGIN
    INSERT INTO search (rowid, title, artist, genre, label, path_text)
    VALUES (new.id, new.title, new.artist, new.genre, new.label, new.path_text);
END;

CREATE TRIGGER tracks_removed AFTER DELETE ON tracks BEGIN
    INSERT INTO search (search, rowid, title, artist, genre, label, path_text)
    VALUES ('delete', old.id, old.title, old.artist, old.genre, old.label, old.path_text);
END;

CREATE TRIGGER tracks_changed AFTER UPDATE OF title, artist, genre, label, path_text ON tracks
WHEN (old.title, old.artist, old.genre, old.label, old.path_text)
    IS NOT (new.title, new.artist, new.genre, new.label, new.path_text)
BEGIN
    INSERT INTO search (search, rowid, title, artist, genre, label, path_text)
    VALUES ('delete', old.id, old.title, old.artist, old.genre, old.label, old.path_text);
    INSERT INTO search (rowid, title, artist, genre, label, path_text)
    VALUES (new.id, new.title, new.artist, new.genre, new.label, new.path_text);
END;
