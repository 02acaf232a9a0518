import { remembered } from '../sql/remembered.js';
import { withoutComments } from '../sql/without-comments.js';

/** Statements that give rows of tables. What else gives some (`show`, `explain`, `check table`) may not be preparable, or not everywhere. */
const givesRows =
  /^[\s(]*(?:(?:select|with|values|table|call)\b|(?:insert|replace|delete|update)\b[\s\S]*\breturning\b)/i;

/** Whether MySQL and MariaDB prepare the statement, and it may give rows. */
export const isPreparable = remembered((text) => givesRows.test(withoutComments(text, 'mysql')));
