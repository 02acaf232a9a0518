import type { Client, Invoice, InvoiceLine, Payment, PaymentMethod, User } from '@seaworthy-example/crm-api';
import { lineAmounts } from '../src/money/line-amounts.js';
import { parseDecimal } from '../src/money/parse-decimal.js';

/** The books of a small design and software studio, placed around today. */
export const users: readonly User[] = [
  { id: 'u1', email: 'admin@crm.example', name: 'Ingrid Halvorsen', role: 'admin' },
  { id: 'u2', email: 'accountant@crm.example', name: 'Tomas Novak', role: 'accountant' },
  { id: 'u3', email: 'sales@crm.example', name: 'Lucia Romano', role: 'sales' },
  { id: 'u4', email: 'viewer@crm.example', name: 'Owen Price', role: 'viewer' },
];

const places = [
  ['Lisbon', 'Portugal'],
  ['Gdansk', 'Poland'],
  ['Turku', 'Finland'],
  ['Nantes', 'France'],
  ['Trieste', 'Italy'],
  ['Aarhus', 'Denmark'],
] as const;

const names = [
  'Alder & Finch Architects',
  'Baltic Rope Works',
  'Café Meridian',
  'Dune Optics',
  'Eastgate Clinic',
  'Ferrovia Logistics',
  'Garnet Publishing',
  'Harbour Lane Bakery',
  'Iris Botanics',
  'Juniper Hotels',
  'Kestrel Analytics',
  'Lumen Stage Lighting',
  'Marlow Instruments',
  'North Quay Foods',
  'Opal Insurance Brokers',
  'Pine Street School',
  'Quarry Stoneworks',
  'Rowan Veterinary Practice',
  'Saltmarsh Ceramics',
  'Tidewater Rowing Club',
  'Umber Film',
  'Vantage Surveyors',
  'Willow Care Homes',
  'Yarrow Textiles',
];

const services = [
  ['Design of the booking pages', '3.5', 64_000, 2000],
  ['Development, senior engineer', '12', 92_500, 2000],
  ['Hosting, monthly', '1', 18_900, 2000],
  ['Workshop for the whole team', '1', 240_000, 0],
  ['Copy-editing', '7.25', 5_450, 1000],
  ['Photography, half a day', '2', 48_000, 2000],
] as const;

const methods: readonly PaymentMethod[] = ['bank', 'card', 'bank', 'mobile'];

export function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

export function createClients(): Client[] {
  return names.map((name, index) => {
    const [city, country] = places[index % places.length] ?? places[0];
    const host = name
      .toLowerCase()
      .normalize('NFD')
      .replace(/[^a-z]+/g, '');
    return {
      id: `c${index + 1}`,
      name,
      email: `accounts@${host}.example`,
      phone: `+351 21 ${String(3_000_000 + index * 7919).replace(/(\d{3})(\d{4})/, '$1 $2')}`,
      taxId: `EU${String(100_000_000 + index * 1_234_567)}`,
      city,
      country,
      currency: index % 9 === 8 ? 'USD' : 'EUR',
      status: index === 20 ? 'archived' : 'active',
      invoiceCount: 0,
      dueMinor: 0,
    };
  });
}

export function invoiceLine(
  id: string,
  line: Omit<InvoiceLine, 'id' | 'lineTotalMinor' | 'taxMinor'>,
): InvoiceLine {
  const quantity = parseDecimal(line.quantity, 3) ?? 0;
  return { id, ...line, ...lineAmounts(quantity, line.unitPriceMinor, line.taxRateBp) };
}

export function total(lines: readonly InvoiceLine[]) {
  const subtotalMinor = lines.reduce((sum, line) => sum + line.lineTotalMinor, 0);
  const taxMinor = lines.reduce((sum, line) => sum + line.taxMinor, 0);
  return { subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor };
}

/** Sixty invoices over a year: most are paid, a few are late, the newest are open or still drafts. */
export function createInvoices(clients: readonly Client[]): Invoice[] {
  return Array.from({ length: 60 }, (_, index): Invoice => {
    const age = 350 - index * 6;
    const client = clients[(index * 7) % clients.length];
    const lines = [0, 1, 2].slice(0, 1 + (index % 3)).map((position) => {
      const [description, quantity, unitPriceMinor, taxRateBp] =
        services[(index + position * 2) % services.length] ?? services[0];
      return invoiceLine(`i${index + 1}l${position + 1}`, {
        description,
        quantity,
        unitPriceMinor,
        taxRateBp,
      });
    });
    const sums = total(lines);
    const draft = index >= 57;
    const open = index >= 48 || index % 13 === 5;
    const paidMinor = draft
      ? 0
      : open
        ? index % 4 === 1
          ? Math.round(sums.totalMinor / 3)
          : 0
        : sums.totalMinor;
    const id = `i${index + 1}`;
    const paid: Payment = {
      id: `${id}p1`,
      invoiceId: id,
      amountMinor: paidMinor,
      currency: client?.currency ?? 'EUR',
      method: methods[index % methods.length] ?? 'bank',
      paidOn: day(-age + 12),
      reference: index % 2 === 0 ? `RF${4_400 + index}` : null,
      createdAt: new Date(Date.now() - (age - 12) * 86_400_000).toISOString(),
    };
    return {
      id,
      number: `2026-${String(index + 101).padStart(4, '0')}`,
      clientId: client?.id ?? '',
      clientName: client?.name ?? '',
      status: draft ? 'draft' : paidMinor === sums.totalMinor ? 'paid' : paidMinor > 0 ? 'partial' : 'sent',
      issuedOn: day(-age),
      dueOn: day(-age + 30),
      currency: client?.currency ?? 'EUR',
      ...sums,
      paidMinor,
      dueMinor: draft ? 0 : sums.totalMinor - paidMinor,
      notes: index % 5 === 0 ? 'Thank you. Please quote the invoice number with your payment.' : null,
      lines,
      payments: paidMinor > 0 ? [paid] : [],
    };
  });
}
