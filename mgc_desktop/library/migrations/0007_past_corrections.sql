-- All that a person said of tracks, and when; the table of corrections has what counts now.

CREATE TABLE past_corrections (
    track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    label TEXT, -- NULL: it was taken back
    made_at REAL NOT NULL -- s since the epoch
) STRICT;

CREATE INDEX past_corrections_by_track ON past_corrections (track_id, made_at);

INSERT INTO past_corrections SELECT track_id, label, made_at FROM corrections;

CREATE TRIGGER corrections_added_told AFTER INSERT ON corrections BEGIN
    -- Not its own time: what is undone comes back with the time that it had.
    INSERT INTO past_corrections VALUES (new.track_id, new.label, (julianday('now') - 2440587.5) * 86400.0);
END;

CREATE TRIGGER corrections_changed_told AFTER UPDATE OF label ON corrections WHEN old.label != new.label BEGIN
    INSERT INTO past_corrections VALUES (new.track_id, new.label, (julianday('now') - 2440587.5) * 86400.0);
END;

-- Not where the track itself goes, with all that is known of it.
CREATE TRIGGER corrections_removed_told AFTER DELETE ON corrections
WHEN EXISTS (SELECT 1 FROM tracks WHERE id = old.track_id) BEGIN
    INSERT INTO past_corrections VALUES (old.track_id, NULL, (julianday('now') - 2440587.5) * 86400.0);
END;

CREATE TABLE removed_past_corrections AS SELECT 0 AS removal, * FROM past_corrections WHERE 0;
CREATE INDEX removed_past_corrections_by_track ON removed_past_corrections (removal, track_id);
