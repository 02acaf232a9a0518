/** What was dumped; it decides what the end of a complete dump looks like and where a restore may go. */
export type EngineName = 'postgres' | 'mysql' | 'redis' | 'files' | 'pglite' | 'mariadb';

/** What the bytes are before compression: plain SQL, a Redis RDB file, a tar archive, or the stream of mariadb-backup. */
export type DumpFormat = 'sql' | 'rdb' | 'tar' | 'mbstream';
