-- What tells that a file is the one that was known, though it was moved or its tags were edited.

-- Whether the drive or share that the file is on was not there when it was last looked for; its state stays as it was.
ALTER TABLE tracks ADD COLUMN offline INTEGER NOT NULL DEFAULT 0;

-- What the file system said when the file was last read, beside size and time; 0 where it is not known.
ALTER TABLE tracks ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN inode INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN device INTEGER NOT NULL DEFAULT 0;
-- Whether tags and digest were read as this version of the program reads them; else a walk reads them, and no more.
ALTER TABLE tracks ADD COLUMN tags_read INTEGER NOT NULL DEFAULT 0;
-- The file behind a link; empty where the path leads through none.
ALTER TABLE tracks ADD COLUMN real_path BLOB NOT NULL DEFAULT x'';

CREATE INDEX tracks_by_real_path ON tracks (real_path) WHERE real_path != x'';
CREATE INDEX tracks_by_inode ON tracks (inode) WHERE inode != 0;

ALTER TABLE folders ADD COLUMN watched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN offline INTEGER NOT NULL DEFAULT 0;

-- Names that were given to the program and are not walked to the end: after a crash they are walked again.
CREATE TABLE unfinished (
    path BLOB PRIMARY KEY,
    any_verdict INTEGER NOT NULL -- whether a verdict of another model than the one in use will do
) STRICT, WITHOUT ROWID;
