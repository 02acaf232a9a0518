import { createContext, useContext } from 'react';
import { createFormats, type Formats } from './formats.js';

/** Holds the formats of the browser's language; tests put another locale around a component. */
export const FormatsContext = createContext<Formats>(createFormats(preferredLocale()));

export function useFormats(): Formats {
  return useContext(FormatsContext);
}

function preferredLocale(): string {
  return typeof navigator === 'undefined' ? 'en' : navigator.language;
}
