import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitScript } from '../src/drivers/split-script.js';

test('splits at semicolons, but not in texts, names and comments', () => {
  const script = `
    -- first; comment
    create table a (b varchar(10) default 'x;y''z\\'; '); # rest; of line
    insert into \`odd;name\` values ("a;b", 1); /* a; comment */
    /*!50003 create trigger t; */
    select 1 -- no semicolon at the end`;
  expect(splitScript(script)).toEqual([
    `-- first; comment\n    create table a (b varchar(10) default 'x;y''z\\'; ')`,
    `# rest; of line\n    insert into \`odd;name\` values ("a;b", 1)`,
    `/* a; comment */\n    /*!50003 create trigger t; */\n    select 1 -- no semicolon at the end`,
  ]);
});

test('understands delimiter lines, for procedures', () => {
  const script = `select 1;\ndelimiter //\ncreate procedure p() begin select 2; select 3; end//\nDELIMITER ;\nselect 4;`;
  expect(splitScript(script)).toEqual([
    'select 1',
    'create procedure p() begin select 2; select 3; end',
    'select 4',
  ]);
});

test('finds nothing in blanks and comments, and keeps two minus signs in arithmetic', () => {
  expect(splitScript(' ;; -- x\n/* y */ ; # z')).toEqual([]);
  expect(splitScript('select 5--1; select 2')).toEqual(['select 5--1', 'select 2']);
});

test('keeps quoted texts whole, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 5 }), (texts) => {
      const statements = texts.map(
        (text) => `select '${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
      );
      expect(splitScript(statements.join(';\n'))).toEqual(statements);
    }),
  );
});
