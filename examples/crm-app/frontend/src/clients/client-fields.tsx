import type { Client, CreateClientRequest, UpdateClientRequest } from '@seaworthy-example/crm-api';
import { type FieldErrors, type Form, SelectField, TextField } from '@seaworthy-example/ui';

/** A client as text controls hold it: what may be left out is empty. */
export type ClientValues = Required<CreateClientRequest>;

const currencies = ['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'JPY', 'KES'];

export function clientValues(client?: Client): ClientValues {
  return {
    name: client?.name ?? '',
    email: client?.email ?? '',
    phone: client?.phone ?? '',
    taxId: client?.taxId ?? '',
    city: client?.city ?? '',
    country: client?.country ?? '',
    currency: client?.currency ?? 'EUR',
  };
}

export function clientRequest(values: ClientValues): CreateClientRequest {
  const { name, email, currency, ...rest } = values;
  const given = Object.entries(rest)
    .map(([field, value]) => [field, value.trim()] as const)
    .filter(([, value]) => value !== '');
  return { name: name.trim(), email: email.trim(), currency, ...Object.fromEntries(given) };
}

/** Only what was changed; an empty text clears a field. */
export function clientChanges(before: Client, values: ClientValues): UpdateClientRequest {
  const initial = new Map(Object.entries(clientValues(before)));
  const changed = Object.entries(values)
    .map(([field, value]) => [field, value.trim()] as const)
    .filter(([field, value]) => initial.get(field) !== value);
  return Object.fromEntries(changed);
}

export function validateClient({ name, email }: ClientValues): FieldErrors {
  return {
    ...(name.trim() === '' ? { name: 'Enter the name that stands on the invoice.' } : {}),
    ...(email.includes('@') ? {} : { email: 'Enter the address that invoices are sent to.' }),
  };
}

export function ClientFields({ form }: { readonly form: Form<ClientValues> }) {
  return (
    <>
      <TextField label="Name" {...form.text('name')} />
      <TextField label="E-mail" type="email" {...form.text('email')} />
      <div className="form-row">
        <TextField label="Phone" type="tel" {...form.text('phone')} />
        <TextField label="Tax number" {...form.text('taxId')} />
      </div>
      <div className="form-row">
        <TextField label="City" {...form.text('city')} />
        <TextField label="Country" {...form.text('country')} />
      </div>
      <SelectField
        label="Currency"
        hint="New invoices are written in it."
        options={currencies.map((currency) => ({ value: currency, label: currency }))}
        {...form.text('currency')}
      />
    </>
  );
}
