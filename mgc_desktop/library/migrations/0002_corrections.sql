-- Genres that a person set. They beat the verdict wherever a track is shown, sorted, searched or counted.

CREATE TABLE corrections (
    track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    made_at REAL NOT NULL -- s since the epoch
) STRICT;

-- The label, repeated here so that the table sorts by an index. The triggers below keep it; nothing else writes it.
ALTER TABLE tracks ADD COLUMN corrected TEXT;

CREATE TRIGGER corrections_added AFTER INSERT ON corrections BEGIN
    UPDATE tracks SET corrected = new.label WHERE id = new.track_id;
END;

CREATE TRIGGER corrections_changed AFTER UPDATE OF label ON corrections BEGIN
    UPDATE tracks SET corrected = new.label WHERE id = new.track_id;
END;

CREATE TRIGGER corrections_removed AFTER DELETE ON corrections BEGIN
    UPDATE tracks SET corrected = NULL WHERE id = old.track_id;
END;

-- What is shown: the person's word, or else the model's.
ALTER TABLE tracks ADD COLUMN shown_label TEXT AS (coalesce(corrected, label));
ALTER TABLE tracks ADD COLUMN shown_kind TEXT AS (
    CASE WHEN corrected IS NULL THEN kind WHEN corrected = '_not_music' THEN 'not_music' ELSE 'genre' END
);
-- A person is surer than any model: above 1, so that the doubtful come first and what is settled last.
ALTER TABLE tracks ADD COLUMN shown_confidence REAL AS (CASE WHEN corrected IS NULL THEN confidence ELSE 2.0 END);
-- Beside the person's word stands what the model says instead.
ALTER TABLE tracks ADD COLUMN shown_second TEXT AS (CASE WHEN corrected != label THEN label ELSE runner_up END);

DROP INDEX tracks_by_kind;
DROP INDEX tracks_by_label;
DROP INDEX tracks_by_confidence;
DROP INDEX tracks_by_runner_up;
CREATE INDEX tracks_by_shown_kind ON tracks (shown_kind, shown_label);
CREATE INDEX tracks_by_shown_label ON tracks (shown_label COLLATE NOCASE);
CREATE INDEX tracks_by_shown_confidence ON tracks (shown_confidence);
CREATE INDEX tracks_by_shown_second ON tracks (shown_second COLLATE NOCASE);

-- The search finds what is shown.
DROP TRIGGER tracks_added;
DROP TRIGGER tracks_removed;
DROP TRIGGER tracks_changed;
DROP TABLE search;

CREATE VIRTUAL TABLE search USING fts5 (
    title, artist, genre, shown_label, path_text,
    content = 'tracks', content_rowid = 'id', prefix = '1 2', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO search (search) VALUES ('rebuild');

CREATE TRIGGER tracks_added AFTER INSERT ON tracks BEGIN
    INSERT INTO search (rowid, title, artist, genre, shown_label, path_text)
    VALUES (new.id, new.title, new.artist, new.genre, new.shown_label, new.path_text);
END;

CREATE TRIGGER tracks_removed AFTER DELETE ON tracks BEGIN
    INSERT INTO search (search, rowid, title, artist, genre, shown_label, path_text)
    VALUES ('delete', old.id, old.title, old.artist, old.genre, old.shown_label, old.path_text);
END;

CREATE TRIGGER tracks_changed AFTER UPDATE OF title, artist, genre, label, corrected, path_text ON tracks
WHEN (old.title, old.artist, old.genre, old.shown_label, old.path_text)
    IS NOT (new.title, new.artist, new.genre, new.shown_label, new.path_text)
BEGIN
    INSERT INTO search (search, rowid, title, artist, genre, shown_label, path_text)
    VALUES ('delete', old.id, old.title, old.artist, old.genre, old.shown_label, old.path_text);
    INSERT INTO search (rowid, title, artist, genre, shown_label, path_text)
    VALUES (new.id, new.title, new.artist, new.genre, new.shown_label, new.path_text);
END;
