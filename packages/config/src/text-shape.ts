/** What JSON Schema (draft 2020-12) can say of one text. */
export interface TextShape {
  readonly enum?: readonly string[];
  /** Every text that the field accepts matches; not every one that matches is accepted. */
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly contentMediaType?: string;
  readonly contentSchema?: object;
}

/** Of the texts that are no texts in the end. */
export const textPatterns = {
  int: '^-?[0-9]+$',
  number: '^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$',
  bool: '^([Tt][Rr][Uu][Ee]|1|[Yy][Ee][Ss]|[Oo][Nn]|[Ff][Aa][Ll][Ss][Ee]|0|[Nn][Oo]|[Oo][Ff][Ff])$',
} as const;
