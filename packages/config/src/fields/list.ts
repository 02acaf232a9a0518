import { invalidOption, OptionsError, optionsOf, type Secret, wholeNumber } from '@seaworthy/contracts';
import { type Field, fieldKey, isField, type PlainField, type SecretField } from '../field.js';
import { type FieldKind, plainField, secretField } from '../field-builder.js';
import { type Fault, invalid, valid } from '../parsed.js';
import { standsInSource } from '../secret-options.js';

export interface ListOptions {
  /** @defaultValue ',' */
  readonly separator?: string;
  /** Refuses a text that stands there twice. @defaultValue false */
  readonly unique?: boolean;
  /** The fewest items. @defaultValue 1 */
  readonly min?: number;
  /** The most items. @defaultValue 1000 */
  readonly max?: number;
}

const readOptions = optionsOf<ListOptions>('env.list', {
  separator: true,
  unique: true,
  min: true,
  max: true,
});

/**
 * Several values in one text: `https://a.example, https://b.example`. Blanks around an item do not count; an empty item,
 * such as after a separator at the end, is refused. Every wrong item is a problem of its own.
 *
 * @example
 * env.list(env.origin(), { unique: true });
 */
export function listField(
  item: SecretField<Secret, string>,
  options?: ListOptions,
): SecretField<readonly Secret[], readonly string[]>;
export function listField<Value, Literal>(
  item: PlainFieldOf<Value, Literal>,
  options?: ListOptions,
): PlainField<readonly Value[], readonly Literal[]>;
export function listField(item: Field, options: ListOptions = {}): Field {
  const { separator = ',', unique = false, min = 1, max = 1_000 } = readOptions(options);
  if (!isField(item)) throw invalidOption('env.list', 'item', 'a field such as env.string()');
  if (typeof separator !== 'string' || separator.trim() === '') {
    throw invalidOption('env.list', 'separator', 'a text that is not blank');
  }
  wholeNumber('env.list', 'min', min, { min: 0 });
  wholeNumber('env.list', 'max', max, { min: Math.max(min, 1) });
  const definition = item[fieldKey];
  if (definition.optional || definition.defaults.length > 0 || definition.exposure === 'client') {
    throw invalidOption(
      'env.list',
      'item',
      'without default(), optional() and client(): call them on the list',
    );
  }
  if (standsInSource(definition)) {
    throw invalidOption('env.list', 'item', 'a secret whose schema has no default or catch of its own');
  }

  const kind: FieldKind = {
    kind: 'list',
    expected: `a list, separated by ${separator === ',' ? 'commas' : `"${separator}"`}, of: ${definition.expected}`,
    ...(definition.secret === undefined ? {} : { secret: definition.secret }),
    ...(definition.chosenPart === undefined ? {} : { chosenPart: definition.chosenPart }),
    parse(text) {
      const items = text === '' ? [] : text.split(separator).map((part) => part.trim());
      if (items.length < min) return invalid(`has fewer than ${min} items`);
      if (items.length > max) return invalid(`has more than ${max} items`);
      const faults: Fault[] = [];
      const values: unknown[] = [];
      for (const [index, part] of items.entries()) {
        const path = `[${index}]`;
        const parsed = part === '' ? invalid('is empty') : definition.parse(part);
        if ('faults' in parsed) {
          faults.push(...parsed.faults.map((fault) => ({ ...fault, path: `${path}${fault.path ?? ''}` })));
        } else if (unique && items.indexOf(part) < index) {
          faults.push({ message: 'repeats an item before it', path });
        } else {
          values.push(parsed.value);
        }
      }
      return faults.length === 0 ? valid(values) : { faults };
    },
    format(literal) {
      const texts = (literal as readonly unknown[]).map((value) => definition.format(value));
      if (texts.every((text) => !text.includes(separator))) return texts.join(separator);
      throw new OptionsError(
        `env.list: an item of the default holds the separator. Choose another separator.`,
        {
          code: 'INVALID_OPTION',
        },
      );
    },
  };
  return definition.exposure === 'secret' ? secretField(kind) : plainField(kind);
}

/** Any field that is no secret; its `default` tells the type of its literals. */
interface PlainFieldOf<Value, Literal> extends Field<Value, 'server'> {
  default(value: Literal): Field<Value>;
}
