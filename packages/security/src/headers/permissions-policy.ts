import { invalidOption } from '@seaworthy/contracts';

/** Who may use a browser feature: nobody, the page itself, everybody, or the page and these origins. */
export type FeatureAllowance = 'none' | 'self' | '*' | readonly string[];

/** Features that a business application does not use, and that injected script would. */
export const deniedFeatures: Readonly<Record<string, FeatureAllowance>> = {
  accelerometer: 'none',
  camera: 'none',
  'display-capture': 'none',
  geolocation: 'none',
  gyroscope: 'none',
  magnetometer: 'none',
  microphone: 'none',
  midi: 'none',
  payment: 'none',
  usb: 'none',
};

/** The value of a Permissions-Policy header (W3C Permissions Policy, a structured field dictionary). */
export function permissionsPolicyValue(features: Readonly<Record<string, FeatureAllowance>>): string {
  return Object.entries(features)
    .map(([feature, allowance]) => {
      if (!/^[a-z][a-z0-9-]*$/.test(feature)) throw invalid('feature names in lower case with dashes');
      return `${feature}=${allowList(allowance)}`;
    })
    .join(', ');
}

function allowList(allowance: FeatureAllowance): string {
  if (allowance === 'none') return '()';
  if (allowance === 'self') return '(self)';
  if (allowance === '*') return '*';
  if (!Array.isArray(allowance)) throw invalid("'none', 'self', '*' or a list of origins for each feature");
  const items = allowance.map((item: string) => {
    if (item === 'self') return item;
    if (/^https?:\/\/[a-z0-9.:*-]+$/.test(item)) return `"${item}"`;
    throw invalid("lists of 'self' and origins such as https://app.example.com");
  });
  return `(${items.join(' ')})`;
}

function invalid(expected: string): Error {
  return invalidOption('createSecurity', 'headers.permissionsPolicy', `an object with ${expected}`);
}
